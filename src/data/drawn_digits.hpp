// Digits that limn writes itself: strokes through a few points, shaken, bent, slanted and drawn with pens of different
// widths. For machines that can fetch nothing. It must give the same bytes on every machine: no library functions, only
// arithmetic that IEEE 754 rounds exactly.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace limn {

inline constexpr std::int64_t kDrawnSide = 28;
inline constexpr std::int64_t kDrawnTrain = 10000, kDrawnTest = 2000;

// Draws digit number `index`, which is a picture of index % 10, over image [28, 28]: 0 is paper, 255 is ink.
void draw_digit(std::int64_t index, std::span<std::uint8_t> image);

// All of them, [12000, 28, 28]: the first 10000 are for training.
std::vector<std::uint8_t> draw_digits();

}  // namespace limn
