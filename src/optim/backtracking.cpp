// Backtracking to sufficient decrease, with interpolation.
// Source: Dennis and Schnabel, "Numerical methods for unconstrained optimization", 1983, section 6.3.
#include <algorithm>
#include <cmath>

#include "optim/line_search.hpp"

namespace limn {

double cubic_minimum(const Trial& a, const Trial& b) {
  const double width = b.step - a.step;
  const double theta = 3 * (a.value - b.value) / width + a.slope + b.slope;
  const double scale = std::max({std::fabs(theta), std::fabs(a.slope), std::fabs(b.slope)});
  const double inside = theta / scale * (theta / scale) - a.slope / scale * (b.slope / scale);
  if (!(inside >= 0)) return std::numeric_limits<double>::quiet_NaN();
  const double root = std::copysign(scale * std::sqrt(inside), width);
  return a.step + width * (root - a.slope + theta) / (b.slope - a.slope + 2 * root);
}

SearchResult backtracking_search(Ray& ray, const SearchStart& start, const SearchRule& rule) {
  const Trial origin{0, start.value, start.slope};
  double step = std::min(start.first, start.most);
  SearchResult result;
  double best = start.value;
  for (int trial = 0; trial < rule.most_trials; ++trial) {
    const Trial now = ray.at(step);
    if (now.value <= start.value + rule.c1 * step * start.slope) return {true, step};
    if (start.rounding > 0 && now.value <= start.value + start.rounding && now.slope <= (2 * rule.c1 - 1) * start.slope)
      return {true, step};
    if (now.value < best) {
      best = now.value;
      result.step = step;
    }
    double next = 0.1 * step;
    if (std::isfinite(now.value)) {
      next = cubic_minimum(origin, now);
      if (!std::isfinite(next)) next = 0.5 * step;
      next = std::clamp(next, 0.1 * step, 0.5 * step);
    }
    step = next;
  }
  return result;
}

}  // namespace limn
