// Conjugate gradients on a quadratic objective, with the exact step and kept residuals.
// Source of keeping them: Paige 1972; Golub and Van Loan, "Matrix computations", section 10.3 (complete
// reorthogonalisation): in floating point the residuals lose orthogonality, and steps beyond n are needed without it.
#include <algorithm>

#include "optim/line.hpp"
#include "optim/make.hpp"
#include "optim/method.hpp"

namespace limn {
namespace {

constexpr std::size_t kMostKept = std::size_t{1} << 23;  // numbers in all kept residuals: 64 MB

// The gradient is asked at every point, so what is reported is true, and the value falls. Every residual is made
// orthogonal to the former ones, the last 2^23 / n of them; of dimensions up to 2,896 that is all.
template <class T>
class QuadraticCg : public MethodBase<T> {
 public:
  QuadraticCg(const MinimiserOptions& options, std::int64_t dimension, std::span<T> x)
      : MethodBase<T>(options, dimension, x),
        rows_(std::clamp<std::size_t>(kMostKept / std::max<std::size_t>(x.size(), 1), 1, x.size())),
        kept_(rows_ * x.size()),
        direction_(x.size()) {}

  // Another point or objective: former directions are not conjugate to what comes.
  void changed() override {
    MethodBase<T>::changed();
    numbers_ = {};
  }
  std::vector<MinimiserView<T>> state() override {
    auto views = MethodBase<T>::state();
    const auto n = static_cast<std::int64_t>(size());
    views.push_back({"direction", {n}, {}, direction_});
    views.push_back({"residuals", {static_cast<std::int64_t>(rows_), n}, {}, kept_});
    views.push_back({"cg", {kNumbers}, {}, numbers_});
    return views;
  }

 protected:
  using MethodBase<T>::x_, MethodBase<T>::gradient_, MethodBase<T>::calls_, MethodBase<T>::size, MethodBase<T>::value;
  using MethodBase<T>::rounding, MethodBase<T>::options_;

  void iterate(Objective<T>& objective, MinimiserReport& report) override {
    choose_direction(report);
    std::vector<T> along(size());
    assign(direction_, along);
    double slope = dot(along, gradient_);
    if (!(slope < 0)) {  // rounding has eaten the direction
      restart(report);
      assign(direction_, along);
      slope = dot(along, gradient_);
    }
    report.initial_slope = slope;
    ObjectiveLine<T> line(objective, x_, along, calls_, report.trials);
    double curvature = 0;
    if (objective.has_hessian()) {
      std::vector<T> product(size());
      objective.hessian_times(x_, along, product);
      ++calls_.products;
      curvature = dot(along, product);
    } else {
      const Trial t = line.at(1);
      curvature = t.slope - slope;
    }
    report.negative_curvature = curvature < 0;
    std::vector<T> to(size()), gradient(size());
    const double length = -slope / curvature;
    const Trial t = curvature > 0 ? line.take(length, to, gradient) : Trial{};
    // Without positive curvature there is no minimum along the direction.
    if (!(curvature > 0) || !std::isfinite(t.value) || t.value > value() + 16 * rounding()) {
      report.accepted = false;
      numbers_ = {};
      report.stopped = curvature > 0 && std::isfinite(t.value) ? Stop::kDecrease : Stop::kLineSearch;
      return;
    }
    std::vector<double> moved(size());
    for (std::size_t i = 0; i < size(); ++i) moved[i] = static_cast<double>(to[i]) - static_cast<double>(x_[i]);
    report.step = t.step;
    report.step_norm = norm(moved);
    report.predicted = -slope * length / 2;
    assign(to, x_);
    assign(gradient, gradient_);
    this->moved(t.value);
    if (report.step_norm == 0) report.stopped = Stop::kStep;
  }

 private:
  enum : std::size_t { kSquare, kRows, kSince, kNumbers };  // of the last residual; kept; steps since a restart

  void choose_direction(MinimiserReport& report) {
    const std::size_t n = size();
    std::vector<double> residual(n);
    for (std::size_t i = 0; i < n; ++i) residual[i] = -static_cast<double>(gradient_[i]);
    const double before = norm(residual);
    const auto rows = static_cast<std::size_t>(numbers_[kRows]);
    for (int round = 0; round < 2; ++round)
      for (std::size_t k = 0; k < rows; ++k) {
        const auto row = std::span(kept_).subspan(k * n, n);
        add_multiple(-dot(row, residual), row, residual);
      }
    const double length = norm(residual);
    const auto since = static_cast<std::int64_t>(numbers_[kSince]);
    const bool due = options_.restart > 0 && since >= options_.restart;
    // Nothing but rounding is left beside the former residuals.
    if (since == 0 || due || !(length > 1e-3 * before)) return restart(report);
    const double beta = length * length / numbers_[kSquare];
    for (std::size_t i = 0; i < n; ++i) direction_[i] = residual[i] + beta * direction_[i];
    keep(residual, length);
  }

  void restart(MinimiserReport& report) {
    report.restarted = true;
    numbers_ = {};
    for (std::size_t i = 0; i < size(); ++i) direction_[i] = -static_cast<double>(gradient_[i]);
    keep(direction_, norm(direction_));
  }

  void keep(std::span<const double> residual, double length) {
    const auto since = static_cast<std::size_t>(numbers_[kSince]);
    const auto row = std::span(kept_).subspan(since % rows_ * size(), size());
    for (std::size_t i = 0; i < size(); ++i) row[i] = residual[i] / length;
    numbers_ = {length * length, static_cast<double>(std::min(since + 1, rows_)), static_cast<double>(since + 1)};
  }

  std::size_t rows_;
  std::vector<double> kept_, direction_;
  std::array<double, kNumbers> numbers_{};
};

}  // namespace

template <class T>
Made<T> make_quadratic_cg(const MinimiserOptions& options, const Objective<T>& objective, std::span<T> x) {
  return std::make_unique<QuadraticCg<T>>(options, objective.dimension(), x);
}
template Made<float> make_quadratic_cg(const MinimiserOptions&, const Objective<float>&, std::span<float>);
template Made<double> make_quadratic_cg(const MinimiserOptions&, const Objective<double>&, std::span<double>);

}  // namespace limn
