// Reading what a request wishes: whole numbers in their ranges.
#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "base/error.hpp"

namespace limn::lab {

// Error: no whole number, or outside of the range; `name` says which one it is.
std::int64_t whole(const std::string& text, const std::string& name, std::int64_t low, std::int64_t high);
// The member of that name, or `initial` where there is none.
std::int64_t whole(const nlohmann::json& wish, const char* name, std::int64_t initial, std::int64_t low,
                   std::int64_t high);

}  // namespace limn::lab
