// Who may ask the server what (docs/protocol.md, Access): which space and path a request names, and whether its host,
// origin and token let it in. It must not know connections or what is answered.
#pragma once
#include <string>
#include <utility>
#include <vector>
// Boost 1.74 wants <utility> before it.
#include <boost/asio/ip/address.hpp>
#include <boost/beast/http.hpp>

#include "lab/keys.hpp"

namespace limn::lab {

using Message = boost::beast::http::request<boost::beast::http::string_body>;

// What a request names: "/at/anna/api/lab?token=t" is "/api/lab" in the space "anna".
struct Target {
  std::string space, path, query;
};
Target target_of(const Message& request);

// Who asks, in which space, or why not.
struct Access {
  unsigned status = 0;  // 0: it is granted
  std::string what = {}, hint = {};
  Grant by = {};
  std::string token = {};
};

struct Door {
  const Keys& keys;
  std::uint16_t port = 0;
  std::string cookie = {};              // its name
  std::vector<std::string> hosts = {};  // that a request may name
  bool any_address = false;             // and that address of this machine to which it came
};

// `local`: the address to which the request came.
Access check(const Door& door, const Message& request, const boost::asio::ip::address& local);

}  // namespace limn::lab
