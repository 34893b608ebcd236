// BFGS: the inverse Hessian from differences of gradients, as a dense matrix in double.
// Source: Nocedal and Wright, "Numerical optimization", 2nd ed., section 6.1.
#include "optim/line_method.hpp"
#include "optim/make.hpp"

namespace limn {
namespace {

// Before the first update the matrix I is scaled by the first step's curvature (6.20), since a search's first trial of
// 1 wants steps of the right size. Before later ones it is enlarged where it is too small for the step's curvature, by
// the root of what Oren and Luenberger ("Self-scaling variable metric algorithms", Management Science 20, 1974) would:
// what was learned far away at steep places is forgotten sooner. With fixed lengths and with exact steps, where the
// trial of 1 means nothing, both are left out: then it is the textbook's BFGS, which knows a quadratic after n steps.
template <class T>
class Bfgs : public LineMethod<T> {
 public:
  Bfgs(const MinimiserOptions& options, std::int64_t dimension, std::span<T> x)
      : LineMethod<T>(options, dimension, x, Search::kWolfe, 0.9), inverse_(x.size() * x.size()), product_(x.size()) {
    forget();
  }

  std::vector<MinimiserView<T>> state() override {
    auto views = LineMethod<T>::state();
    const auto n = static_cast<std::int64_t>(size());
    views.push_back({"inverse_hessian", {n, n}, {}, inverse_});
    views.push_back({"updates", {1}, {}, {&updates_, 1}});
    return views;
  }

 protected:
  using LineMethod<T>::direction_, LineMethod<T>::gradient_, LineMethod<T>::size, LineMethod<T>::kind;
  using typename LineMethod<T>::Step;

  bool choose_direction(Objective<T>&, MinimiserReport&) override {
    for (std::size_t i = 0; i < size(); ++i) direction_[i] = static_cast<T>(-dot(row(i), gradient_));
    return updates_ == 0;
  }
  double first_trial(double) override { return updates_ == 0 ? this->gradient_trial() : 1; }

  void learn(const Step& step) override {
    const double curvature = dot(step.s, step.y);
    // Without positive curvature along the step the matrix would not stay positive definite: it is kept as it is.
    if (!(curvature > 1e-14 * norm(step.s) * norm(step.y))) return;
    for (std::size_t i = 0; i < size(); ++i) product_[i] = dot(row(i), step.y);
    if (is_scaled()) {
      const double ratio = curvature / dot(step.y, product_);
      scale(updates_ == 0 ? ratio : std::sqrt(std::max(1.0, ratio)));
    }
    const double both = (1 + dot(step.y, product_) / curvature) / curvature;
    for (std::size_t i = 0; i < size(); ++i)
      for (std::size_t j = 0; j <= i; ++j) {
        const double change =
            both * step.s[i] * step.s[j] - (product_[i] * step.s[j] + step.s[i] * product_[j]) / curvature;
        row(j)[i] = row(i)[j] = row(i)[j] + change;
      }
    updates_ += 1;
  }

  void forget() override {
    std::fill(inverse_.begin(), inverse_.end(), 0.0);
    for (std::size_t i = 0; i < size(); ++i) row(i)[i] = 1;
    updates_ = 0;
  }

 private:
  bool is_scaled() const { return kind() != Search::kFixed && kind() != Search::kExact; }
  void scale(double by) {
    for (double& v : inverse_) v *= by;
    for (double& v : product_) v *= by;
  }
  std::span<double> row(std::size_t i) { return std::span(inverse_).subspan(i * size(), size()); }

  std::vector<double> inverse_, product_;
  double updates_ = 0;
};

}  // namespace

template <class T>
Made<T> make_bfgs(const MinimiserOptions& options, const Objective<T>& objective, std::span<T> x) {
  return std::make_unique<Bfgs<T>>(options, objective.dimension(), x);
}
template Made<float> make_bfgs(const MinimiserOptions&, const Objective<float>&, std::span<float>);
template Made<double> make_bfgs(const MinimiserOptions&, const Objective<double>&, std::span<double>);

}  // namespace limn
