// What is asked and answered: requests as texts, their whole numbers in ranges, and refusals.
#pragma once
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "base/error.hpp"
#include "lab/keys.hpp"

namespace limn::lab {

struct Request {
  std::string method, path, query, body;  // the path (in its space) and the query as they came, percent-encoded
  Grant by;
};
struct Answer {
  int status = 200;
  std::string body = {};
  std::string type = "application/json; charset=utf-8";
  std::string file = {};  // the name under which a browser saves it; empty: it is shown
};
using Reply = std::function<void(Answer)>;

// What `make` gives, or the refusal that says why it threw.
Answer answered(const std::function<Answer()>& make);
Answer refusal(const Error& error);

// Error: no whole number, or outside of the range; `name` says which one it is.
std::int64_t whole(const std::string& text, const std::string& name, std::int64_t low, std::int64_t high);
// The member of that name, or `initial` where there is none.
std::int64_t whole(const nlohmann::json& wish, const char* name, std::int64_t initial, std::int64_t low,
                   std::int64_t high);

}  // namespace limn::lab
