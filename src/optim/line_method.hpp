// What gd, cg, bfgs, lbfgs and newton-ls share: a direction, a line search along it, and what the step taught. Where
// the search fails the direction is dropped for the gradient's, once; where that fails too the method stops.
#pragma once
#include "optim/line.hpp"
#include "optim/method.hpp"

namespace limn {

template <class T>
class LineMethod : public MethodBase<T> {
 public:
  LineMethod(const MinimiserOptions& options, std::int64_t dimension, std::span<T> x, Search automatic, double c2);
  std::vector<MinimiserView<T>> state() override;

 protected:
  using MethodBase<T>::options_, MethodBase<T>::x_, MethodBase<T>::gradient_, MethodBase<T>::calls_;
  using MethodBase<T>::size, MethodBase<T>::value, MethodBase<T>::rounding, MethodBase<T>::iteration;

  struct Step {
    double length = 0, slope_before = 0, slope_after = 0, decrease = 0;
    std::span<const double> s, y;  // x_ after minus before; gradient_ after minus before
    std::span<const T> gradient_before;
  };
  // Fills direction_; true: it is the negative gradient, and nothing is left to be dropped.
  virtual bool choose_direction(Objective<T>& objective, MinimiserReport& report) = 0;
  virtual double first_trial(double slope) = 0;
  virtual void learn(const Step& step) = 0;
  virtual void forget() = 0;

  // The first trial along the negative gradient where nothing is known but the gradient, or the last step's length.
  double gradient_trial() const;
  double last_norm() const { return steps_[kNorm]; }
  double last_length() const { return steps_[kLength]; }
  double last_slope() const { return steps_[kSlope]; }
  double last_decrease() const { return steps_[kDecrease]; }
  Search kind() const { return kind_; }

  std::vector<T> direction_;

 private:
  enum { kNorm, kLength, kSlope, kDecrease, kNumbers };
  void iterate(Objective<T>& objective, MinimiserReport& report) final;
  SearchResult search(Objective<T>& objective, ObjectiveLine<T>& line, double slope);
  Stop why(const std::vector<Trial>& trials) const;

  Search kind_;
  double c2_;
  std::array<double, kNumbers> steps_{};
  std::vector<T> new_x_, new_gradient_, product_;
  std::vector<double> s_, y_;
};

}  // namespace limn
