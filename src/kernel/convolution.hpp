// Convolutions as matrix products with unfolded windows, a few places at a time so that they stay in the cache
// (Chellapilla, Puri and Simard 2006). Their chunks depend on sizes alone, and so do their bits.
#pragma once
#include <array>
#include <cstdint>

#include "base/window.hpp"

namespace limn {

struct Convolution {
  Window window;
  std::int64_t batch = 0, in = 0, out = 0;        // channels
  std::array<std::int64_t, 3> plane{}, places{};  // sizes of x [batch, in, plane...] and y [batch, out, places...]

  std::int64_t in_plane() const { return plane[0] * plane[1] * plane[2]; }
  std::int64_t out_plane() const { return places[0] * places[1] * places[2]; }
  std::int64_t in_group() const { return in / window.groups; }
  std::int64_t out_group() const { return out / window.groups; }
  std::int64_t depth() const { return in_group() * window.elements(); }  // products that an element of y adds up
  double flops() const { return 2.0 * static_cast<double>(batch * out * out_plane()) * static_cast<double>(depth()); }
};
Convolution convolution_of(const Window& window, const Shape& x, const Shape& w);

enum class ConvRole { kForward, kData, kWeights };  // y from x and w; x from y and w; w from x and y

int chunks_of(const Convolution& c, ConvRole role);
std::int64_t scratch_of(const Convolution& c);  // floats that a chunk works in
// One chunk. The roles' result is written, the other two are read.
void convolve(const Convolution& c, ConvRole role, int chunk, int chunks, float* x, float* w, float* y, float* scratch);

}  // namespace limn
