// An objective that is watched: what it is asked is counted, and each step may go down a function of its own, as with
// mini-batches. It must not know what it forwards to.
#pragma once
#include <array>
#include <cstdint>
#include <limits>
#include <vector>

#include "optim/objective.hpp"

namespace limn {

class WatchedObjective : public Objective<double> {
 public:
  // `target`: a value that is waited for; NaN: none.
  explicit WatchedObjective(Objective<double>& function, double target = std::numeric_limits<double>::quiet_NaN())
      : function_(function), target_(target) {}

  Objective<double>& function() { return function_; }  // asked itself, it is not watched and has no noise

  // From now on it is f(x) + noise xi^T x, with xi normal, drawn from (seed, step): value and gradient belong together,
  // so a line search has something to search. Noise 0: f itself.
  void draw(double noise, std::uint64_t seed, std::int64_t step);
  const std::vector<double>& tilt() const { return tilt_; }  // noise xi; empty: none

  enum { kValues, kGradients, kProducts, kMatrices, kKinds };
  std::array<double, kKinds>& calls() { return calls_; }  // whole numbers; as doubles, because a state keeps them
  double evaluations() const { return calls_[kValues] + calls_[kGradients]; }
  std::int64_t hit() const { return hit_; }  // evaluations until value <= target; -1: never

  std::int64_t dimension() const override { return function_.dimension(); }
  double value(std::span<const double> x) override;
  double value_and_gradient(std::span<const double> x, std::span<double> gradient) override;
  bool has_hessian() const override { return function_.has_hessian(); }
  bool has_gauss_newton() const override { return function_.has_gauss_newton(); }
  void hessian_times(std::span<const double> x, std::span<const double> v, std::span<double> product) override;
  void gauss_newton_times(std::span<const double> x, std::span<const double> v, std::span<double> product) override;
  void hessian(std::span<const double> x, std::span<double> matrix) override;
  void gauss_newton(std::span<const double> x, std::span<double> matrix) override;
  bool is_quadratic() const override { return function_.is_quadratic(); }

 private:
  double seen(double value, std::span<const double> x);

  Objective<double>& function_;
  double target_;
  std::vector<double> tilt_;
  std::array<double, kKinds> calls_{};
  std::int64_t hit_ = -1;
};

}  // namespace limn
