// Newton's method where the Hessian is known by its products: conjugate gradients solve for the direction, only as well
// as it pays, and leave along negative curvature. Source: Dembo and Steihaug, "Truncated-Newton algorithms for
// large-scale unconstrained optimization", Math. Prog. 26 (1983).
#include "base/random.hpp"
#include "optim/hessian_method.hpp"
#include "optim/line_method.hpp"
#include "optim/linear_cg.hpp"
#include "optim/make.hpp"

namespace limn {
namespace {

constexpr int kProbes = 50;  // products at most, to look for negative curvature where the gradient is small

template <class T>
class NewtonCg : public LineMethod<T> {
 public:
  NewtonCg(const MinimiserOptions& options, std::int64_t dimension, std::span<T> x)
      : LineMethod<T>(options, dimension, x, Search::kWolfe, 0.9), point_(x.size()), product_(x.size()) {}

 protected:
  using LineMethod<T>::direction_, LineMethod<T>::gradient_, LineMethod<T>::size, LineMethod<T>::x_;
  using LineMethod<T>::calls_, LineMethod<T>::options_;
  using typename LineMethod<T>::Step;

  Stop at_small_gradient(Objective<T>& objective) override {
    Random random(1, "negative curvature");
    std::vector<double> b(size()), product(size());
    for (double& v : b) v = random.uniform() - 0.5;
    LinearCg solver(b);
    const auto most = std::min<std::int64_t>(static_cast<std::int64_t>(size()), kProbes);
    double steepest = 0;
    for (std::int64_t k = 0; k < most && solver.residual_norm() > 1e-10 * norm(b); ++k) {
      times(objective, solver.direction(), product);
      const double square = dot(solver.direction(), solver.direction());
      const double curvature = dot(solver.direction(), product) / square;
      steepest = std::max(steepest, norm(product) / std::sqrt(square));
      if (curvature < -clear_share<T>() * steepest) return Stop::kSaddle;
      if (!solver.advance(product)) break;
    }
    return Stop::kGradient;
  }

  bool choose_direction(Objective<T>& objective, MinimiserReport& report) override {
    std::vector<double> b(size()), product(size());
    for (std::size_t i = 0; i < size(); ++i) b[i] = -static_cast<double>(gradient_[i]);
    LinearCg solver(b);
    const double steepness = norm(b), enough = steepness * std::min(0.1, std::sqrt(steepness));
    std::vector<double> found;
    report.residuals = {steepness};
    for (int k = 0; k < options_.inner && solver.residual_norm() > enough; ++k) {
      times(objective, solver.direction(), product);
      if (!all_finite(product)) break;
      if (!solver.advance(product)) {
        // On along the direction, as far as its curvature would say with the other sign: still downhill.
        report.negative_curvature = solver.curvature() < 0;
        found.assign(solver.solution().begin(), solver.solution().end());
        const double square = dot(solver.residual(), solver.residual());
        if (solver.curvature() < 0) add_multiple(square / -solver.curvature(), solver.direction(), found);
        break;
      }
      report.residuals.push_back(solver.residual_norm());
    }
    if (found.empty()) found.assign(solver.solution().begin(), solver.solution().end());
    is_newton_ = norm(found) > 0 && all_finite(found);
    assign(is_newton_ ? found : b, direction_);
    return !is_newton_;
  }
  double first_trial(double) override { return is_newton_ ? 1 : this->gradient_trial(); }
  void learn(const Step&) override {}
  void forget() override { is_newton_ = false; }

 private:
  void times(Objective<T>& objective, std::span<const double> v, std::vector<double>& to) {
    assign(v, point_);
    objective.hessian_times(x_, point_, product_);
    ++calls_.products;
    assign(product_, to);
  }

  std::vector<T> point_, product_;
  bool is_newton_ = false;  // of this step alone
};

}  // namespace

template <class T>
Made<T> make_newton_cg(const MinimiserOptions& options, const Objective<T>& objective, std::span<T> x) {
  return std::make_unique<NewtonCg<T>>(options, objective.dimension(), x);
}
template Made<float> make_newton_cg(const MinimiserOptions&, const Objective<float>&, std::span<float>);
template Made<double> make_newton_cg(const MinimiserOptions&, const Objective<double>&, std::span<double>);

}  // namespace limn
