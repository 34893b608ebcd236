// Hessian-free optimisation of a small deep autoencoder, the problem it was made for: Martens 2010, "Deep learning via
// Hessian-free optimization". The network is built here, as graph; no experiment has rows as their own targets.
#include <gtest/gtest.h>

#include <cmath>

#include "autodiff/autodiff.hpp"
#include "base/random.hpp"
#include "exec/executable.hpp"
#include "nn/architecture.hpp"
#include "optim/minimiser.hpp"

namespace limn {
namespace {

constexpr std::int64_t kRows = 256, kPoints = 20;

// Rows of one bump each, of a place and a width that are drawn: two numbers say all of a row.
std::vector<float> bumps() {
  Random random(6, "bumps");
  std::vector<float> rows;
  for (std::int64_t i = 0; i < kRows; ++i) {
    const double place = random.uniform(), width = 0.05 + 0.15 * random.uniform();
    for (std::int64_t k = 0; k < kPoints; ++k) {
      const double off = (static_cast<double>(k) / (kPoints - 1) - place) / width;
      rows.push_back(static_cast<float>(std::exp(-off * off / 2)));
    }
  }
  return rows;
}

// The mean squared error of the rows behind a code of two numbers, and 1e-5 / 2 |theta|^2.
class Autoencoder : public Objective<float> {
 public:
  explicit Autoencoder(ThreadPool& pool)
      : pool_(pool),
        network_("dense 16 tanh | dense 8 tanh | dense 2 | dense 8 tanh | dense 16 tanh | dense 20", kPoints),
        rows_(bumps()),
        theta_(static_cast<std::size_t>(dimension())),
        v_(theta_.size()) {
    const auto make = [&](bool curved) {
      const Fn fn = trace([&](Fn& f) {
        const Value x = input(f.graph, "x", {kRows, kPoints}), theta = input(f.graph, "theta", {dimension()});
        const Value y = network_.build(x, theta, {}, true).output;
        const Value loss = mean((y - x) * (y - x)) + 0.5e-5 * sum(theta * theta);
        if (!curved) f.output("loss", loss), f.output("gradient", grad(loss, theta));
        if (!curved) return;
        const Value v = input(f.graph, "v", {dimension()});
        f.output("product", ggn(mean((y - x) * (y - x)), y, theta, v) + 1e-5 * v);
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

struct Reached {
  double value;
  Calls calls;
};

// The value after so much work, an evaluation or a product counting one.
Reached reach(const std::string& method, std::int64_t work) {
  ThreadPool pool(1);
  Autoencoder objective(pool);
  auto x = objective.start();
  MinimiserOptions options;
  options.method = method, options.inner = 100;
  const auto minimiser = make_minimiser<float>(options, objective, x);
  MinimiserReport report;
  do report = minimiser->step(objective);
  while (report.calls.evaluations() + report.calls.products < work && report.stopped == Stop::kNone);
  fmt::print("{}: {:.6f} after {} evaluations and {} products, stopped: {}\n", method, report.value,
             report.calls.evaluations(), report.calls.products, name(report.stopped));
  return {report.value, report.calls};
}

TEST(DeepAutoencoder, IsLearnedHessianFreeWhereTheGradientAloneStaysBehind) {
  const Reached hf = reach("hf", 4000), gd = reach("gd", 4000);
  EXPECT_LT(hf.value, 0.4 * gd.value);
  EXPECT_LT(hf.value, 0.002);
}

}  // namespace
}  // namespace limn
