// Nonlinear conjugate gradients. Sources: Fletcher and Reeves 1964 (fr), Polak and Ribiere 1969 with Powell's bound
// (pr+), Hestenes and Stiefel 1952 (hs), Dai and Yuan 1999 (dy), Hager and Zhang 2005 (hz); the restart: Powell 1977.
#include "base/error.hpp"
#include "optim/line_method.hpp"
#include "optim/make.hpp"

namespace limn {
namespace {

enum class Beta { kFr, kPr, kHs, kDy, kHz };

Beta beta_of(const std::string& name) {
  if (name == "fr") return Beta::kFr;
  if (name == "pr+") return Beta::kPr;
  if (name == "hs") return Beta::kHs;
  if (name == "dy") return Beta::kDy;
  return Beta::kHz;
}

// With fixed lengths there is no restart but the option's own, so it is the textbook's method.
template <class T>
class ConjugateGradients : public LineMethod<T> {
 public:
  ConjugateGradients(const MinimiserOptions& options, std::int64_t dimension, std::span<T> x)
      : LineMethod<T>(options, dimension, x, options.beta == "hz" ? Search::kHagerZhang : Search::kWolfe,
                      options.beta == "hz" ? 0.9 : 0.1),
        beta_(beta_of(options.beta)),
        y_(x.size()) {}

  std::vector<MinimiserView<T>> state() override {
    auto views = LineMethod<T>::state();
    views.push_back({"difference", {static_cast<std::int64_t>(size())}, {}, y_});
    views.push_back({"cg", {kNumbers}, {}, numbers_});
    return views;
  }

 protected:
  using LineMethod<T>::direction_, LineMethod<T>::gradient_, LineMethod<T>::size, LineMethod<T>::options_;
  using LineMethod<T>::kind;
  using typename LineMethod<T>::Step;

  bool choose_direction(Objective<T>&, MinimiserReport&) override {
    const double beta = numbers_[kSince] > 0 && !wants_restart() ? factor() : 0;
    if (beta == 0 || !std::isfinite(beta)) return along_gradient();
    double slope = 0;
    for (std::size_t i = 0; i < size(); ++i) {
      direction_[i] = static_cast<T>(beta * static_cast<double>(direction_[i]) - static_cast<double>(gradient_[i]));
      slope += static_cast<double>(direction_[i]) * static_cast<double>(gradient_[i]);
    }
    if (slope >= 0 && kind() != Search::kFixed) return along_gradient();
    return false;
  }

  double first_trial(double slope) override {
    if (this->last_length() > 0) return this->last_length() * std::min(10.0, this->last_slope() / slope);
    return this->gradient_trial();
  }

  void learn(const Step& step) override {
    assign(step.y, y_);
    const double now = dot(gradient_, gradient_);
    numbers_[kBefore] = dot(step.gradient_before, step.gradient_before);
    numbers_[kCurvature] = step.slope_after - step.slope_before;
    numbers_[kOverlap] = now > 0 ? std::fabs(dot(gradient_, step.gradient_before)) / now : 0;
    numbers_[kSince] += 1;
  }

  void forget() override { numbers_ = {}; }

 private:
  enum { kSince, kBefore, kCurvature, kOverlap, kNumbers };

  bool along_gradient() {
    for (std::size_t i = 0; i < size(); ++i) direction_[i] = -gradient_[i];
    numbers_ = {};
    return true;
  }

  bool wants_restart() const {
    if (options_.restart > 0) return numbers_[kSince] >= static_cast<double>(options_.restart);
    if (kind() == Search::kFixed) return false;
    return numbers_[kSince] >= static_cast<double>(std::max<std::size_t>(size(), 20)) || numbers_[kOverlap] >= 0.2;
  }

  double factor() const {
    const double now = dot(gradient_, gradient_), change = dot(gradient_, y_);
    const double before = numbers_[kBefore], curvature = numbers_[kCurvature];
    switch (beta_) {
      case Beta::kFr: return now / before;
      case Beta::kPr: return std::max(0.0, change / before);
      case Beta::kHs: return change / curvature;
      case Beta::kDy: return now / curvature;
      case Beta::kHz: break;
    }
    const double along = dot(direction_, gradient_);
    const double beta = (change - 2 * dot(y_, y_) * along / curvature) / curvature;
    const double least = -1 / (norm(direction_) * std::min(0.01, std::sqrt(before)));
    return std::max(beta, least);
  }

  Beta beta_;
  std::vector<double> y_;
  std::array<double, kNumbers> numbers_{};
};

}  // namespace

template <class T>
Made<T> make_cg(const MinimiserOptions& options, const Objective<T>& objective, std::span<T> x) {
  return std::make_unique<ConjugateGradients<T>>(options, objective.dimension(), x);
}
template Made<float> make_cg(const MinimiserOptions&, const Objective<float>&, std::span<float>);
template Made<double> make_cg(const MinimiserOptions&, const Objective<double>&, std::span<double>);

}  // namespace limn
