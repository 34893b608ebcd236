// The zoo against its functions written out in C++, and its minima against gradient and Hessian.
#include "formula/zoo.hpp"

#include <gtest/gtest.h>

#include <set>

#include "base/random.hpp"
#include "formula/checks.hpp"
#include "formula/zoo_reference.hpp"

namespace limn {
namespace {

using testing::Numbers;

// Eigenvalues of a symmetric matrix by Jacobi's rotations.
Numbers eigenvalues(Numbers a, std::size_t n) {
  for (int sweep = 0; sweep < 60; ++sweep)
    for (std::size_t p = 0; p < n; ++p)
      for (std::size_t q = p + 1; q < n; ++q) {
        if (a[p * n + q] == 0) continue;
        const double angle = 0.5 * std::atan2(2 * a[p * n + q], a[q * n + q] - a[p * n + p]);
        const double c = std::cos(angle), s = std::sin(angle);
        for (std::size_t k = 0; k < n; ++k) {
          const double x = a[k * n + p], y = a[k * n + q];
          a[k * n + p] = c * x - s * y, a[k * n + q] = s * x + c * y;
        }
        for (std::size_t k = 0; k < n; ++k) {
          const double x = a[p * n + k], y = a[q * n + k];
          a[p * n + k] = c * x - s * y, a[q * n + k] = s * x + c * y;
        }
      }
  Numbers values;
  for (std::size_t i = 0; i < n; ++i) values.push_back(a[i * n + i]);
  std::ranges::sort(values);
  return values;
}

TEST(Zoo, HasTheValuesGradientsAndHessiansOfItsFunctions) {
  const std::uint64_t seed = testing::drawn_seed();
  Random random(seed, "zoo");
  const auto reference = testing::zoo_reference();
  for (const Problem& problem : problems()) {
    SCOPED_TRACE(fmt::format("{} with seed {}", problem.name, seed));
    ASSERT_TRUE(reference.contains(problem.name));
    const auto& meaning = reference.at(problem.name);
    FunctionObjective objective(graph_of(problem));
    const std::size_t n = problem.start.size();
    ASSERT_EQ(objective.dimension(), static_cast<std::int64_t>(n));
    for (int point = 0; point < 6; ++point) {
      Numbers x = problem.start, gradient(n), exact(n), hessian(n * n);
      for (double& v : x) v += point == 0 ? 0 : 0.2 * random.normal() * std::max(std::abs(v), 0.1);
      std::vector<testing::C> z(x.begin(), x.end());
      const double expected = meaning(z).real();
      for (std::size_t i = 0; i < n; ++i) {
        z[i] = {x[i], 1e-30};
        exact[i] = meaning(z).imag() / 1e-30;
        z[i] = x[i];
      }
      EXPECT_NEAR(objective.value_and_gradient(x, gradient), expected, 1e-12 * std::max(std::abs(expected), 1.0));
      for (std::size_t i = 0; i < n; ++i)
        EXPECT_NEAR(gradient[i], exact[i], 1e-11 * std::max(testing::largest(exact), 1.0));
      if (n > 10) continue;
      objective.hessian(x, hessian);
      const double size = std::max(testing::largest(hessian), 1.0);
      for (std::size_t i = 0; i < n; ++i) {
        Numbers unit(n, 0), column(n);
        unit[i] = 1;
        objective.hessian_times(x, unit, column);
        // The exact slope of differences of exact gradients.
        const Numbers row = testing::differences(
            [&](std::span<const double> at) {
              std::vector<testing::C> w(at.begin(), at.end());
              w[i] = {at[i], 1e-30};
              return meaning(w).imag() / 1e-30;
            },
            x, 1e-4);
        for (std::size_t j = 0; j < n; ++j) {
          EXPECT_EQ(hessian[i * n + j], hessian[j * n + i]);
          EXPECT_NEAR(hessian[i * n + j], column[j], 1e-12 * size);
          EXPECT_NEAR(hessian[i * n + j], row[j], 1e-6 * std::max(size, testing::largest(exact)));
        }
      }
    }
  }
}

TEST(Zoo, ListsMinimaWhereTheGradientVanishesAndTheHessianIsNotNegative) {
  std::vector<Problem> list(problems().begin(), problems().end());
  for (const char* name :
       {"penalty1-4", "penalty2-4", "watson12", "variably-dim20", "ext-rosenbrock-6", "trigonometric5"})
    list.push_back(find_problem(name));
  const auto smaller = [](const char* name, std::int64_t n) { return find_problem(fmt::format("{}{}", name, n)); };
  for (Problem& problem : list) {  // the same minima in fewer dimensions: eigenvalues of 100 take long
    if (problem.name == "ext-rosenbrock100") problem = smaller("ext-rosenbrock", 10);
    if (problem.name == "ext-powell-sing100") problem = smaller("ext-powell-sing", 8);
  }
  int confirmed = 0;
  for (const Problem& problem : list) {
    FunctionObjective objective(graph_of(problem));
    const std::size_t n = problem.start.size();
    for (const Minimum& minimum : problem.minima) {
      SCOPED_TRACE(fmt::format("{}: {}", problem.name, minimum.value));
      if (minimum.x.empty()) continue;
      ASSERT_EQ(minimum.x.size(), n);
      Numbers gradient(n), hessian(n * n);
      const double value = objective.value_and_gradient(minimum.x, gradient);
      EXPECT_NEAR(value, minimum.value, 1e-11 * std::abs(minimum.value) + 2e-15);
      EXPECT_NE(reached(problem, value), nullptr);
      if (problem.name == "ackley") continue;  // a kink: there is no gradient
      objective.hessian(minimum.x, hessian);
      const Numbers curvature = eigenvalues(hessian, n);
      EXPECT_GE(curvature.front(), -1e-13 * curvature.back());
      EXPECT_LE(testing::largest(gradient),
                1e-14 * std::max(1.0, curvature.back() * std::max(1.0, testing::largest(minimum.x))));
      ++confirmed;
    }
  }
  EXPECT_GT(confirmed, 60);
}

TEST(Zoo, HasNoListedMinimumBelowTheGlobalOne) {
  for (const Problem& problem : problems()) {
    SCOPED_TRACE(problem.name);
    ASSERT_FALSE(problem.minima.empty());
    EXPECT_TRUE(problem.minima[0].global);
    for (const Minimum& minimum : problem.minima)
      EXPECT_TRUE(minimum.global || minimum.value > problem.minima[0].value);
  }
}

TEST(Zoo, HasEachNameOnceAndAWindowForEveryLandscape) {
  std::set<std::string> names;
  std::size_t classical = 0;
  for (const Problem& problem : problems()) {
    EXPECT_TRUE(names.insert(problem.name).second) << problem.name;
    EXPECT_EQ(find_problem(problem.name).formula, problem.formula);
    EXPECT_EQ(problem.family == "noisy", problem.noise > 0) << problem.name;
    classical += problem.family == "classical";
    if (problem.family != "landscape") continue;
    EXPECT_LT(problem.window[0], problem.window[1]) << problem.name;
    EXPECT_LT(problem.window[2], problem.window[3]) << problem.name;
  }
  EXPECT_EQ(classical, 31U);
}

TEST(Zoo, MakesProblemsOfOtherDimensions) {
  const Problem many = find_problem("ext-rosenbrock-1000");
  EXPECT_EQ(many.name, "ext-rosenbrock1000");
  EXPECT_EQ(many.start.size(), 1000U);
  EXPECT_EQ(find_problem("penalty1-20").start.size(), 20U);
  EXPECT_THROW(find_problem("ext-rosenbrock7"), Error);
  EXPECT_THROW(find_problem("watson1"), Error);
  EXPECT_THROW(find_problem("ext-rosenbrock99999999999999"), Error);
  try {
    find_problem("rosenbrok");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(error.hint().find("rosenbrock"), std::string::npos) << error.hint();
  }
}

TEST(Zoo, KnowsWhichMinimumWasReached) {
  const Problem problem = find_problem("freudenstein-roth");
  EXPECT_EQ(reached(problem, 1e-9), &problem.minima[0]);
  EXPECT_EQ(reached(problem, 48.98425), &problem.minima[1]);
  EXPECT_EQ(reached(problem, 40), nullptr);
  EXPECT_EQ(reached(problem, NAN), nullptr);
  EXPECT_NE(reached(find_problem("watson9"), 1.405e-6), nullptr);
  EXPECT_EQ(reached(find_problem("watson9"), 1.5e-6), nullptr);
}

TEST(Quadratics, HaveTheEigenvaluesThatWereAskedFor) {
  const std::uint64_t seed = testing::drawn_seed();
  for (const std::size_t n : {1, 2, 7}) {
    SCOPED_TRACE(fmt::format("{} with seed {}", n, seed));
    FunctionObjective objective(quadratic(static_cast<std::int64_t>(n), 1000, seed));
    EXPECT_TRUE(objective.is_quadratic());
    Numbers hessian(n * n);
    objective.hessian(Numbers(n, 0.5), hessian);
    const Numbers found = eigenvalues(hessian, n);
    for (std::size_t i = 0; i < n; ++i)
      EXPECT_NEAR(found[i], std::pow(1000, n == 1 ? 1 : static_cast<double>(i) / static_cast<double>(n - 1)), 1e-10);
    EXPECT_TRUE(n == 1 || hessian[1] != 0) << "the axes are turned";
  }
}

}  // namespace
}  // namespace limn
