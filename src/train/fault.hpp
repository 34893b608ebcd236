// Faults that tests of the lab must notice: a build with LIMN_FAULTS takes the one that the environment names. No other
// build knows any.
#pragma once
#include <cstdlib>
#include <string_view>

namespace limn {

#ifdef LIMN_FAULTS
inline bool has_fault(std::string_view name) {
  const char* wanted = std::getenv("LIMN_FAULT");
  return wanted && name == wanted;
}
#else
constexpr bool has_fault(std::string_view) { return false; }
#endif

}  // namespace limn
