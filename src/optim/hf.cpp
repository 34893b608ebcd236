// Hessian-free: damped Gauss-Newton steps by conjugate gradients on products.
// Source: Martens, "Deep learning via Hessian-free optimization", ICML 2010: the damping (4.1), the end of the inner
// iterations (4.4), their start from the last direction (4.5), and going back over kept iterates (4.6).
#include <limits>

#include "optim/line.hpp"
#include "optim/linear_cg.hpp"
#include "optim/make.hpp"
#include "optim/method.hpp"

namespace limn {
namespace {

constexpr double kFirstShare = 0.01, kDecay = 0.95, kProgress = 5e-4, kKeepEvery = 1.3, kDampingChange = 2.0 / 3;

template <class T>
class HessianFree : public MethodBase<T> {
 public:
  HessianFree(const MinimiserOptions& options, std::int64_t dimension, std::span<T> x)
      : MethodBase<T>(options, dimension, x),
        last_(x.size()),
        numbers_{options.damping, 0},
        point_(x.size()),
        product_(x.size()) {}

  std::vector<MinimiserView<T>> state() override {
    auto views = MethodBase<T>::state();
    views.push_back({"last_solution", {static_cast<std::int64_t>(size())}, {}, last_});
    views.push_back({"damping", {kNumbers}, {}, numbers_});
    return views;
  }

 protected:
  using MethodBase<T>::x_, MethodBase<T>::gradient_, MethodBase<T>::calls_, MethodBase<T>::size, MethodBase<T>::value;
  using MethodBase<T>::rounding, MethodBase<T>::options_;

  void iterate(Objective<T>& objective, MinimiserReport& report) override {
    if (numbers_[kDamping] == 0) numbers_[kDamping] = first_damping(objective);
    std::vector<Kept> kept = solve(objective, report);
    std::size_t best = kept.size() - 1;
    double lowest = value_at(objective, kept[best].step, report);
    // Back over the kept iterates as long as they are lower: the model is trusted less than the function.
    while (best > 0) {
      const double there = value_at(objective, kept[best - 1].step, report);
      if (!(there < lowest) && std::isfinite(lowest)) break;
      lowest = there;
      --best;
    }
    const std::vector<double>& step = kept[best].step;
    // The reduction ratio is the last iterate's, whose model the damping has shaped.
    const double reached = report.trials.front().value;
    const double ratio = kept.back().model < 0 ? (reached - value()) / kept.back().model : 0;
    report.predicted = -kept[best].model;
    if (report.predicted > rounding()) {
      if (!(ratio >= 0.25))
        numbers_[kDamping] /= kDampingChange;
      else if (ratio > 0.75)
        numbers_[kDamping] *= kDampingChange;
    }
    report.damping = numbers_[kDamping];
    report.initial_slope = dot(step, gradient_);

    std::vector<T> direction(size()), to(size()), gradient(size());
    assign(step, direction);
    ObjectiveLine<T> line(objective, x_, direction, calls_, report.trials);
    const SearchStart start{value(), report.initial_slope, 1, 1, 0};  // it never rises
    SearchResult found;
    if (report.initial_slope < 0) found = backtracking_search(line, start, {1e-2, 0.9, options_.search.most_trials});
    if (found.step == 0) {  // not even the steepest of the kept iterates descends: nothing of them is used again
      report.accepted = false;
      std::fill(last_.begin(), last_.end(), 0.0);
      numbers_[kDamping] /= kDampingChange * kDampingChange;
      report.damping = numbers_[kDamping];
      if (report.predicted <= 16 * rounding())
        report.stopped = Stop::kDecrease;
      else if (numbers_[kFailed] > 0)
        report.stopped = Stop::kLineSearch;
      numbers_[kFailed] = 1;
      return;
    }
    const Trial t = line.take(found.step, to, gradient);
    std::vector<double> moved(size());
    for (std::size_t i = 0; i < size(); ++i) moved[i] = static_cast<double>(to[i]) - static_cast<double>(x_[i]);
    report.step = t.step;
    report.step_norm = norm(moved);
    assign(kept.back().step, last_);
    assign(to, x_);
    assign(gradient, gradient_);
    this->moved(t.value);
    numbers_[kFailed] = 0;
    if (report.step_norm == 0) report.stopped = report.predicted <= 16 * rounding() ? Stop::kDecrease : Stop::kStep;
  }

 private:
  enum { kDamping, kFailed, kNumbers };
  struct Kept {
    std::vector<double> step;
    double model = 0;
  };

  // A share of the curvature along the gradient, so that it has the scale of the problem.
  double first_damping(Objective<T>& objective) {
    std::vector<double> along(gradient_.begin(), gradient_.end()), product(size());
    times(objective, along, product);
    const double curvature = dot(along, product) / dot(along, along);
    return curvature > 0 && std::isfinite(curvature) ? kFirstShare * curvature : 1;
  }

  // The inner iterations; the iterates kept are 1, 2, 3, 4, 6, 8... steps in, and the last.
  std::vector<Kept> solve(Objective<T>& objective, MinimiserReport& report) {
    std::vector<double> b(size()), product(size()), from(last_);
    for (std::size_t i = 0; i < size(); ++i) b[i] = -static_cast<double>(gradient_[i]);
    for (double& v : from) v *= kDecay;
    const bool warm = norm(from) > 0;
    if (warm) times(objective, from, product);
    LinearCg solver = warm ? LinearCg(b, from, product) : LinearCg(b);
    std::vector<Kept> kept;
    std::vector<double> models = {solver.model()};
    report.residuals = {solver.residual_norm()};
    double next = 1;
    const double least = 1e-14 * norm(b);
    for (int k = 1; k <= options_.inner && solver.residual_norm() > least; ++k) {
      times(objective, solver.direction(), product);
      if (!solver.advance(product)) {
        report.negative_curvature = solver.curvature() < 0;
        break;
      }
      models.push_back(solver.model());
      report.residuals.push_back(solver.residual_norm());
      if (k >= std::ceil(next)) {
        kept.push_back({{solver.solution().begin(), solver.solution().end()}, solver.model()});
        next *= kKeepEvery;
      }
      const int back = std::max(10, k / 10);
      if (k > back && models.back() < 0 &&
          (models.back() - models[static_cast<std::size_t>(k - back)]) / models.back() < back * kProgress)
        break;
    }
    if (kept.empty() || kept.back().model != solver.model())
      kept.push_back({{solver.solution().begin(), solver.solution().end()}, solver.model()});
    if (norm(kept.back().step) == 0) kept.back().step = b;
    return kept;
  }

  // to = (G + damping I) v
  void times(Objective<T>& objective, std::span<const double> v, std::vector<double>& to) {
    assign(v, point_);
    objective.gauss_newton_times(x_, point_, product_);
    ++calls_.products;
    for (std::size_t i = 0; i < size(); ++i) to[i] = static_cast<double>(product_[i]) + numbers_[kDamping] * v[i];
  }

  double value_at(Objective<T>& objective, std::span<const double> step, MinimiserReport& report) {
    for (std::size_t i = 0; i < size(); ++i) point_[i] = static_cast<T>(static_cast<double>(x_[i]) + step[i]);
    const double v = objective.value(point_);
    ++calls_.values;
    const double there = std::isfinite(v) ? v : std::numeric_limits<double>::infinity();
    report.trials.push_back({1, there, std::numeric_limits<double>::quiet_NaN()});
    return there;
  }

  std::vector<double> last_;
  std::array<double, kNumbers> numbers_;
  std::vector<T> point_, product_;
};

}  // namespace

template <class T>
Made<T> make_hf(const MinimiserOptions& options, const Objective<T>& objective, std::span<T> x) {
  return std::make_unique<HessianFree<T>>(options, objective.dimension(), x);
}
template Made<float> make_hf(const MinimiserOptions&, const Objective<float>&, std::span<float>);
template Made<double> make_hf(const MinimiserOptions&, const Objective<double>&, std::span<double>);

}  // namespace limn
