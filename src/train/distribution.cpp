#include "train/distribution.hpp"

#include <algorithm>
#include <cmath>

namespace limn {
namespace {

bool can_die(std::string_view activation) {
  return activation == "relu" || activation == "gelu" || activation == "swish" || activation == "softplus";
}

double slope(std::string_view activation, double a) {  // over its largest
  return activation == "tanh" ? 1 - a * a : 4 * a * (1 - a);
}

}  // namespace

Histogram histogram(std::span<const float> values) {
  Histogram h;
  double sum = 0, squares = 0;
  std::int64_t finite = 0, zeros = 0;
  for (const float v : values) {
    if (!std::isfinite(v)) continue;
    ++finite, zeros += v == 0, sum += v;
    h.high = std::max(h.high, std::abs(v));
  }
  h.low = -h.high;
  h.nonfinite = static_cast<std::int64_t>(values.size()) - finite;
  if (finite == 0) return h;
  h.mean = sum / static_cast<double>(finite);
  const auto bins = static_cast<double>(h.count.size());
  const double high = h.high;
  for (const float v : values) {
    if (!std::isfinite(v)) continue;
    squares += (v - h.mean) * (v - h.mean);
    const double at = high > 0 ? (v + high) / (2 * high) * bins : bins / 2;
    ++h.count[static_cast<std::size_t>(std::min(at, bins - 1))];
  }
  h.deviation = std::sqrt(squares / static_cast<double>(finite));
  h.zero = static_cast<double>(zeros) / static_cast<double>(values.size());
  return h;
}

bool can_idle(std::string_view activation) {
  return can_die(activation) || activation == "tanh" || activation == "sigmoid";
}

IdleUnits idle_units(std::string_view activation, std::span<const float> a, std::int64_t units) {
  IdleUnits idle{.of = units, .dead = {}, .saturated = {}};
  const std::int64_t rows = static_cast<std::int64_t>(a.size()) / units;
  const bool dies = can_die(activation);
  for (std::int64_t j = 0; j < units && rows > 0 && can_idle(activation); ++j) {
    std::int64_t flat = 0;  // rows that it says nothing about
    for (std::int64_t i = 0; i < rows; ++i) {
      const float v = a[static_cast<std::size_t>(i * units + j)];
      flat += dies ? v == 0 : slope(activation, v) < 0.05;
    }
    if (dies ? flat == rows : 20 * flat >= 19 * rows)
      (dies ? idle.dead : idle.saturated).push_back(static_cast<std::int32_t>(j));
  }
  return idle;
}

}  // namespace limn
