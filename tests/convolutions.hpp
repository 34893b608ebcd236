// Convolutions of all kinds: one to three axes, strides, dilations, groups, odd sizes, padding on one side alone.
#pragma once
#include <vector>

#include "base/random.hpp"
#include "base/window.hpp"

namespace limn::testing {

struct Convolution {
  Shape x, w, y;
  Window window;
};

inline Convolution convolution(std::int64_t batch, std::int64_t in, std::int64_t out, std::vector<std::int64_t> plane,
                               const Window& window) {
  std::vector<std::int64_t> x{batch}, w(window.size.begin(), window.size.begin() + window.axes);
  x.insert(x.end(), plane.begin(), plane.end());
  x.push_back(in);
  w.insert(w.end(), {in / window.groups, out});
  std::string why;
  Convolution c{Shape(x), Shape(w), {}, window};
  c.y = window_shape(window, c.x, out, why);
  LIMN_CHECK(why.empty(), "{}", why);
  return c;
}

inline std::vector<Convolution> convolutions() {
  return {
      convolution(2, 3, 4, {5, 6}, {.axes = 2, .size = {3, 3, 1}, .low = {1, 1, 0}, .high = {1, 1, 0}}),
      convolution(1, 2, 3, {7, 5}, {.axes = 2, .size = {3, 2, 1}, .stride = {2, 1, 1}, .low = {0, 1, 0}}),
      convolution(2, 4, 6, {6, 7},
                  {.axes = 2, .size = {2, 3, 1}, .dilation = {2, 2, 1}, .high = {2, 1, 0}, .groups = 2}),
      convolution(
          2, 3, 6, {4, 4},
          {.axes = 2, .size = {3, 3, 1}, .stride = {2, 2, 1}, .low = {1, 1, 0}, .high = {1, 1, 0}, .groups = 3}),
      convolution(1, 1, 1, {1, 1}, {.axes = 2}),
      convolution(3, 2, 2, {9},
                  {.axes = 1, .size = {4, 1, 1}, .stride = {3, 1, 1}, .dilation = {2, 1, 1}, .low = {2, 0, 0}}),
      convolution(1, 2, 2, {3, 4, 3},
                  {.axes = 3, .size = {2, 3, 2}, .stride = {1, 2, 1}, .low = {1, 1, 0}, .high = {0, 1, 1}}),
  };
}

// A convolution of any kind, small: batch 1 to 3, up to 9 channels, planes of up to 11.
inline Convolution random_convolution(Random& random) {
  const auto whole = [&](std::int64_t low, std::int64_t high) {
    return static_cast<std::int32_t>(low + random.below(static_cast<std::uint32_t>(high - low + 1)));
  };
  for (;;) {
    Window window;
    window.axes = whole(1, 3), window.groups = whole(0, 2) == 0 ? whole(2, 3) : 1;
    std::vector<std::int64_t> plane;
    for (int i = 0; i < window.axes; ++i) {
      window.size[i] = whole(1, 4), window.stride[i] = whole(1, 3), window.dilation[i] = whole(1, 2);
      window.low[i] = whole(0, 3), window.high[i] = whole(0, 3);
      plane.push_back(whole(1, window.axes == 3 ? 6 : 11));
      if (window.places(i, plane.back()) < 1) plane.clear();
      if (plane.empty()) break;
    }
    if (plane.empty()) continue;
    return convolution(whole(1, 3), window.groups * whole(1, 3), window.groups * whole(1, 3), plane, window);
  }
}

}  // namespace limn::testing
