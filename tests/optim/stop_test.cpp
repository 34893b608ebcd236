// Why a minimiser stops, and that it says so truly.
#include <fmt/format.h>

#include "base/error.hpp"
#include "objectives.hpp"

namespace limn {
namespace {

using namespace testing;

// (x^2 - 1)^2 / 4 + y^2: a saddle at 0.
Given valley_pair() {
  Given f;
  f.n = 2;
  f.both = [](auto x, auto g) {
    g[0] = x[0] * (x[0] * x[0] - 1);
    g[1] = 2 * x[1];
    return std::pow(x[0] * x[0] - 1, 2) / 4 + x[1] * x[1];
  };
  f.matrix = [](auto x, auto h) { h[0] = 3 * x[0] * x[0] - 1, h[1] = h[2] = 0, h[3] = 2; };
  return f;
}

TEST(Stops, NewtonMethodsDoNotTakeASaddleForAMinimum) {
  for (const char* method : {"newton", "newton-ls", "newton-cg"})
    for (const std::vector<double>& start : {std::vector<double>{0, 0}, {0, 3}}) {
      SCOPED_TRACE(fmt::format("{} from {}", method, start[1]));
      Given objective = valley_pair();
      std::vector<double> x = start;
      auto minimiser = make_minimiser<double>({.method = method}, objective, x);
      const MinimiserReport report = run(*minimiser, objective, 200);
      if (std::string(method) == "newton") {
        EXPECT_EQ(report.stopped, Stop::kGradient);
        EXPECT_NEAR(std::fabs(x[0]), 1, 1e-8);
      } else if (report.stopped == Stop::kGradient) {
        EXPECT_NEAR(std::fabs(x[0]), 1, 1e-8);
      } else {
        EXPECT_EQ(report.stopped, Stop::kSaddle);
      }
    }
}

TEST(Stops, GradientIsSaidOnlyWhereTheTestHolds) {
  std::mt19937_64 random(drawn_seed());
  std::normal_distribution<double> normal;
  for (const Method& method : methods())
    for (int round = 0; round < 8; ++round) {
      SCOPED_TRACE(fmt::format("{} round {}", method.name, round));
      Rosenbrock<double> objective(4);
      std::vector<double> x(4), g(4);
      for (double& v : x) v = 3 * normal(random);
      MinimiserOptions options{.method = std::string(method.name), .stop = {.evaluations = 3000}};
      auto minimiser = make_minimiser<double>(options, objective, x);
      const MinimiserReport report = run(*minimiser, objective);
      const double value = objective.value_and_gradient(x, g);
      EXPECT_EQ(report.value, value);
      double largest = 0;
      for (const double v : g) largest = std::max(largest, std::fabs(v));
      EXPECT_EQ(report.gradient_norm, largest);
      if (report.stopped == Stop::kGradient) {
        EXPECT_LE(largest, 1e-8);
      }
      EXPECT_TRUE(report.stopped == Stop::kGradient || method.name == "gd" || method.name == "cg" ||
                  method.name == "hf" || method.name == "lm")
          << name(report.stopped) << " value " << report.value << " gradient " << report.gradient_norm;
      if (report.stopped == Stop::kEvaluations) {
        EXPECT_GE(report.calls.evaluations(), 3000);
      }
    }
}

TEST(Stops, AStartAtTheMinimumIsSaidAtOnceAndNothingIsMoved) {
  for (const Method& method : methods()) {
    SCOPED_TRACE(method.name);
    Rosenbrock<double> objective(3);
    std::vector<double> x = {1, 1, 1};
    auto minimiser = make_minimiser<double>({.method = std::string(method.name)}, objective, x);
    const MinimiserReport report = minimiser->step(objective);
    EXPECT_EQ(report.stopped, Stop::kGradient);
    EXPECT_EQ(report.iteration, 0);
    EXPECT_EQ(x, (std::vector<double>{1, 1, 1}));
  }
}

TEST(Stops, NothingFiniteAtTheStartIsSaid) {
  Given objective;
  objective.both = [](auto, auto g) { return g[0] = std::nan(""); };
  std::vector<double> x = {1};
  for (const char* method : {"gd", "cg", "bfgs", "lbfgs"}) {
    auto minimiser = make_minimiser<double>({.method = method}, objective, x);
    EXPECT_EQ(minimiser->step(objective).stopped, Stop::kNotFinite) << method;
  }
}

// x - log x is not finite where x <= 0, and its minimum is 1.
TEST(Stops, TrialsThatAreNotFiniteAreSteppedBackFrom) {
  Given objective;
  objective.both = [](auto x, auto g) {
    g[0] = 1 - 1 / x[0];
    return x[0] - std::log(x[0]);
  };
  objective.matrix = [](auto x, auto h) { h[0] = 1 / (x[0] * x[0]); };
  for (const Method& method : methods()) {
    if (method.wants_gauss_newton) continue;
    for (const double start : {1e-3, 0.1, 3.0, 500.0}) {
      SCOPED_TRACE(fmt::format("{} from {}", method.name, start));
      std::vector<double> x = {start};
      auto minimiser = make_minimiser<double>({.method = std::string(method.name)}, objective, x);
      EXPECT_EQ(run(*minimiser, objective).stopped, Stop::kGradient);
      EXPECT_NEAR(x[0], 1, 1e-7);
    }
  }
}

// The value is huge beside what the steps gain: rounding leaves nothing, and nothing else is claimed.
TEST(Stops, NothingLeftToGainIsSaid) {
  for (const char* method : {"gd", "cg", "bfgs", "lbfgs"}) {
    SCOPED_TRACE(method);
    Given objective;
    objective.n = 2;
    objective.both = [](auto x, auto g) {
      g[0] = 2 * (x[0] - 1) + 1e-3 * (x[1] > 0.5 ? 1 : -1), g[1] = 2 * (x[1] - 2);
      return 1e8 + std::pow(x[0] - 1, 2) + std::pow(x[1] - 2, 2);
    };
    std::vector<double> x = {0, 0};
    auto minimiser = make_minimiser<double>({.method = method}, objective, x);
    const MinimiserReport report = run(*minimiser, objective, 1000);
    EXPECT_TRUE(report.stopped == Stop::kDecrease || report.stopped == Stop::kStep ||
                (report.stopped == Stop::kGradient && report.gradient_norm <= 1e-8))
        << name(report.stopped);
  }
}

TEST(Stops, ASlopeThatLiesIsALineSearchThatFailed) {
  Given objective;
  objective.both = [](auto x, auto g) {
    g[0] = -1;
    return x[0];
  };
  for (const char* method : {"gd", "cg", "bfgs", "lbfgs"}) {
    std::vector<double> x = {1};
    auto minimiser = make_minimiser<double>({.method = method, .search = {.most_trials = 12}}, objective, x);
    const MinimiserReport report = minimiser->step(objective);
    EXPECT_EQ(report.stopped, Stop::kLineSearch) << method;
    EXPECT_FALSE(report.accepted);
    EXPECT_EQ(x[0], 1);
  }
}

TEST(Stops, LimitsAreKept) {
  Rosenbrock<double> objective(2);
  std::vector<double> x = {-1.2, 1};
  auto minimiser = make_minimiser<double>({.method = "bfgs", .stop = {.iterations = 7}}, objective, x);
  const MinimiserReport report = run(*minimiser, objective);
  EXPECT_EQ(report.stopped, Stop::kIterations);
  EXPECT_EQ(report.iteration, 7);
}

TEST(Options, WhatIsWrongIsAnErrorWithAHint) {
  Rosenbrock<double> objective(2);
  Given bare;
  bare.both = [](auto x, auto) { return x[0]; };
  std::vector<double> x = {1, 1}, one = {1};
  const std::vector<MinimiserOptions> wrong = {
      {.method = "bgfs"},
      {.method = "cg", .beta = "pr"},
      {.search = {.kind = Search::kExact}},
      {.search = {.kind = Search::kFixed}},
      {.search = {.c1 = 0.6}},
      {.search = {.c2 = 1.5}},
      {.search = {.c1 = 0.3, .c2 = 0.2}},
      {.search = {.most_trials = 0}},
      {.lr = -1},
      {.memory = 0},
      {.inner = 0},
  };
  for (const auto& options : wrong) EXPECT_THROW(make_minimiser<double>(options, objective, x), Error);
  for (const char* method : {"newton", "newton-ls", "newton-cg", "hf", "lm"})
    EXPECT_THROW(make_minimiser<double>({.method = method}, bare, one), Error) << method;
}

}  // namespace
}  // namespace limn
