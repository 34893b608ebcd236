// Hessian-free optimisation of a small deep autoencoder, the problem it was made for: Martens 2010, "Deep learning via
// Hessian-free optimization". The network is built here, as graph; no experiment has rows as their own targets.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "autodiff/autodiff.hpp"
#include "data/drawn_digits.hpp"
#include "exec/executable.hpp"
#include "nn/architecture.hpp"
#include "optim/minimiser.hpp"

namespace limn {
namespace {

constexpr std::int64_t kRows = 300, kPoints = kDrawnSide * kDrawnSide;
constexpr double kDecay = 1e-5;

std::vector<float> digits() {
  std::vector<std::uint8_t> image(kPoints);
  std::vector<float> rows;
  for (std::int64_t i = 0; i < kRows; ++i) {
    draw_digit(i, image);
    for (const std::uint8_t ink : image) rows.push_back(static_cast<float>(ink) / 255);
  }
  return rows;
}

// Digits behind a code of four numbers: the mean squared error of their pixels, and 1e-5 / 2 |theta|^2.
class Autoencoder : public Objective<float> {
 public:
  explicit Autoencoder(ThreadPool& pool)
      : pool_(pool),
        network_("dense 32 tanh | dense 16 tanh | dense 4 | dense 16 tanh | dense 32 tanh | dense 784 sigmoid",
                 kPoints),
        rows_(digits()),
        theta_(static_cast<std::size_t>(dimension())),
        v_(theta_.size()) {
    const auto make = [&](bool curved) {
      const Fn fn = trace([&](Fn& f) {
        const Value x = input(f.graph, "x", {kRows, kPoints}), theta = input(f.graph, "theta", {dimension()});
        const Value y = network_.build(x, theta, {}, true).output;
        const Value loss = mean((y - x) * (y - x)) + kDecay / 2 * sum(theta * theta);
        if (!curved) f.output("loss", loss), f.output("gradient", grad(loss, theta));
        if (!curved) return;
        const Value v = input(f.graph, "v", {dimension()});
        f.output("product", ggn(mean((y - x) * (y - x)), y, theta, v) + kDecay * v);
      });
      std::vector<void*> memory{rows_.data(), theta_.data()};
      if (curved) memory.push_back(v_.data());
      return std::make_unique<Executable>(fn, memory);
    };
    slope_ = make(false), curvature_ = make(true);
  }
  std::vector<float> start() const {
    std::vector<float> theta(theta_.size());
    initialise(network_.parameters(), "glorot", 1, theta.data());
    return theta;
  }
  std::int64_t dimension() const override { return network_.parameters().size; }
  double value(std::span<const float> x) override {
    std::ranges::copy(x, theta_.data());
    slope_->run(pool_, {1, 1});
    return slope_->output(0)[0];
  }
  double value_and_gradient(std::span<const float> x, std::span<float> gradient) override {
    const double loss = value(x);
    std::ranges::copy(slope_->output(1), gradient.begin());
    return loss;
  }
  bool has_gauss_newton() const override { return true; }
  void gauss_newton_times(std::span<const float> x, std::span<const float> v, std::span<float> product) override {
    std::ranges::copy(x, theta_.data());
    std::ranges::copy(v, v_.data());
    curvature_->run(pool_, {1, 1});
    std::ranges::copy(curvature_->output(0), product.begin());
  }

 private:
  ThreadPool& pool_;
  Network network_;
  std::vector<float> rows_;
  AlignedFloats theta_, v_;
  std::unique_ptr<Executable> slope_, curvature_;
};

std::vector<double> numbers_of(Minimiser<float>& minimiser, const std::string& name) {
  for (const auto& view : minimiser.state())
    if (view.name == name) return {view.numbers.begin(), view.numbers.end()};
  return {};
}

// |b - A x_k| for A = G + damping I and b = -gradient, by the recursion of conjugate gradients from x_0 = `from`: the
// textbook's, at most `most` of them. What is left of b at x_k itself is no further away than rounding takes it.
std::vector<double> residuals(Autoencoder& objective, const std::vector<float>& at, double damping,
                              std::vector<double> x, std::size_t most) {
  std::vector<float> slope(at.size()), v(at.size()), curved(at.size());
  objective.value_and_gradient(at, slope);
  const auto times = [&](const std::vector<double>& by) {
    std::transform(by.begin(), by.end(), v.begin(), [](double number) { return static_cast<float>(number); });
    objective.gauss_newton_times(at, v, curved);
    std::vector<double> product(at.size());
    for (std::size_t i = 0; i < product.size(); ++i) product[i] = curved[i] + damping * by[i];
    return product;
  };
  const auto left = [&] {
    std::vector<double> r = times(x);
    for (std::size_t i = 0; i < r.size(); ++i) r[i] = -slope[i] - r[i];
    return r;
  };
  const auto product = [](const std::vector<double>& a, const std::vector<double>& b) {
    return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
  };
  std::vector<double> r = left(), d = r, all{std::sqrt(product(r, r))};
  while (all.size() < most) {
    const std::vector<double> ad = times(d);
    const double before = product(r, r), length = before / product(d, ad);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] += length * d[i], r[i] -= length * ad[i];
    const double now = product(r, r);
    for (std::size_t i = 0; i < d.size(); ++i) d[i] = r[i] + now / before * d[i];
    const std::vector<double> there = left();
    all.push_back(std::sqrt(now));
    EXPECT_NEAR(all.back(), std::sqrt(product(there, there)), 1e-3 * all.front());
  }
  return all;
}

TEST(DeepAutoencoder, HessianFreeNeverRaisesTheLossAndItsResidualsAreThoseOfItsSystem) {
  ThreadPool pool(1);
  Autoencoder objective(pool);
  auto x = objective.start();
  const auto hf = make_minimiser<float>({.method = "hf", .damping = 1e-3, .inner = 60}, objective, x);
  double last = objective.value(x);
  for (int step = 0; step < 12; ++step) {
    const std::vector<float> before = x;
    std::vector<double> from = numbers_of(*hf, "last_solution");
    for (double& number : from) number *= 0.95;  // Martens 2010, section 4.5
    const double damping = numbers_of(*hf, "damping").front();
    const MinimiserReport report = hf->step(objective);
    EXPECT_LE(report.value, last);
    EXPECT_LE(objective.value(x), last);
    last = report.value;
    const auto own = residuals(objective, before, damping, from, report.residuals.size());
    for (std::size_t k = 0; k < own.size(); ++k)
      EXPECT_NEAR(report.residuals[k], own[k], 1e-5 * own.front()) << "step " << step << ", inner step " << k;
  }
}

// The value after so much work, an evaluation or a product counting one.
double reach(const std::string& method, std::int64_t work) {
  ThreadPool pool(1);
  Autoencoder objective(pool);
  auto x = objective.start();
  const auto minimiser = make_minimiser<float>({.method = method, .inner = 100}, objective, x);
  MinimiserReport report;
  do report = minimiser->step(objective);
  while (report.calls.evaluations() + report.calls.products < work && report.stopped == Stop::kNone);
  fmt::print("{}: {:.6f} after {} evaluations and {} products, stopped: {}\n", method, report.value,
             report.calls.evaluations(), report.calls.products, name(report.stopped));
  return report.value;
}

TEST(DeepAutoencoder, IsLearnedHessianFreeWhereTheGradientAloneStaysBehind) {
  EXPECT_LT(reach("hf", 1000), 0.9 * reach("gd", 1000));
}

}  // namespace
}  // namespace limn
