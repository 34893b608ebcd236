// Walks of a window, as what is slow and plainly right does them.
#pragma once
#include "base/window.hpp"

namespace limn {

// visit(place, element, offset): of one plane; `place` counts the window's places, `element` is what it covers there
// with its own element `offset`, -1 where that lies outside. All ascending.
template <class Visit>
void each_covered(const Window& w, const std::array<std::int64_t, 3>& plane, Visit visit) {
  std::array<std::int64_t, 3> places{};
  for (int i = 0; i < 3; ++i) places[i] = w.places(i, plane[i]);
  std::int64_t place = 0;
  for (std::int64_t a = 0; a < places[0]; ++a)
    for (std::int64_t b = 0; b < places[1]; ++b)
      for (std::int64_t c = 0; c < places[2]; ++c, ++place) {
        std::int64_t offset = 0;
        for (std::int64_t i = 0; i < w.size[0]; ++i)
          for (std::int64_t j = 0; j < w.size[1]; ++j)
            for (std::int64_t k = 0; k < w.size[2]; ++k, ++offset) {
              const std::int64_t x = a * w.stride[0] + i * w.dilation[0] - w.low[0],
                                 y = b * w.stride[1] + j * w.dilation[1] - w.low[1],
                                 z = c * w.stride[2] + k * w.dilation[2] - w.low[2];
              const bool inside = x >= 0 && x < plane[0] && y >= 0 && y < plane[1] && z >= 0 && z < plane[2];
              visit(place, inside ? (x * plane[1] + y) * plane[2] + z : -1, offset);
            }
      }
}

// visit(index into x, into w, into y) for every product that a convolution of x, shaped so, with w into y adds up.
template <class Visit>
void each_product(const Window& window, const Shape& x, const Shape& w, const Shape& y, Visit visit) {
  const auto plane = plane_of(window, x), out = plane_of(window, y);
  const std::int64_t in_plane = plane[0] * plane[1] * plane[2], out_plane = out[0] * out[1] * out[2],
                     in_group = x[-1] / window.groups, out_group = w[-1] / window.groups;
  for (std::int64_t n = 0; n < x[0]; ++n)
    each_covered(window, plane, [&](std::int64_t place, std::int64_t element, std::int64_t offset) {
      if (element < 0) return;
      for (std::int64_t i = 0; i < in_group; ++i)
        for (std::int64_t o = 0; o < w[-1]; ++o)
          visit((n * in_plane + element) * x[-1] + o / out_group * in_group + i, (offset * in_group + i) * w[-1] + o,
                (n * out_plane + place) * w[-1] + o);
    });
}

}  // namespace limn
