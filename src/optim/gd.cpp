// Gradient descent: along the negative gradient, as far as the line search says.
// Source of the first trial: Barzilai and Borwein, "Two-point step size gradient methods", IMA J. Numer. Anal. 8
// (1988).
#include "optim/line_method.hpp"
#include "optim/make.hpp"

namespace limn {
namespace {

// The first trial is lr where it is given, else s^T s / s^T y of the last step, or twice that step's length where the
// curvature along it was not positive.
template <class T>
class GradientDescent : public LineMethod<T> {
 public:
  GradientDescent(const MinimiserOptions& options, std::int64_t dimension, std::span<T> x)
      : LineMethod<T>(options, dimension, x, Search::kBacktracking, 0.9) {}

  std::vector<MinimiserView<T>> state() override {
    auto views = LineMethod<T>::state();
    views.push_back({"trial", {1}, {}, {&trial_, 1}});
    return views;
  }

 protected:
  using LineMethod<T>::direction_, LineMethod<T>::gradient_, LineMethod<T>::size, LineMethod<T>::options_;
  using typename LineMethod<T>::Step;

  bool choose_direction(Objective<T>&, MinimiserReport&) override {
    for (std::size_t i = 0; i < size(); ++i) direction_[i] = -gradient_[i];
    return true;
  }
  double first_trial(double) override {
    if (options_.lr > 0) return options_.lr;
    return trial_ > 0 ? trial_ : this->gradient_trial();
  }
  void learn(const Step& step) override {
    const double curvature = dot(step.s, step.y);
    trial_ = curvature > 0 ? dot(step.s, step.s) / curvature : 2 * step.length;
    if (!std::isfinite(trial_)) trial_ = 0;
  }
  void forget() override { trial_ = 0; }

 private:
  double trial_ = 0;
};

}  // namespace

template <class T>
Made<T> make_gd(const MinimiserOptions& options, const Objective<T>& objective, std::span<T> x) {
  return std::make_unique<GradientDescent<T>>(options, objective.dimension(), x);
}
template Made<float> make_gd(const MinimiserOptions&, const Objective<float>&, std::span<float>);
template Made<double> make_gd(const MinimiserOptions&, const Objective<double>&, std::span<double>);

}  // namespace limn
