#include "lab/access.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace limn::lab {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;

std::string text_of(boost::beast::string_view view) { return {view.data(), view.size()}; }

// All values of that name: of cookies there may be some of one name, that of the longest path first.
std::vector<std::string> values_of(std::string_view text, std::string_view name, char by) {
  std::vector<std::string> all;
  while (!text.empty()) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    const auto part = text.substr(0, text.find(by));
    if (part.starts_with(name) && part.size() > name.size() && part[name.size()] == '=')
      all.emplace_back(part.substr(name.size() + 1));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
  }
  return all;
}

std::string with_port(asio::ip::address address, std::uint16_t port) {
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  return fmt::format(fmt::runtime(address.is_v6() ? "[{}]:{}" : "{}:{}"), address.to_string(), port);
}

// Requests whose bodies say what is to be told: they change nothing.
bool only_asks(std::string_view path) {
  return path.starts_with("/api/runs/") && (path.ends_with("/quantities") || path.ends_with("/receipts") ||
                                            path.ends_with("/predict") || path.ends_with("/explain"));
}

}  // namespace

Target target_of(const Message& request) {
  const std::string text = text_of(request.target());
  const std::size_t mark = std::min(text.find('?'), text.size());
  Target target{"", text.substr(0, mark), text.substr(std::min(mark + 1, text.size()))};
  constexpr std::string_view kAt = "/at/";
  if (!target.path.starts_with(kAt)) return target;
  const std::size_t end = std::min(target.path.find('/', kAt.size()), target.path.size());
  target.space = target.path.substr(kAt.size(), end - kAt.size());
  target.path = target.path.substr(end);  // empty where the last / is missing
  return target;
}

Access check(const Door& door, const Message& request, const asio::ip::address& local) {
  const std::string host = text_of(request[http::field::host]);
  const bool known_host =
      std::ranges::count(door.hosts, host) > 0 || (door.any_address && host == with_port(local, door.port));
  if (request.count(http::field::host) != 1 || !known_host)
    return {421, "the request names another host", "open the address that limn lab printed"};
  const std::string origin = text_of(request[http::field::origin]);
  if (request.count(http::field::origin) > 0 && origin != "http://" + host)
    return {403, "a page from another origin asks", "open the address that limn lab printed"};
  const Target target = target_of(request);
  std::vector<std::string> tokens = values_of(target.query, "token", '&');
  const std::string authorization = text_of(request[http::field::authorization]);
  if (authorization.starts_with("Bearer ")) tokens.push_back(authorization.substr(7));
  for (auto& cookie : values_of(text_of(request[http::field::cookie]), door.cookie, ';'))
    tokens.push_back(std::move(cookie));
  for (const std::string& token : tokens) {
    const auto grant = door.keys.find(target.space, token);
    if (!grant) continue;
    const bool reads = request.method() == http::verb::get || request.method() == http::verb::head ||
                       (request.method() == http::verb::post && only_asks(target.path));
    const bool makes_link = grant->teaches && target.path == "/api/links";
    if (!reads && !grant->writes && !makes_link)
      return {403, "this link is read only", "look at it; changes are for whose space it is"};
    return {.by = *grant, .token = token};
  }
  return {401, "the token is missing or wrong", "open the address that limn lab printed"};
}

}  // namespace limn::lab
