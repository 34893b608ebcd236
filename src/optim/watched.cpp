#include "optim/watched.hpp"

#include "base/random.hpp"

namespace limn {

void WatchedObjective::draw(double noise, std::uint64_t seed, std::int64_t step) {
  tilt_.clear();
  if (noise == 0) return;
  Random random(seed, "noise", static_cast<std::uint64_t>(step));
  for (std::int64_t i = 0; i < dimension(); ++i) tilt_.push_back(noise * random.normal());
}

double WatchedObjective::seen(double value, std::span<const double> x) {
  for (std::size_t i = 0; i < tilt_.size(); ++i) value += tilt_[i] * x[i];
  if (hit_ < 0 && value <= target_) hit_ = static_cast<std::int64_t>(evaluations());  // never, where either is NaN
  return value;
}

double WatchedObjective::value(std::span<const double> x) {
  ++calls_[kValues];
  return seen(function_.value(x), x);
}

double WatchedObjective::value_and_gradient(std::span<const double> x, std::span<double> gradient) {
  ++calls_[kGradients];
  const double value = function_.value_and_gradient(x, gradient);
  for (std::size_t i = 0; i < tilt_.size(); ++i) gradient[i] += tilt_[i];
  return seen(value, x);
}

void WatchedObjective::hessian_times(std::span<const double> x, std::span<const double> v, std::span<double> product) {
  ++calls_[kProducts];
  function_.hessian_times(x, v, product);
}

void WatchedObjective::gauss_newton_times(std::span<const double> x, std::span<const double> v,
                                          std::span<double> product) {
  ++calls_[kProducts];
  function_.gauss_newton_times(x, v, product);
}

void WatchedObjective::hessian(std::span<const double> x, std::span<double> matrix) {
  ++calls_[kMatrices];
  function_.hessian(x, matrix);
}

void WatchedObjective::gauss_newton(std::span<const double> x, std::span<double> matrix) {
  ++calls_[kMatrices];
  function_.gauss_newton(x, matrix);
}

}  // namespace limn
