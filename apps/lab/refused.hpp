// A request that is refused with another status than 400 or 500, and what else the answer holds.
#pragma once
#include <nlohmann/json.hpp>
#include <string>

#include "base/error.hpp"

namespace limn::lab {

struct Refused : Error {
  Refused(int with, const std::string& what, const std::string& hint, nlohmann::json members = nlohmann::json::object())
      : Error(what, hint), status(with), more(std::move(members)) {}

  int status;
  nlohmann::json more;  // members of the answer beside "error" and "hint"
};

}  // namespace limn::lab
