// Where an element lies, by its coordinates: for code that may be slow and must be obvious.
#pragma once
#include <array>
#include <span>

#include "base/shape.hpp"

namespace limn {

// Visits every element of `shape` with its coordinates.
template <class Visit>
void each(const Shape& shape, Visit visit) {
  std::array<std::int64_t, Shape::kMaxRank> at{};
  for (std::int64_t i = 0; i < shape.size(); ++i) {
    visit(at, i);
    for (int axis = shape.rank() - 1; axis >= 0 && ++at[axis] == shape[axis]; --axis) at[axis] = 0;
  }
}

inline std::int64_t offset(const Shape& shape, std::span<const std::int64_t> at) {
  std::int64_t o = 0;
  for (int i = 0; i < shape.rank(); ++i) o = o * shape[i] + at[i];
  return o;
}

// Where the element at `at` of the large shape lies in the small one that is broadcast to it.
inline std::int64_t broadcast_offset(const Shape& small, const Shape& large, std::span<const std::int64_t> at) {
  std::array<std::int64_t, Shape::kMaxRank> in{};
  for (int i = 0; i < small.rank(); ++i) in[i] = small[i] == 1 ? 0 : at[i + large.rank() - small.rank()];
  return offset(small, in);
}

}  // namespace limn
