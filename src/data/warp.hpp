// Images moved and bent: every pixel asks where it came from and mixes the four pixels around that place. Only
// arithmetic that IEEE 754 rounds exactly, so the bits are the same on every machine. It must not know what is drawn
// at random. Source of the fields: Simard, Steinkraus, Platt, "Best practices for convolutional neural networks"
// (2003).
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "base/shape.hpp"

namespace limn {

// The last two axes of [height, width] or [channels, height, width].
struct PlaneSize {
  explicit PlaneSize(const Shape& image);
  std::int64_t height, width;
  std::size_t area() const { return static_cast<std::size_t>(height * width); }
};

// One movement of an image about its centre: flipped first, then scaled, turned, shifted.
struct Motion {
  bool flip = false;
  double scale = 1;
  double degrees = 0;                // clockwise as it is seen, rows counted downwards
  std::int64_t right = 0, down = 0;  // pixels

  bool resamples() const { return scale != 1 || degrees != 0; }
};

// How much further each pixel reaches for its source, in pixels; empty: no further.
struct Displacement {
  std::span<const float> down, right;  // [height, width]
};

// Draws the image [height, width] or [channels, height, width] moved over `to`, interpolated between the four nearest
// pixels; beyond its borders it is 0. `from` and `to` do not overlap. Whole pixels and quarter turns are exact.
// room: memory that is kept from call to call.
void move_image(std::span<const float> from, const Shape& shape, const Motion& motion, const Displacement& displacement,
                std::span<float> to, std::vector<float>& room);

// Smooths the field [height, width] in place by a Gaussian of the deviation sigma, 0.5 to 16 pixels: its weights reach
// as far as 3 sigma and add up to 1; beyond its borders the field is 0. Rows first, then columns.
void smooth_field(std::span<float> field, PlaneSize size, double sigma, std::vector<float>& room);

}  // namespace limn
