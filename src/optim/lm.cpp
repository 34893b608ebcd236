// Levenberg-Marquardt: the Gauss-Newton matrix with a damped diagonal; the damping follows the gain ratio.
// Sources: Marquardt 1963; More, "The Levenberg-Marquardt algorithm", 1978 (scaling by the largest diagonal so far);
// Nielsen, "Damping parameter in Marquardt's method", IMM-REP-1999-05 (the damping).
#include <algorithm>
#include <limits>

#include "optim/hessian_method.hpp"
#include "optim/make.hpp"

namespace limn {
namespace {

constexpr double kFirstDamping = 1e-3;

template <class T>
class LevenbergMarquardt : public MethodBase<T> {
 public:
  LevenbergMarquardt(const MinimiserOptions& options, std::int64_t dimension, std::span<T> x)
      : MethodBase<T>(options, dimension, x),
        matrix_(x.size()),
        scale_(x.size()),
        numbers_{options.damping > 0 ? options.damping : kFirstDamping, 2} {}

  void changed() override {
    MethodBase<T>::changed();
    matrix_.drop();
  }
  std::vector<MinimiserView<T>> state() override {
    auto views = MethodBase<T>::state();
    const auto n = static_cast<std::int64_t>(size());
    matrix_.add_to(views, n);
    views.push_back({"scale", {n}, {}, scale_});
    views.push_back({"damping", {kNumbers}, {}, numbers_});
    return views;
  }

 protected:
  using MethodBase<T>::x_, MethodBase<T>::gradient_, MethodBase<T>::calls_, MethodBase<T>::size, MethodBase<T>::value;
  using MethodBase<T>::rounding;

  void iterate(Objective<T>& objective, MinimiserReport& report) override {
    const Matrix g = matrix_.at(objective, x_, calls_, true);
    const std::size_t n = size();
    double top = 0;
    for (std::size_t i = 0; i < n; ++i) {
      scale_[i] = std::max(scale_[i], g[i * n + i]);
      top = std::max(top, scale_[i]);
    }
    std::vector<double> minus(n), step(n), damped, product(n), moved(n);
    for (std::size_t i = 0; i < n; ++i) minus[i] = -static_cast<double>(gradient_[i]);
    // A parameter that nothing depends on yet is damped like the steepest, a little.
    for (;;) {
      damped.assign(g.begin(), g.end());
      for (std::size_t i = 0; i < n; ++i) damped[i * n + i] += numbers_[kDamping] * std::max(scale_[i], 1e-12 * top);
      if (solve_positive(damped, minus, step)) break;
      if (!(numbers_[kDamping] < 1e100)) {
        report.accepted = false;
        report.stopped = Stop::kNotFinite;
        return;
      }
      raise();
    }
    std::vector<T> to(n), gradient(n);
    for (std::size_t i = 0; i < n; ++i) {
      to[i] = static_cast<T>(static_cast<double>(x_[i]) + step[i]);
      moved[i] = static_cast<double>(to[i]) - static_cast<double>(x_[i]);
    }
    double there = objective.value_and_gradient(to, gradient);
    ++calls_.gradients;
    if (!std::isfinite(there) || !all_finite(gradient)) there = std::numeric_limits<double>::infinity();
    multiply(g, step, product);
    report.step = 1;
    report.step_norm = norm(moved);
    report.initial_slope = dot(gradient_, step);
    report.predicted = -report.initial_slope - dot(step, product) / 2;
    report.trials = {{1, there, dot(step, gradient)}};
    const bool by_value = report.predicted > rounding();
    const double ratio = (value() - there) / report.predicted;
    report.accepted = by_value ? ratio > 0 && there < value()
                               : there <= value() + rounding() && largest(gradient) < largest(gradient_);
    if (report.accepted) {
      const double kept = by_value ? ratio : 1;
      numbers_[kDamping] *= std::max(1.0 / 3, 1 - std::pow(2 * kept - 1, 3));
      numbers_[kDamping] = std::max(numbers_[kDamping], 1e-30);
      numbers_[kFactor] = 2;
      assign(to, x_);
      gradient_ = gradient;
      this->moved(there);
      matrix_.drop();
    } else {
      raise();
      if (!by_value) report.stopped = Stop::kDecrease;
    }
    if (report.step_norm == 0) {
      report.stopped = Stop::kStep;
      report.accepted = false;
    }
    report.damping = numbers_[kDamping];
  }

 private:
  enum { kDamping, kFactor, kNumbers };
  void raise() {
    numbers_[kDamping] *= numbers_[kFactor];
    numbers_[kFactor] *= 2;
  }

  CurvatureMatrix<T> matrix_;
  std::vector<double> scale_;
  std::array<double, kNumbers> numbers_;
};

}  // namespace

template <class T>
Made<T> make_lm(const MinimiserOptions& options, const Objective<T>& objective, std::span<T> x) {
  return std::make_unique<LevenbergMarquardt<T>>(options, objective.dimension(), x);
}
template Made<float> make_lm(const MinimiserOptions&, const Objective<float>&, std::span<float>);
template Made<double> make_lm(const MinimiserOptions&, const Objective<double>&, std::span<double>);

}  // namespace limn
