// What theory promises on convex quadratics, which have closed forms.
#include <fmt/format.h>

#include <numeric>

#include "objectives.hpp"

namespace limn {
namespace {

using namespace testing;

std::vector<double> spread(std::size_t n, double condition) {  // evenly in the logarithm
  std::vector<double> list(n);
  for (std::size_t i = 0; i < n; ++i)
    list[i] = std::pow(condition, n > 1 ? static_cast<double>(i) / static_cast<double>(n - 1) : 1.0);
  return list;
}

std::vector<double> drawn(std::size_t n, std::mt19937_64& random) {
  std::normal_distribution<double> normal;
  std::vector<double> list(n);
  for (double& v : list) v = normal(random);
  return list;
}

double length(std::span<const double> v) { return std::sqrt(std::inner_product(v.begin(), v.end(), v.begin(), 0.0)); }

TEST(Quadratics, ConjugateGradientsNeedNoMoreStepsThanTheBound) {
  std::mt19937_64 random(drawn_seed());
  for (const auto& [n, condition] : std::vector<std::pair<std::size_t, double>>{{1, 1},
                                                                                {2, 1e3},
                                                                                {10, 1e2},
                                                                                {10, 1e10},
                                                                                {60, 1e4},
                                                                                {60, 1e10},
                                                                                {300, 1e2},
                                                                                {300, 1e6},
                                                                                {300, 1e10},
                                                                                {1000, 1e10}}) {
    SCOPED_TRACE(fmt::format("n {} condition {}", n, condition));
    Quadratic<double> objective(spread(n, condition), drawn(n, random), random);
    std::vector<double> x(n, 0.0), gradient(n);
    const double eps = 1e-8;
    const double bound = std::min(static_cast<double>(n) + 5, 0.5 * std::sqrt(condition) * std::log(2 / eps) + 10);
    auto cg = make_minimiser<double>({.method = "cg", .stop = {.gradient_tolerance = 0}}, objective, x);
    double value = 0;
    for (int step = 0; step < static_cast<int>(bound); ++step) {
      const MinimiserReport report = cg->step(objective);
      EXPECT_LE(report.value, value + 1e-12 * std::fabs(value)) << "a step of cg does not raise the value";
      value = report.value;
      objective.value_and_gradient(x, gradient);
      if (length(gradient) <= eps * length(objective.b())) break;
    }
    EXPECT_LE(length(gradient), eps * length(objective.b()));
  }
}

TEST(Quadratics, NewtonIsThereInOneStep) {
  std::mt19937_64 random(drawn_seed());
  for (const double condition : {1.0, 1e3, 1e10})
    for (const std::size_t n : {1, 7, 120}) {
      SCOPED_TRACE(fmt::format("n {} condition {}", n, condition));
      Quadratic<double> objective(spread(n, condition), drawn(n, random), random);
      std::vector<double> x(n, 0.0), gradient(n);
      auto newton = make_minimiser<double>({.method = "newton"}, objective, x);
      const MinimiserReport report = newton->step(objective);
      EXPECT_TRUE(report.accepted);
      objective.value_and_gradient(x, gradient);
      EXPECT_LE(length(gradient), 1e-13 * static_cast<double>(n) * length(objective.b()));
    }
}

TEST(Quadratics, BfgsWithExactStepsKnowsTheInverseAfterNSteps) {
  std::mt19937_64 random(drawn_seed());
  for (const std::size_t n : {2, 5, 12}) {
    SCOPED_TRACE(n);
    Quadratic<double> objective(spread(n, 20), drawn(n, random), random);
    std::vector<double> x(n, 0.0);
    auto bfgs = make_minimiser<double>(
        {.method = "bfgs", .search = {.kind = Search::kExact}, .stop = {.gradient_tolerance = 0}}, objective, x);
    for (std::size_t i = 0; i < n; ++i) bfgs->step(objective);
    std::span<const double> h;
    for (const auto& view : bfgs->state())
      if (view.name == "inverse_hessian") h = view.numbers;
    ASSERT_EQ(h.size(), n * n);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j) {
        double sum = 0;
        for (std::size_t k = 0; k < n; ++k) sum += h[i * n + k] * objective.matrix()[k * n + j];
        EXPECT_NEAR(sum, i == j ? 1 : 0, 1e-6);
      }
  }
}

TEST(Quadratics, EveryMethodFindsTheMinimum) {
  std::mt19937_64 random(drawn_seed());
  for (const Method& method : methods()) {
    SCOPED_TRACE(method.name);
    const std::vector<double> minimum = drawn(8, random);
    Quadratic<double> objective(spread(8, 50), minimum, random);
    std::vector<double> x(8, 0.0);
    auto minimiser = make_minimiser<double>({.method = std::string(method.name)}, objective, x);
    const MinimiserReport report = run(*minimiser, objective);
    // hf asks for values that fall, and these end at the root of the rounding.
    const bool by_values = method.name == "hf" && report.stopped == Stop::kDecrease;
    EXPECT_TRUE(report.stopped == Stop::kGradient || by_values) << name(report.stopped);
    for (std::size_t i = 0; i < 8; ++i) EXPECT_NEAR(x[i], minimum[i], by_values ? 1e-6 : 1e-7);
  }
}

}  // namespace
}  // namespace limn
