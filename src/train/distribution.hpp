// How numbers of a network are spread: histograms, and the units that say the same whatever enters. It must not know
// what the numbers belong to.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace limn {

// 40 bins of equal width from low = -high to high, the largest size of the finite numbers. A number v is in the bin
// floor((v - low) / (high - low) * 40), of high itself in the last; where all are 0, in bin 20. Computed in float64.
struct Histogram {
  float low = 0, high = 0;
  std::array<std::int32_t, 40> count{};
  double mean = 0, deviation = 0;  // of the finite numbers, that of all of them (over n); 0 where there are none
  double zero = 0;                 // the share of exact zeros among all numbers
  std::int64_t nonfinite = 0;      // these are in no bin
};
Histogram histogram(std::span<const float> values);

// 40 bins of numbers that may span decades. Where the 95th of 100 sizes |v| > 0 is a hundred times the 5th or more,
// the bins are of log |v| from the smallest size, `low`, to the largest, `high`: numbers below 0 are in `negative`,
// zeros in no bin. Else they are of v, from `low` = -`high`, or from 0 where none is below.
struct Distribution {
  bool is_log = false;
  double low = 0, high = 0;
  std::array<std::int32_t, 40> count{}, negative{};
  std::int64_t zeros = 0, nonfinite = 0;
  // Which of the numbers have the size that so many percent of all finite ones do not exceed (nearest rank; of equal
  // ones the first): 0, 5, 25, 50, 75, 95, 100. Empty where none is finite.
  std::vector<std::size_t> quantiles;
};
inline constexpr std::array kPercents{0, 5, 25, 50, 75, 95, 100};
Distribution distribution(std::span<const double> values);

// Units of a layer that do not tell rows apart any more. `dead`, of relu, gelu, swish and softplus: the output is
// exactly 0 for every row. `saturated`, of tanh and sigmoid: the slope is less than 0.05 of its largest, 1 - a^2 < 0.05
// or 4 a (1 - a) < 0.05, for at least 95 in 100 of the rows.
struct IdleUnits {
  std::int64_t of = 0;  // units
  std::vector<std::int32_t> dead, saturated;
};
bool can_idle(std::string_view activation);
// a: [rows, units], behind the activation.
IdleUnits idle_units(std::string_view activation, std::span<const float> a, std::int64_t units);

}  // namespace limn
