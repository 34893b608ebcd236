// Convolutions of all kinds: one to three axes, strides, dilations, groups, odd sizes, padding on one side alone.
#pragma once
#include "graph/window.hpp"

namespace limn::testing {

struct Convolution {
  Shape x, w, y;
  Window window;
};

inline Convolution convolution(std::int64_t batch, std::int64_t in, std::int64_t out, std::vector<std::int64_t> plane,
                               const Window& window) {
  std::vector<std::int64_t> x{batch, in}, w{out, in / window.groups};
  x.insert(x.end(), plane.begin(), plane.end());
  for (int i = 0; i < window.axes; ++i) w.push_back(window.size[i]);
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

}  // namespace limn::testing
