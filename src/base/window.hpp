// How a window runs over the middle axes of [batch, spatial..., channels]: the geometry that a convolution carries in
// all three roles, and a pooling. Channels come last: docs/decisions/0008-channels-last.md. Source: Dumoulin and Visin,
// "A guide to convolution arithmetic for deep learning" (2016).
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "base/shape.hpp"

namespace limn {

struct Window {
  static constexpr int kMaxAxes = 3;
  using PerAxis = std::array<std::int32_t, kMaxAxes>;  // the axes that there are not: 1, or no padding
  int axes = 0;                                        // spatial ones, 1 to 3; 0: no window
  PerAxis size{1, 1, 1}, stride{1, 1, 1}, dilation{1, 1, 1};
  PerAxis low{}, high{};    // zeros before and behind each axis, 0 or more
  std::int32_t groups = 1;  // of channels; of convolutions alone

  std::int64_t reach(int axis) const { return static_cast<std::int64_t>(size[axis] - 1) * dilation[axis] + 1; }
  std::int64_t elements() const { return static_cast<std::int64_t>(size[0]) * size[1] * size[2]; }
  // Places of the window along an axis of `in` elements; 0 or less: none.
  std::int64_t places(int axis, std::int64_t in) const {
    const std::int64_t free = in + low[axis] + high[axis] - reach(axis);
    return free < 0 ? 0 : free / stride[axis] + 1;
  }
  friend bool operator==(const Window&, const Window&) = default;
};

// What is wrong with the numbers themselves; "" if nothing.
std::string fault_of(const Window& window);

// [batch, places along each axis, channels] of `from` [batch, spatial..., any]; sets `why` where there is no place.
Shape window_shape(const Window& window, const Shape& from, std::int64_t channels, std::string& why);

// The same with its axes moved to the end, so that the last one is the one whose elements lie side by side.
Window at_the_end(const Window& window);

// The spatial sizes of `shape`, with ones for the axes that there are not.
std::array<std::int64_t, Window::kMaxAxes> plane_of(const Window& window, const Shape& shape);

}  // namespace limn
