// Newton's method with a modified Cholesky factorization and a line search.
// Source: Gill, Murray and Wright, "Practical optimization", 1981, section 4.4.2.2; see modified_solve.
#include "optim/hessian_method.hpp"
#include "optim/line_method.hpp"
#include "optim/make.hpp"

namespace limn {
namespace {

template <class T>
class NewtonLineSearch : public LineMethod<T> {
 public:
  NewtonLineSearch(const MinimiserOptions& options, std::int64_t dimension, std::span<T> x)
      : LineMethod<T>(options, dimension, x, Search::kBacktracking, 0.9), hessian_(x.size()) {}

  void changed() override {
    LineMethod<T>::changed();
    hessian_.drop();
  }
  std::vector<MinimiserView<T>> state() override {
    auto views = LineMethod<T>::state();
    hessian_.add_to(views, static_cast<std::int64_t>(size()));
    return views;
  }

 protected:
  using LineMethod<T>::direction_, LineMethod<T>::gradient_, LineMethod<T>::size, LineMethod<T>::x_;
  using LineMethod<T>::calls_;
  using typename LineMethod<T>::Step;

  Stop at_small_gradient(Objective<T>& objective) override {
    const Matrix h = hessian_.at(objective, x_, calls_);
    if (is_positive(h, clear_share<T>() * largest_entry(h))) return Stop::kGradient;
    return Stop::kSaddle;
  }

  bool choose_direction(Objective<T>& objective, MinimiserReport& report) override {
    const Matrix h = hessian_.at(objective, x_, calls_);
    std::vector<double> minus(size()), step(size());
    for (std::size_t i = 0; i < size(); ++i) minus[i] = -static_cast<double>(gradient_[i]);
    bool negative = false;
    const bool solved = all_finite(h) && modified_solve(h, minus, step, negative);
    report.negative_curvature = negative;
    is_newton_ = solved;
    assign(solved ? step : minus, direction_);
    return !solved;
  }
  double first_trial(double) override { return is_newton_ ? 1 : this->gradient_trial(); }
  void learn(const Step&) override { hessian_.drop(); }
  void forget() override { is_newton_ = false; }

 private:
  CurvatureMatrix<T> hessian_;
  bool is_newton_ = false;  // of this step alone
};

}  // namespace

template <class T>
Made<T> make_newton_ls(const MinimiserOptions& options, const Objective<T>& objective, std::span<T> x) {
  return std::make_unique<NewtonLineSearch<T>>(options, objective.dimension(), x);
}
template Made<float> make_newton_ls(const MinimiserOptions&, const Objective<float>&, std::span<float>);
template Made<double> make_newton_ls(const MinimiserOptions&, const Objective<double>&, std::span<double>);

}  // namespace limn
