// What single methods promise: values that never rise, damping and radii that follow the model, starts that are
// Newton's.
#include <fmt/format.h>

#include "objectives.hpp"

namespace limn {
namespace {

using namespace testing;

// A small network, tanh of two inputs into `hidden` units and one output, on 25 points: a sum of squares whose
// Gauss-Newton products are written out.
class Fit : public Objective<double> {
 public:
  explicit Fit(std::mt19937_64& random) {
    std::uniform_real_distribution<double> uniform(-1, 1);
    for (int i = 0; i < 25; ++i) {
      const double u = uniform(random), v = uniform(random);
      rows_.push_back({u, v, std::sin(2 * u) * v});
    }
  }
  static constexpr std::size_t kHidden = 6;
  std::int64_t dimension() const override { return 4 * kHidden + 1; }
  double value(std::span<const double> x) override {
    double sum = 0;
    for (const Row& row : rows_) sum += std::pow(output(x, row, {}) - row.y, 2);
    return sum;
  }
  double value_and_gradient(std::span<const double> x, std::span<double> g) override {
    std::vector<double> j(x.size());
    for (double& v : g) v = 0;
    double sum = 0;
    for (const Row& row : rows_) {
      const double r = output(x, row, j) - row.y;
      sum += r * r;
      for (std::size_t i = 0; i < x.size(); ++i) g[i] += 2 * r * j[i];
    }
    return sum;
  }
  bool has_gauss_newton() const override { return true; }
  void gauss_newton_times(std::span<const double> x, std::span<const double> v, std::span<double> product) override {
    std::vector<double> j(x.size());
    for (double& p : product) p = 0;
    for (const Row& row : rows_) {
      output(x, row, j);
      double along = 0;
      for (std::size_t i = 0; i < x.size(); ++i) along += j[i] * v[i];
      for (std::size_t i = 0; i < x.size(); ++i) product[i] += 2 * along * j[i];
    }
  }

 private:
  struct Row {
    double u, v, y;
  };
  // `j`: the output's derivative, where it is wanted.
  static double output(std::span<const double> x, const Row& row, std::span<double> j) {
    double sum = x[4 * kHidden];
    if (!j.empty()) j[4 * kHidden] = 1;
    for (std::size_t k = 0; k < kHidden; ++k) {
      const double h = std::tanh(x[4 * k] * row.u + x[4 * k + 1] * row.v + x[4 * k + 2]);
      sum += x[4 * k + 3] * h;
      if (j.empty()) continue;
      const double back = x[4 * k + 3] * (1 - h * h);
      j[4 * k] = back * row.u, j[4 * k + 1] = back * row.v, j[4 * k + 2] = back, j[4 * k + 3] = h;
    }
    return sum;
  }
  std::vector<Row> rows_;
};

TEST(LeastSquares, HessianFreeAndMarquardtNeverRiseAndFitASmallNetwork) {
  std::mt19937_64 random(drawn_seed());
  std::normal_distribution<double> normal;
  for (int round = 0; round < 5; ++round)
    for (const char* method : {"hf", "lm"}) {
      SCOPED_TRACE(fmt::format("{} round {}", method, round));
      Fit objective(random);
      std::vector<double> x(static_cast<std::size_t>(objective.dimension()));
      for (double& v : x) v = normal(random);
      const double first = objective.value(x);
      double value = first;
      auto minimiser = make_minimiser<double>({.method = method}, objective, x);
      for (int step = 0; step < 150; ++step) {
        const MinimiserReport report = minimiser->step(objective);
        EXPECT_LE(report.value, value + (std::string(method) == "lm" ? 1e-13 * value : 0));
        EXPECT_EQ(report.value, objective.value(x));
        if (report.accepted && report.stopped == Stop::kNone) {
          EXPECT_GT(report.damping, 0);
        }
        value = report.value;
        if (report.stopped != Stop::kNone) {
          EXPECT_NE(report.stopped, Stop::kLineSearch);
          break;
        }
      }
      EXPECT_LT(value, 1e-2 * first);
    }
}

TEST(LeastSquares, HessianFreeReportsFallingResidualsOfTheInnerIterations) {
  Rosenbrock<double> objective(20, 2);
  std::vector<double> x(20);
  for (std::size_t i = 0; i < 20; ++i) x[i] = i % 2 ? 1 : -1.2;
  auto hf = make_minimiser<double>({.method = "hf"}, objective, x);
  const MinimiserReport report = run(*hf, objective);
  EXPECT_TRUE(report.stopped == Stop::kGradient || report.stopped == Stop::kDecrease) << name(report.stopped);
  for (const double v : x) EXPECT_NEAR(v, 1, 1e-5);
}

TEST(Newton, TheFirstStepIsNewtonsOwnWhereTheHessianIsPositive) {
  Rosenbrock<double> objective(2);
  std::vector<double> x = {-1.2, 1};  // the Hessian there has the eigenvalues 23.6 and 1506
  auto newton = make_minimiser<double>({.method = "newton"}, objective, x);
  const MinimiserReport report = newton->step(objective);
  EXPECT_NEAR(x[0], -1.1752809, 1e-6);
  EXPECT_NEAR(x[1], 1.3806742, 1e-6);
  EXPECT_EQ(report.step, 1);
  EXPECT_EQ(report.trials.size(), 1u);
}

TEST(Newton, ARejectedStepLeavesThePointAndShrinksTheRadius) {
  Rosenbrock<double> objective(6);
  std::vector<double> x = {-3, 5, 2, -4, 3, 3};
  auto newton = make_minimiser<double>({.method = "newton", .radius = 50}, objective, x);
  int rejected = 0;
  double radius = 50, value = objective.value(x);
  for (int step = 0; step < 100; ++step) {
    const std::vector<double> before = x;
    const MinimiserReport report = newton->step(objective);
    EXPECT_LE(report.step_norm, radius * (1 + 1e-9));
    EXPECT_LE(report.value, value * (1 + 1e-13));
    if (!report.accepted) {
      ++rejected;
      EXPECT_EQ(x, before);
      EXPECT_LT(report.radius, radius);
    }
    radius = report.radius, value = report.value;
    if (report.stopped != Stop::kNone) break;
  }
  EXPECT_GT(rejected, 0);
  EXPECT_NEAR(value, 0, 4);
}

TEST(Quasi, FloatReachesTheMinimumToItsOwnRounding) {
  for (const Method& method : methods()) {
    if (method.name == "gd" || method.name == "cg") continue;
    SCOPED_TRACE(method.name);
    Rosenbrock<float> objective(2);
    std::vector<float> x = {-1.2F, 1};
    MinimiserOptions options{.method = std::string(method.name), .stop = {.gradient_tolerance = 1e-3}};
    auto minimiser = make_minimiser<float>(options, objective, x);
    const MinimiserReport report = run(*minimiser, objective, 1000);
    EXPECT_LT(report.value, 1e-5) << name(report.stopped);
  }
}

}  // namespace
}  // namespace limn
