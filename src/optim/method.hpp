// What all minimisers share: the point, its value and gradient, the count of calls, and when to stop.
// One iteration is the method's own.
#pragma once
#include <array>

#include "optim/minimiser.hpp"
#include "optim/vector.hpp"

namespace limn {

template <class T>
class MethodBase : public Minimiser<T> {
 public:
  MethodBase(const MinimiserOptions& options, std::int64_t dimension, std::span<T> x);

  MinimiserReport step(Objective<T>& objective) final;
  void changed() override { numbers_[kEvaluated] = 0; }
  std::vector<MinimiserView<T>> state() override;

 protected:
  // One step from x_, where value() and gradient_ are known and the gradient is not small (unless goes_on() said so).
  // Fills the report's step, step_norm, trials... ; sets report.stopped where it cannot go on.
  virtual void iterate(Objective<T>& objective, MinimiserReport& report) = 0;
  // Asked where the gradient is small: kGradient, kSaddle, or kNone to go on (along negative curvature).
  virtual Stop at_small_gradient(Objective<T>&) { return Stop::kGradient; }

  std::size_t size() const { return x_.size(); }
  double value() const { return numbers_[kValue]; }
  // What rounding leaves open of a value: differences below say nothing.
  double rounding() const { return 32 * std::numeric_limits<T>::epsilon() * std::fabs(value()); }
  // The point becomes x_, its gradient gradient_; both were written already.
  void moved(double new_value) { numbers_[kValue] = new_value; }
  bool has_small_gradient() const { return largest(gradient_) <= options_.stop.gradient_tolerance; }
  std::int64_t iteration() const { return static_cast<std::int64_t>(numbers_[kIteration]); }

  MinimiserOptions options_;
  std::span<T> x_;
  std::vector<T> gradient_;
  Calls calls_;  // of this step; added to the numbers behind it

 private:
  enum { kEvaluated, kValue, kIteration, kValues, kGradients, kProducts, kMatrices, kNumbers };
  bool begin(Objective<T>& objective, MinimiserReport& report);
  void finish(Objective<T>& objective, MinimiserReport& report);
  Stop limits() const;
  Calls total() const;

  std::array<double, kNumbers> numbers_{};
};

}  // namespace limn
