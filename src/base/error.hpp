// The one exception of limn: what went wrong and one hint how to put it right.
// kRequest: the request or its input is wrong (exit status 2). kFailure: it failed while running (exit status 1).
#pragma once
#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace limn {

enum class Fault { kFailure = 1, kRequest = 2 };

class Error : public std::runtime_error {
 public:
  Error(const std::string& what, std::string hint, Fault fault = Fault::kRequest)
      : std::runtime_error(what), hint_(std::move(hint)), fault_(fault) {}
  const std::string& hint() const { return hint_; }
  Fault fault() const { return fault_; }

 private:
  std::string hint_;
  Fault fault_;
};

// Throws std::logic_error with the place: a broken promise of limn itself, never of its user.
[[noreturn]] void broken_invariant(const char* condition, const char* file, int line, const std::string& why);

}  // namespace limn

// Guards an invariant; the message is formatted only when it fails.
#define LIMN_CHECK(condition, ...)                                                             \
  do {                                                                                         \
    if (!(condition)) [[unlikely]]                                                             \
      ::limn::broken_invariant(#condition, __FILE__, __LINE__, ::fmt::format("" __VA_ARGS__)); \
  } while (false)
