#include "base/error.hpp"

namespace limn {

void broken_invariant(const char* condition, const char* file, int line, const std::string& why) {
  throw std::logic_error(
      fmt::format("{}:{}: {} does not hold{}{}", file, line, condition, why.empty() ? "" : ": ", why));
}

}  // namespace limn
