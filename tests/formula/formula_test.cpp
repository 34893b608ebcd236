// Formulas against the same functions in C++, their derivatives against central differences.
#include "formula/formula.hpp"

#include <gtest/gtest.h>

#include <numbers>

#include "base/random.hpp"
#include "formula/checks.hpp"

namespace limn {
namespace {

using std::numbers::pi;
using testing::Numbers;
using X = std::span<const double>;

struct Case {
  std::string formula;
  std::vector<std::string> variables;
  testing::Function meaning;
  double low = -2, high = 2;  // of the components
  Constants constants = {};
  std::int64_t dimension = 0;
  bool kinked = false;  // no derivatives everywhere: they are not compared
  double step = 1e-3;   // of central differences
};

double sq(double v) { return v * v; }
const Constants kLists{{"y", {1, -2, 0.5}}, {"u", {3, 1, 2}}, {"k", {7}}};

std::vector<Case> cases() {
  return {
      // signs and their order
      {"x + 2", {"x"}, [](X x) { return x[0] + 2; }},
      {"x - 2 - 3", {"x"}, [](X x) { return x[0] - 2 - 3; }},
      {"x/2/4", {"x"}, [](X x) { return x[0] / 8; }},
      {"8/x*2", {"x"}, [](X x) { return 8 / x[0] * 2; }, 0.5, 2},
      {"2^3^x", {"x"}, [](X x) { return std::pow(2, std::pow(3, x[0])); }, -1, 1},
      {"-x^2", {"x"}, [](X x) { return -x[0] * x[0]; }},
      {"(-x)^2", {"x"}, [](X x) { return x[0] * x[0]; }},
      {"2^-x", {"x"}, [](X x) { return std::pow(2, -x[0]); }},
      {"x - -x", {"x"}, [](X x) { return 2 * x[0]; }},
      {"+x*-3", {"x"}, [](X x) { return -3 * x[0]; }},
      {"-(x + 1)*2", {"x"}, [](X x) { return -2 * x[0] - 2; }},
      {"1e-3*x + 2.5E2 + .5 + 3.", {"x"}, [](X x) { return 1e-3 * x[0] + 253.5; }},
      {"pi*x + e", {"x"}, [](X x) { return pi * x[0] + std::numbers::e; }},
      // powers
      {"x^3", {"x"}, [](X x) { return x[0] * x[0] * x[0]; }},
      {"x^7 - x^0", {"x"}, [](X x) { return std::pow(x[0], 7) - 1; }},
      {"x^-2", {"x"}, [](X x) { return 1 / sq(x[0]); }, 0.5, 2},
      {"x^(-3)", {"x"}, [](X x) { return std::pow(x[0], -3); }, -2, -0.5},
      {"x^0.5", {"x"}, [](X x) { return std::sqrt(x[0]); }, 0.5, 2},
      {"x^1.7", {"x"}, [](X x) { return std::pow(x[0], 1.7); }, 0.5, 2},
      {"x^y", {"x", "y"}, [](X x) { return std::pow(x[0], x[1]); }, 0.5, 2},
      {"x**2", {"x"}, [](X x) { return sq(x[0]); }},
      {"e^x", {"x"}, [](X x) { return std::exp(x[0]); }},
      {"x^70", {"x"}, [](X x) { return std::pow(x[0], 70); }, 0.8, 1.2, {}, 0, false, 1e-4},
      // products without a sign
      {"2x", {"x"}, [](X x) { return 2 * x[0]; }},
      {"3(x+1)", {"x"}, [](X x) { return 3 * (x[0] + 1); }},
      {"(x+1)(y-1)", {"x", "y"}, [](X x) { return (x[0] + 1) * (x[1] - 1); }},
      {"2 sin(x)cos(x)", {"x"}, [](X x) { return std::sin(2 * x[0]); }},
      {"2|x - 9|", {"x"}, [](X x) { return 2 * (9 - x[0]); }},
      {"x^2 (y+1)", {"x", "y"}, [](X x) { return sq(x[0]) * (x[1] + 1); }},
      // signs of documents
      {"x² − 2·x + 3×y³ ÷ 4", {"x", "y"}, [](X x) { return sq(x[0]) - 2 * x[0] + 3 * std::pow(x[1], 3) / 4; }},
      {"sin(π*θ)", {"θ"}, [](X x) { return std::sin(pi * x[0]); }},
      // functions
      {"exp(x) + log(y) + ln(y)", {"x", "y"}, [](X x) { return std::exp(x[0]) + 2 * std::log(x[1]); }, 0.5, 2},
      {"log2(x) + log10(x)", {"x"}, [](X x) { return std::log2(x[0]) + std::log10(x[0]); }, 0.5, 2},
      {"log1p(x) - expm1(x)", {"x"}, [](X x) { return std::log1p(x[0]) - std::expm1(x[0]); }, -0.5, 2},
      {"sqrt(x)", {"x"}, [](X x) { return std::sqrt(x[0]); }, 0.5, 2},
      {"sin(x)*cos(x) + tan(x)", {"x"}, [](X x) { return std::sin(x[0]) * std::cos(x[0]) + std::tan(x[0]); }, -1, 1},
      {"asin(x) + 2*acos(x)", {"x"}, [](X x) { return std::asin(x[0]) + 2 * std::acos(x[0]); }, -0.9, 0.9},
      {"atan(x)", {"x"}, [](X x) { return std::atan(x[0]); }},
      {"atan2(y, x)", {"x", "y"}, [](X x) { return std::atan2(x[1], x[0]); }, 0.1, 2},
      {"atan2(y, x)", {"x", "y"}, [](X x) { return std::atan2(x[1], x[0]); }, -2, -0.1},
      {"atan2(-y, x) + atan2(y, -x)",
       {"x", "y"},
       [](X x) { return std::atan2(-x[1], x[0]) + std::atan2(x[1], -x[0]); },
       0.1,
       2},
      {"sinh(x) + cosh(x) - tanh(x)", {"x"}, [](X x) { return std::exp(x[0]) - std::tanh(x[0]); }},
      {"erf(x) + sigmoid(x)", {"x"}, [](X x) { return std::erf(x[0]) + 1 / (1 + std::exp(-x[0])); }},
      {"softplus(x)", {"x"}, [](X x) { return std::log1p(std::exp(x[0])); }},
      {"pow(x, 3) - pow(2, x)", {"x"}, [](X x) { return std::pow(x[0], 3) - std::pow(2, x[0]); }},
      {"relu(x) + abs(y)", {"x", "y"}, [](X x) { return std::max(x[0], 0.0) + std::abs(x[1]); }, -2, 2, {}, 0, true},
      {"||x| - 1|", {"x"}, [](X x) { return std::abs(std::abs(x[0]) - 1); }, -2, 2, {}, 0, true},
      {"min(x, y, 0) + max(x, y)",
       {"x", "y"},
       [](X x) { return std::min({x[0], x[1], 0.0}) + std::max(x[0], x[1]); },
       -2,
       2,
       {},
       0,
       true},
      {"floor(x) + ceil(x) + round(x) + sign(x)",
       {"x"},
       [](X x) { return std::floor(x[0]) + std::ceil(x[0]) + std::floor(x[0] + 0.5) + (x[0] > 0 ? 1 : -1); },
       -2,
       2,
       {},
       0,
       true},
      {"mod(x, 3) + y", {"x", "y"}, [](X x) { return x[0] - 3 * std::floor(x[0] / 3) + x[1]; }, -2, 2, {}, 0, true},
      // conditions
      {"where(x < y, x^2, y^3)",
       {"x", "y"},
       [](X x) { return x[0] < x[1] ? sq(x[0]) : std::pow(x[1], 3); },
       -2,
       2,
       {},
       0,
       true},
      {"if(x >= 5, 0, x)", {"x"}, [](X x) { return x[0]; }},
      {"where(x > 5 or x <= 3 and y != 9, x*y, 1)", {"x", "y"}, [](X x) { return x[0] * x[1]; }},
      {"where(0 == 1, x, 2*x)", {"x"}, [](X x) { return 2 * x[0]; }},
      {"(x > 0) + (x ≤ 1)*y", {"x", "y"}, [](X x) { return (x[0] > 0) + (x[0] <= 1) * x[1]; }, -2, 2, {}, 0, true},
      // variables and constants
      {"100*(y - x^2)^2 + (1 - x)^2", {"x", "y"}, [](X x) { return 100 * sq(x[1] - sq(x[0])) + sq(1 - x[0]); }},
      {"x10 + 2*x2 + 3*x_1 + 4*a",
       {"a", "x2", "x10", "x_1"},
       [](X x) { return 4 * x[0] + 2 * x[1] + x[2] + 3 * x[3]; }},
      {"k*x + y[1]*y[3]", {"x"}, [](X x) { return 7 * x[0] + 0.5; }, -2, 2, kLists},
      {"x[2]*x[1] + z", {"x[1]", "x[2]", "z"}, [](X x) { return x[0] * x[1] + x[2]; }},
      {"a[1]*b[2] - b[1]", {"a[1]", "b[1]", "b[2]"}, [](X x) { return x[0] * x[2] - x[1]; }},
      {"x[1]", {"x[1]", "x[2]", "x[3]"}, [](X x) { return x[0]; }, -2, 2, {}, 3},
      // sums and products
      {"sum(i=1..3, (x[i] - y[i])^2)",
       {"x[1]", "x[2]", "x[3]"},
       [](X x) { return sq(x[0] - 1) + sq(x[1] + 2) + sq(x[2] - 0.5); },
       -2,
       2,
       kLists},
      {"sum(i=1..n, i*x[i])",
       {"x[1]", "x[2]", "x[3]", "x[4]"},
       [](X x) { return x[0] + 2 * x[1] + 3 * x[2] + 4 * x[3]; },
       -2,
       2,
       {},
       4},
      {"sum(i = 1..2, x[2*i]*x[2*i - 1])",
       {"x[1]", "x[2]", "x[3]", "x[4]"},
       [](X x) { return x[0] * x[1] + x[2] * x[3]; }},
      {"sum(i=1..3, x)", {"x"}, [](X x) { return 3 * x[0]; }},
      {"sum(i=1..3, i^2)*x", {"x"}, [](X x) { return 14 * x[0]; }},
      {"sum(i=3..2, x) + prod(i=3..2, x) + x", {"x"}, [](X x) { return 1 + x[0]; }},
      {"prod(i=1..3, x[i])", {"x[1]", "x[2]", "x[3]"}, [](X x) { return x[0] * x[1] * x[2]; }},
      {"prod(i=1..5, x - i)",
       {"x"},
       [](X x) { return (x[0] - 1) * (x[0] - 2) * (x[0] - 3) * (x[0] - 4) * (x[0] - 5); }},
      {"sum(i=1..3, sum(j=1..i, x[i]*x[j]))",
       {"x[1]", "x[2]", "x[3]"},
       [](X x) { return x[0] * x[0] + x[1] * (x[0] + x[1]) + x[2] * (x[0] + x[1] + x[2]); }},
      {"sum(i=1..2, sum(j=1..3, x[j])^2*i)", {"x[1]", "x[2]", "x[3]"}, [](X x) { return 3 * sq(x[0] + x[1] + x[2]); }},
      {"sum(i=1..3, prod(j=1..i, x[j] + i))",
       {"x[1]", "x[2]", "x[3]"},
       [](X x) { return x[0] + 1 + (x[0] + 2) * (x[1] + 2) + (x[0] + 3) * (x[1] + 3) * (x[2] + 3); }},
      {"sum(i=1..2, sum(j=i..2, sum(k=j..2, x[i]*x[j]^k)))",
       {"x[1]", "x[2]"},
       [](X x) { return x[0] * (x[0] + sq(x[0]) + sq(x[1])) + x[1] * sq(x[1]); }},
      {"sum(i=0..4, x^i)", {"x"}, [](X x) { return 1 + x[0] + sq(x[0]) + std::pow(x[0], 3) + std::pow(x[0], 4); }},
      {"sum(i=1..3, u[i]*where(mod(i, 2) == 1, x, x^2))",
       {"x"},
       [](X x) { return 5 * x[0] + sq(x[0]); },
       -2,
       2,
       kLists},
      {"sum(i=1..3, x[u[i]]*i)",
       {"x[1]", "x[2]", "x[3]"},
       [](X x) { return x[2] + 2 * x[0] + 3 * x[1]; },
       -2,
       2,
       kLists},
      {"sum(i=1..3, sum(i2=1..2, x*i*i2)) + sum(i=1..2, x)", {"x"}, [](X x) { return 20 * x[0]; }},
      {"\n x +\t1\n", {"x"}, [](X x) { return x[0] + 1; }},
  };
}

TEST(Formulas, HaveTheValuesAndDerivativesOfWhatTheyMean) {
  const std::uint64_t seed = testing::drawn_seed();
  Random random(seed, "formulas");
  for (const Case& c : cases()) {
    SCOPED_TRACE(fmt::format("{} with seed {}", c.formula, seed));
    Formula formula = parse_formula(c.formula, c.constants, c.dimension);
    EXPECT_EQ(formula.variables, c.variables);
    FunctionObjective objective(std::move(formula.graph));
    const auto n = c.variables.size();
    for (int point = 0; point < 5; ++point) {
      Numbers x, gradient(n), hessian(n * n);
      for (std::size_t i = 0; i < n; ++i) x.push_back(c.low + (c.high - c.low) * random.uniform());
      const double value = objective.value(x), expected = c.meaning(x);
      EXPECT_NEAR(value, expected, 1e-12 * std::max(std::abs(expected), 1.0));
      EXPECT_EQ(objective.value_and_gradient(x, gradient), value);
      if (c.kinked) continue;
      const Numbers slopes = testing::differences(c.meaning, x, c.step);
      for (std::size_t i = 0; i < n; ++i)
        EXPECT_NEAR(gradient[i], slopes[i], 1e-7 * std::max({testing::largest(slopes), std::abs(value), 1.0}));
      objective.hessian(x, hessian);
      for (std::size_t i = 0; i < n; ++i) {
        const auto component = [&](X at) { return objective.value_and_gradient(at, gradient), gradient[i]; };
        const Numbers row = testing::differences(component, x, c.step);
        for (std::size_t j = 0; j < n; ++j)
          EXPECT_NEAR(hessian[i * n + j], row[j],
                      1e-6 * std::max({testing::largest(hessian), testing::largest(slopes), 1.0}));
      }
    }
  }
}

TEST(Formulas, HaveResidualsWhereTheyAreSumsOfSquares) {
  struct Squares {
    std::string formula;
    std::int64_t residuals;  // 0: it is no sum of squares
  };
  const Squares table[] = {
      {"x^2", 1},
      {"100*(y - x^2)^2 + (1 - x)^2", 2},
      {"(x-1)^4 + 3*(x^2 + (y-x)^2)/2", 3},
      {"sum(i=1..5, i*(x[i] - 1)^2 + x[1]^2/i) + 2", 11},
      {"2*sum(i=1..3, sum(j=1..i, (x[i] - j*x[j])^2))", 6},
      {"sum(i=1..3, sum(j=1..2, x[j]^2))", 6},
      {"x^2 - y^2", 0},
      {"-2*x^2", 0},
      {"x^2 + y", 0},
      {"x^3", 0},
      {"y*x^2", 0},
      {"x^2/y^2", 0},
      {"prod(i=1..2, x[i]^2)", 0},
      {"sum(i=1..3, (i-2)*x[i]^2)", 0},
      {"exp(x)", 0},
  };
  const std::uint64_t seed = testing::drawn_seed();
  Random random(seed, "squares");
  for (const Squares& row : table) {
    SCOPED_TRACE(fmt::format("{} with seed {}", row.formula, seed));
    FunctionObjective objective(parse_formula(row.formula).graph);
    ASSERT_EQ(objective.residual_count(), row.residuals);
    EXPECT_EQ(objective.has_gauss_newton(), row.residuals > 0);
    if (row.residuals == 0) continue;
    const auto n = static_cast<std::size_t>(objective.dimension()), m = static_cast<std::size_t>(row.residuals);
    Numbers x, r(m), gauss(n * n);
    for (std::size_t i = 0; i < n; ++i) x.push_back(4 * random.uniform() - 2);
    objective.residuals(x, r);
    double sum = 0;
    for (const double v : r) sum += v * v;
    EXPECT_NEAR(objective.value(x), sum, 1e-13 * std::max(sum, 1.0));
    // 2 J^T J, with J by central differences.
    objective.gauss_newton(x, gauss);
    std::vector<Numbers> jacobian;
    for (std::size_t k = 0; k < m; ++k)
      jacobian.push_back(testing::differences([&](X at) { return objective.residuals(at, r), r[k]; }, x));
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j) {
        double product = 0;
        for (const Numbers& line : jacobian) product += 2 * line[i] * line[j];
        EXPECT_NEAR(gauss[i * n + j], product, 1e-7 * std::max(testing::largest(gauss), 1.0));
      }
  }
}

TEST(Formulas, BuildASumOnceWhateverItsLength) {
  const char* text = "sum(i=1..n/2, 100*(x[2*i] - x[2*i-1]^2)^2 + (1 - x[2*i-1])^2)";
  const NodeId few = parse_formula(text, {}, 10).graph.fn.graph.size();
  EXPECT_EQ(parse_formula(text, {}, 100'000).graph.fn.graph.size(), few);
  EXPECT_LT(few, 60);
}

}  // namespace
}  // namespace limn
