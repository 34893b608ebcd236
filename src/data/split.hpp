// Which rows train, which choose among settings, which judge: drawn by the seed, evenly over the classes.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace limn {

using Fractions = std::array<double, 3>;  // train, valid, test
using Splits = std::array<std::vector<std::int32_t>, 3>;

inline constexpr Fractions kUsualFractions{0.70, 0.15, 0.15};
inline constexpr Fractions kOfficialFractions{11.0 / 12.0, 1.0 / 12.0, 0.0};  // of the official training rows

// Reads "0.7/0.15/0.15". Error: not three numbers, one not between 0 and 1, or a sum other than 1.
Fractions parse_fractions(const std::string& text);

// Splits rows 0 .. size - 1, each split in ascending order. labels [size], or empty for no classes: every split then
// has each class in its share, to within one row. Error: too few rows, so that a split whose fraction is not 0 would be
// empty.
Splits draw_splits(std::int64_t size, std::span<const std::int32_t> labels, const Fractions& fractions,
                   std::uint64_t seed);

}  // namespace limn
