// Functions as objectives: the same bits in whatever order they are asked, many points at once, what is quadratic.
#include "formula/function.hpp"

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "formula/checks.hpp"
#include "formula/zoo.hpp"

namespace limn {
namespace {

using testing::Numbers;

TEST(FunctionObjectives, GiveManyValuesWithTheBitsOfSingleOnes) {
  const std::uint64_t seed = testing::drawn_seed();
  Random random(seed, "grid");
  for (const Problem& problem : problems()) {
    if (problem.start.size() > 10) continue;
    SCOPED_TRACE(fmt::format("{} with seed {}", problem.name, seed));
    FunctionObjective objective(graph_of(problem));
    const std::size_t n = problem.start.size();
    for (const std::size_t count : {1, 63, 64, 100}) {
      Numbers points, values(count);
      for (std::size_t i = 0; i < count * n; ++i) points.push_back(problem.start[i % n] + random.normal());
      objective.values(points, values);
      for (std::size_t i = 0; i < count; ++i) {
        const double single = objective.value(std::span(points).subspan(i * n, n));
        EXPECT_TRUE(values[i] == single || (std::isnan(values[i]) && std::isnan(single)));
      }
    }
  }
}

TEST(FunctionObjectives, ForgetNothingAndKeepNothing) {
  FunctionObjective objective(graph_of(find_problem("wood"))), fresh(graph_of(find_problem("wood")));
  const Numbers a{1, 2, 3, 4}, b{-1, 0, 0.5, 2}, v{1, 0, -1, 2};
  Numbers product(4), again(4), gradient(4), other(4);
  objective.hessian_times(a, v, product);
  objective.value(b), objective.gauss_newton_times(b, v, again);
  objective.hessian_times(b, v, again);
  fresh.hessian_times(b, v, other);
  EXPECT_EQ(again, other);
  objective.hessian_times(a, v, again);
  EXPECT_EQ(again, product);
  EXPECT_EQ(objective.value_and_gradient(a, gradient), fresh.value_and_gradient(a, other));
  EXPECT_EQ(gradient, other);
}

TEST(FunctionObjectives, AreNotFiniteWhereTheFunctionIsNot) {
  FunctionObjective objective(parse_formula("log(x) + 1/y").graph);
  EXPECT_TRUE(std::isnan(objective.value(Numbers{-1, 1})));
  EXPECT_EQ(objective.value(Numbers{1, 0}), INFINITY);
  EXPECT_EQ(objective.value(Numbers{1, 2}), 0.5);
}

TEST(FunctionObjectives, KnowWhetherTheyAreQuadratic) {
  const std::pair<const char*, bool> table[] = {
      {"x^2 + 3*x*y - y^2/2 + x", true},
      {"(x + 2*y - 7)^2 + (2*x + y - 5)^2", true},
      {"sum(i=1..5, i*(x[i] - 1)^2)", true},
      {"sum(i=1..3, sum(j=1..3, x[i]*x[j]/(i + j - 1)))", true},
      {"3*x - 1", true},
      {"x^3", false},
      {"x^2 + sin(y)", false},
      {"abs(x)", false},
      {"relu(x)^2", false},
      {"where(x < 1, x, 2*x - 1)", false},
      {"floor(x)*y", false},
      {"x/y", false},
  };
  for (const auto& [formula, quadratic] : table)
    EXPECT_EQ(FunctionObjective(parse_formula(formula).graph).is_quadratic(), quadratic) << formula;
}

}  // namespace
}  // namespace limn
