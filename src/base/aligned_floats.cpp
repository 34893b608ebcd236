#include "base/aligned_floats.hpp"

#include <algorithm>
#include <cstdlib>
#include <new>

namespace limn {

AlignedFloats::AlignedFloats(std::size_t size) : size_(size) {
  const std::size_t bytes = (size * sizeof(float) + 63) / 64 * 64;
  data_.reset(static_cast<float*>(std::aligned_alloc(64, std::max<std::size_t>(bytes, 64))));
  if (!data_) throw std::bad_alloc();
  std::fill_n(data_.get(), size, 0.0f);
}
void AlignedFloats::Free::operator()(float* p) const { std::free(p); }

}  // namespace limn
