// An objective along a line from a point: what a line search sees as a function of one number. Keeps the trials, and
// the points of the last and of the lowest one.
#pragma once
#include <limits>

#include "optim/line_search.hpp"
#include "optim/vector.hpp"

namespace limn {

template <class T>
class ObjectiveLine : public Ray {
 public:
  // `calls` and `trials` are added to. The spans must outlive the line.
  ObjectiveLine(Objective<T>& objective, std::span<const T> from, std::span<const T> direction, Calls& calls,
                std::vector<Trial>& trials)
      : objective_(objective), from_(from), direction_(direction), calls_(calls), trials_(trials) {}

  Trial at(double step) override {
    Seen& to = last_;
    to.point.resize(from_.size());
    to.gradient.resize(from_.size());
    for (std::size_t i = 0; i < from_.size(); ++i)
      to.point[i] = static_cast<T>(static_cast<double>(from_[i]) + step * static_cast<double>(direction_[i]));
    double value = objective_.value_and_gradient(to.point, to.gradient);
    ++calls_.gradients;
    double slope = dot(direction_, to.gradient);
    if (!std::isfinite(value) || !std::isfinite(slope)) {
      value = std::numeric_limits<double>::infinity();
      slope = std::numeric_limits<double>::quiet_NaN();
    }
    to.trial = {step, value, slope};
    trials_.push_back(to.trial);
    if (lowest_.point.empty() || value < lowest_.trial.value) lowest_ = last_;
    return to.trial;
  }

  // The point and the gradient of a trial; asked again if it is neither the last one nor the lowest.
  Trial take(double step, std::span<T> point, std::span<T> gradient) {
    if (last_.point.empty() || (last_.trial.step != step && lowest_.trial.step != step)) at(step);
    const Seen& seen = last_.trial.step == step ? last_ : lowest_;
    assign(seen.point, point);
    assign(seen.gradient, gradient);
    return seen.trial;
  }

 private:
  struct Seen {
    Trial trial;
    std::vector<T> point, gradient;
  };
  Objective<T>& objective_;
  std::span<const T> from_, direction_;
  Calls& calls_;
  std::vector<Trial>& trials_;
  Seen last_, lowest_;
};

}  // namespace limn
