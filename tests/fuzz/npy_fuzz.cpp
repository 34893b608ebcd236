// NumPy arrays: whatever is read has the numbers its shape says.
#include "data/npy.hpp"
#include "fuzz/target.hpp"

using limn::fuzz::require;

LIMN_FUZZ(npy) {
  const auto array = limn::parse_npy(std::as_bytes(std::span(bytes)), "fuzz.npy");
  std::int64_t size = 1;
  for (const auto dim : array.shape) size *= dim;
  require(size == array.size(), "as many numbers as the shape says");
  for (std::int64_t i = 0; i < size; ++i) {
    const double v = array.at(i);
    require(array.text_at(i).empty() == (v != v), "a number has a text");
  }
}
