#include "train/quantity_name.hpp"

#include <algorithm>
#include <charconv>

#include "base/error.hpp"

namespace limn {

std::size_t place_in(const std::string& name, const std::string& tensor, const Shape& shape) {
  std::int64_t offset = 0;
  const char *at = name.data() + std::min(name.find('['), name.size()), *end = name.data() + name.size();
  for (int i = 0; i < shape.rank(); ++i) {
    std::int64_t index = -1;
    const auto [next, error] =
        at < end ? std::from_chars(at + 1, end, index) : std::from_chars_result{at, std::errc::invalid_argument};
    const char closing = i + 1 == shape.rank() ? ']' : ',';
    if (error != std::errc() || next == end || *next != closing || index < 0 || index >= shape[i])
      throw Error(fmt::format("\"{}\" is no number of {}, whose shape is {}", name, tensor, to_string(shape)),
                  "write one index for each dimension, from 0: layer1.w[3,4]");
    offset = offset * shape[i] + index;
    at = next;
  }
  return static_cast<std::size_t>(offset);
}

}  // namespace limn
