// Newton's method with the exact Hessian in a trust region.
// Source: Conn, Gould and Toint, "Trust-region methods", 2000, chapter 6; the step: see trust_region_step.
#include <algorithm>
#include <limits>

#include "optim/hessian_method.hpp"
#include "optim/make.hpp"

namespace limn {
namespace {

template <class T>
class Newton : public MethodBase<T> {
 public:
  Newton(const MinimiserOptions& options, std::int64_t dimension, std::span<T> x)
      : MethodBase<T>(options, dimension, x), hessian_(x.size()), radius_(options.radius) {}

  void changed() override {
    MethodBase<T>::changed();
    hessian_.drop();
  }
  std::vector<MinimiserView<T>> state() override {
    auto views = MethodBase<T>::state();
    hessian_.add_to(views, static_cast<std::int64_t>(size()));
    views.push_back({"radius", {1}, {}, {&radius_, 1}});
    return views;
  }

 protected:
  using MethodBase<T>::x_, MethodBase<T>::gradient_, MethodBase<T>::calls_, MethodBase<T>::size, MethodBase<T>::value;
  using MethodBase<T>::rounding;

  Stop at_small_gradient(Objective<T>& objective) override {
    const Matrix h = hessian_.at(objective, x_, calls_);
    return is_positive(h, clear_share<T>() * largest_entry(h)) ? Stop::kGradient : Stop::kNone;
  }

  void iterate(Objective<T>& objective, MinimiserReport& report) override {
    const std::vector<double> g(gradient_.begin(), gradient_.end());
    const Matrix h = hessian_.at(objective, x_, calls_);
    if (!all_finite(h)) {
      report.stopped = Stop::kNotFinite;
      report.accepted = false;
      return;
    }
    TrustStep found = trust_region_step(h, g, radius_);
    std::vector<T> to(size()), gradient(size());
    std::vector<double> moved(size());
    for (std::size_t i = 0; i < size(); ++i) {
      to[i] = static_cast<T>(static_cast<double>(x_[i]) + found.step[i]);
      moved[i] = static_cast<double>(to[i]) - static_cast<double>(x_[i]);
    }
    double value_there = objective.value_and_gradient(to, gradient);
    ++calls_.gradients;
    if (!std::isfinite(value_there) || !all_finite(gradient)) value_there = std::numeric_limits<double>::infinity();

    const double length = norm(found.step);
    report.step = 1;
    report.step_norm = norm(moved);
    report.predicted = found.predicted;
    report.negative_curvature = found.negative_curvature;
    report.initial_slope = dot(g, found.step);
    report.trials = {{1, value_there, dot(found.step, gradient)}};
    const bool by_value = found.predicted > rounding();
    const double ratio = (value() - value_there) / found.predicted;
    // Below the rounding of the values the gradients decide.
    report.accepted = by_value ? ratio > 1e-4 && value_there < value()
                               : value_there <= value() + rounding() && largest(gradient) < largest(gradient_);
    radius_ = found.radius;
    if (by_value && ratio < 0.25)
      radius_ = (std::isfinite(value_there) ? shrink(report.initial_slope, value_there) : 0.1) * length;
    else if (by_value && ratio > 0.75)
      radius_ = std::max(radius_, (ratio > 0.9 ? 4 : 2) * length);
    else if (!by_value && !report.accepted)
      radius_ = 0.25 * length;
    report.radius = radius_;
    const bool stays = report.step_norm == 0;
    if (report.accepted && !stays) {
      assign(to, x_);
      gradient_ = gradient;
      this->moved(value_there);
      hessian_.drop();
    } else if (!report.accepted && !by_value) {
      report.stopped = this->has_small_gradient() ? Stop::kSaddle : Stop::kDecrease;
    } else if (stays) {
      report.stopped = this->has_small_gradient() ? Stop::kSaddle : Stop::kStep;
      report.accepted = false;
    }
  }

 private:
  // The minimum of the parabola through the value, its slope and the new value; a tenth at least, a half at most.
  double shrink(double slope, double value_there) const {
    const double share = -slope / (2 * (value_there - value() - slope));
    return std::isfinite(share) ? std::clamp(share, 0.1, 0.5) : 0.25;
  }

  CurvatureMatrix<T> hessian_;
  double radius_;
};

}  // namespace

template <class T>
Made<T> make_newton(const MinimiserOptions& options, const Objective<T>& objective, std::span<T> x) {
  return std::make_unique<Newton<T>>(options, objective.dimension(), x);
}
template Made<float> make_newton(const MinimiserOptions&, const Objective<float>&, std::span<float>);
template Made<double> make_newton(const MinimiserOptions&, const Objective<double>&, std::span<double>);

}  // namespace limn
