// Secant steps inside of a shrinking bracket, ended by Wolfe's conditions or, near the rounding of the values, by
// slopes alone. Source: Hager and Zhang, SIAM J. Optim. 16 (2005), section 4; names L and U of rules as there.
#include <algorithm>
#include <cmath>

#include "optim/line_search.hpp"

namespace limn {
namespace {

constexpr double kTheta = 0.5, kGamma = 0.66, kGrowth = 5;

class Bracketing {
 public:
  Bracketing(Ray& ray, const SearchStart& start, const SearchRule& rule)
      : ray_(ray), start_(start), rule_(rule), low_{0, start.value, start.slope}, left_(rule.most_trials) {}

  SearchResult run() {
    if (!bracket()) return done();
    while (!is_over()) {
      const double before = high_.step - low_.step;
      secant_twice();
      if (!is_over() && high_.step - low_.step > kGamma * before) update(ask((low_.step + high_.step) / 2));
      if (!is_over() && !(high_.step - low_.step > 1e-15 * high_.step)) break;
    }
    return done();
  }

 private:
  bool is_over() const { return found_ || left_ <= 0; }
  SearchResult done() const { return {found_, step_}; }
  bool is_low(const Trial& t) const { return t.value <= start_.value + start_.rounding; }

  Trial ask(double step) {
    --left_;
    const Trial t = ray_.at(step);
    const bool decreases = t.value <= start_.value + rule_.c1 * step * start_.slope;
    const bool wolfe = decreases && t.slope >= rule_.c2 * start_.slope;
    const bool approximate = is_low(t) && std::isfinite(t.value) && start_.rounding > 0 &&
                             (2 * rule_.c1 - 1) * start_.slope >= t.slope && t.slope >= rule_.c2 * start_.slope;
    if (wolfe || approximate) {
      found_ = true;
      step_ = step;
    } else if (decreases && t.value < best_) {
      best_ = t.value;
      step_ = step;
    }
    return t;
  }

  // Rule U3: an end that falls but lies higher than the start; a minimum is in front of it.
  void halve(Trial low, Trial high) {
    while (!is_over()) {
      const double middle = (1 - kTheta) * low.step + kTheta * high.step;
      if (!(middle > low.step && middle < high.step)) {
        left_ = 0;
        break;
      }
      const Trial t = ask(middle);
      if (std::isfinite(t.value) && t.slope >= 0) {
        high = t;
        break;
      }
      (is_low(t) ? low : high) = t;
    }
    low_ = low;
    high_ = high;
  }

  bool bracket() {
    double step = std::min(start_.first, start_.most), most = start_.most;
    while (!is_over()) {
      const Trial t = ask(step);
      if (is_over()) return false;
      if (!std::isfinite(t.value)) {
        most = step;
        step = low_.step + 0.1 * (step - low_.step);
        if (step == low_.step) return false;
        continue;
      }
      if (t.slope >= 0) {
        high_ = t;
        return true;
      }
      if (!is_low(t)) {
        halve(low_, t);
        return !is_over();
      }
      low_ = t;
      if (step >= start_.most) return false;
      step = most < start_.most ? (step + most) / 2 : std::min(kGrowth * step, most);
      if (step == low_.step) return false;
    }
    return false;
  }

  void update(const Trial& t) {
    if (is_over() || !(t.step > low_.step && t.step < high_.step)) return;
    if (!std::isfinite(t.value) || (t.slope < 0 && !is_low(t)))
      halve(low_, t);
    else
      (t.slope >= 0 ? high_ : low_) = t;
  }

  static double secant(const Trial& a, const Trial& b) {
    return (a.step * b.slope - b.step * a.slope) / (b.slope - a.slope);
  }
  bool is_inside(double step) const { return step > low_.step && step < high_.step; }

  void secant_twice() {
    const Trial a = low_, b = high_;
    const double first = secant(a, b);
    if (!is_inside(first)) {
      update(ask((a.step + b.step) / 2));
      return;
    }
    update(ask(first));
    if (is_over()) return;
    double second = std::numeric_limits<double>::quiet_NaN();
    if (first == high_.step) second = secant(b, high_);
    if (first == low_.step) second = secant(a, low_);
    if (is_inside(second)) update(ask(second));
  }

  Ray& ray_;
  const SearchStart& start_;
  const SearchRule& rule_;
  Trial low_, high_;
  int left_;
  bool found_ = false;
  double step_ = 0, best_ = std::numeric_limits<double>::infinity();
};

}  // namespace

SearchResult hager_zhang_search(Ray& ray, const SearchStart& start, const SearchRule& rule) {
  return Bracketing(ray, start, rule).run();
}

}  // namespace limn
