// The strong Wolfe conditions by safeguarded cubic and quadratic steps.
// Source: More and Thuente, "Line search algorithms with guaranteed sufficient decrease", ACM TOMS 20 (1994).
#include <algorithm>
#include <cmath>

#include "optim/line_search.hpp"

namespace limn {
namespace {

constexpr double kLeastGrowth = 1.1, kMostGrowth = 10;  // of a step, as long as no minimum is bracketed
constexpr double kShrink = 0.66;                        // an interval shrinks by it in two trials, or it is halved

// The interval: `best` is the lowest end, `other` the far one.
struct Interval {
  Trial best, other;
  bool bracketed = false;
};

double closer(double to, double a, double b) { return std::fabs(a - to) < std::fabs(b - to) ? a : b; }
double farther(double to, double a, double b) { return std::fabs(a - to) > std::fabs(b - to) ? a : b; }

// The next trial between `least` and `most`, and the interval after trial `now` (section 4 of the paper).
double choose_and_narrow(Interval& interval, const Trial& now, double least, double most) {
  const Trial& best = interval.best;
  const bool turns = (now.slope > 0) != (best.slope > 0) && now.slope != 0;
  const double secant = now.step + now.slope / (now.slope - best.slope) * (best.step - now.step);
  double cubic = cubic_minimum(best, now), next = 0;
  if (now.value > best.value) {  // 1: higher, so there is a minimum in between
    const double square = best.step + best.slope / ((best.value - now.value) / (now.step - best.step) + best.slope) /
                                          2 * (now.step - best.step);
    if (!std::isfinite(cubic)) cubic = square;
    next = std::fabs(cubic - best.step) < std::fabs(square - best.step) ? cubic : cubic + (square - cubic) / 2;
    interval.bracketed = true;
    interval.other = now;
    return next;
  }
  if (turns) {  // 2: the slopes have opposite signs
    next = std::isfinite(cubic) ? farther(now.step, cubic, secant) : secant;
    interval.bracketed = true;
  } else if (std::fabs(now.slope) < std::fabs(best.slope)) {  // 3: flatter: the cubic may have no minimum ahead
    const bool ahead = std::isfinite(cubic) && (cubic - now.step) * (now.step - best.step) > 0;
    if (!ahead) cubic = now.step > best.step ? most : least;
    if (interval.bracketed) {
      next = closer(now.step, cubic, secant);
      const double limit = now.step + kShrink * (interval.other.step - now.step);
      next = now.step > best.step ? std::min(limit, next) : std::max(limit, next);
    } else {
      next = std::clamp(farther(now.step, cubic, secant), least, most);
    }
  } else if (interval.bracketed) {  // 4: not flatter, and the far end is known
    next = cubic_minimum(interval.other, now);
    if (!std::isfinite(next)) next = (interval.other.step + now.step) / 2;
  } else {
    next = now.step > best.step ? most : least;
  }
  if (turns) interval.other = interval.best;
  interval.best = now;
  return next;
}

// The line c1 (of the decrease) taken off: the paper's auxiliary function.
Trial tilted(const Trial& t, double slope) { return {t.step, t.value - slope * t.step, t.slope - slope}; }

bool accepted(const Trial& now, const SearchStart& start, const SearchRule& rule) {
  if (now.value <= start.value + rule.c1 * now.step * start.slope)
    return std::fabs(now.slope) <= rule.c2 * std::fabs(start.slope);
  return start.rounding > 0 && now.value <= start.value + start.rounding &&
         std::fabs(now.slope) <= std::min(rule.c2, 1 - 2 * rule.c1) * std::fabs(start.slope);
}

}  // namespace

SearchResult wolfe_search(Ray& ray, const SearchStart& start, const SearchRule& rule) {
  const double tilt = rule.c1 * start.slope;
  Interval interval{{0, start.value, start.slope}, {0, start.value, start.slope}, false};
  bool first_stage = true;
  double step = std::min(start.first, start.most), most = start.most;
  double width = most, width_before = 2 * width;
  double lowest = start.value;
  SearchResult result;
  for (int trial = 0; trial < rule.most_trials; ++trial) {
    const Trial now = ray.at(step);
    if (!std::isfinite(now.value)) {  // the function ends before: half way back, and never there again
      most = step;
      step = interval.best.step + (trial == 0 ? 0.1 : 0.5) * (step - interval.best.step);
      if (step == interval.best.step) break;
      continue;
    }
    if (accepted(now, start, rule)) return {true, step};
    const double allowed = start.value + tilt * step;
    if (now.value < lowest && now.value <= allowed) {
      lowest = now.value;
      result.step = step;
    }
    if (step == start.most && now.value <= allowed && now.slope <= tilt) break;  // as far as it may go
    if (first_stage && now.value <= allowed && now.slope >= 0) first_stage = false;

    // As long as there is no bracket the next step grows within these bounds; then it stays inside the interval.
    const double grow_from = step + kLeastGrowth * (step - interval.best.step);
    const double grow_to = std::min(most, step + kMostGrowth * (step - interval.best.step));
    double next = 0;
    if (first_stage && now.value <= interval.best.value && now.value > allowed) {
      Interval tilted_interval{tilted(interval.best, tilt), tilted(interval.other, tilt), interval.bracketed};
      next = choose_and_narrow(tilted_interval, tilted(now, tilt), std::min(grow_from, grow_to), grow_to);
      interval = {tilted(tilted_interval.best, -tilt), tilted(tilted_interval.other, -tilt), tilted_interval.bracketed};
    } else {
      next = choose_and_narrow(interval, now, std::min(grow_from, grow_to), grow_to);
    }
    if (interval.bracketed) {
      const double now_wide = std::fabs(interval.other.step - interval.best.step);
      if (now_wide >= kShrink * width_before)
        next = interval.best.step + (interval.other.step - interval.best.step) / 2;
      width_before = width;
      width = now_wide;
      const auto [low, high] = std::minmax(interval.best.step, interval.other.step);
      next = std::clamp(next, low, high);
      if (next <= low || next >= high) next = low + (high - low) / 2;
      if (!(next > low && next < high)) break;  // no number is left between the ends
      if (width <= 1e-15 * high) break;
    }
    step = std::min(next, most);
    if (step == now.step) break;
  }
  return result;
}

}  // namespace limn
