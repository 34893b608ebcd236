#include "base/shape.hpp"

#include <fmt/ranges.h>

namespace limn {

std::string to_string(const Shape& shape) { return fmt::format("[{}]", fmt::join(shape.dims(), ", ")); }

}  // namespace limn
