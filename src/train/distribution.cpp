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

Distribution distribution(std::span<const double> values) {
  Distribution d;
  std::vector<std::size_t> order;  // of finite numbers by size
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isfinite(values[i])) order.push_back(i);
    d.zeros += values[i] == 0;
  }
  d.nonfinite = static_cast<std::int64_t>(values.size() - order.size());
  if (order.empty()) return d;
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return std::abs(values[i]); });
  const auto rank = [](int percent, std::size_t n) {  // the nearest
    return std::max<std::size_t>(1, (static_cast<std::size_t>(percent) * n + 99) / 100) - 1;
  };
  for (const int percent : kPercents) d.quantiles.push_back(order[rank(percent, order.size())]);

  const auto sizes = std::span(order).subspan(static_cast<std::size_t>(d.zeros));  // those above 0
  const auto size = [&](std::size_t at) { return std::abs(values[sizes[at]]); };
  d.high = std::abs(values[order.back()]);
  d.is_log = !sizes.empty() && size(rank(95, sizes.size())) >= 100 * size(rank(5, sizes.size()));
  const bool has_negative = std::ranges::any_of(order, [&](std::size_t i) { return values[i] < 0; });
  d.low = d.is_log ? size(0) : has_negative ? -d.high : 0;
  const auto bins = static_cast<double>(d.count.size());
  for (const std::size_t i : d.is_log ? sizes : std::span<const std::size_t>(order)) {
    const double v = values[i];
    const double part = d.is_log         ? std::log(std::abs(v) / d.low) / std::log(d.high / d.low)
                        : d.high > d.low ? (v - d.low) / (d.high - d.low)
                                         : 0.5;
    ++(d.is_log && v < 0 ? d.negative : d.count)[static_cast<std::size_t>(std::min(part * bins, bins - 1))];
  }
  return d;
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
