// Formulas: what can be read has a graph that evaluates, and as many variables as it says.
#include <cmath>

#include "formula/formula.hpp"
#include "fuzz/target.hpp"

using limn::fuzz::require;

LIMN_FUZZ(formula) {
  limn::Formula formula = limn::parse_formula(bytes, {{"k", {2}}, {"n", {3}}, {"u", {1, -2, 0.5}}});
  const std::size_t n = formula.variables.size();
  if (n > 1000 || formula.graph.fn.graph.size() > 1000) return;
  limn::FunctionObjective objective(std::move(formula.graph));
  require(objective.dimension() == static_cast<std::int64_t>(n), "a variable a component");
  const std::vector<double> x(n, 0.5);
  std::vector<double> gradient(n);
  const double value = objective.value_and_gradient(x, gradient);
  require(std::isnan(value) || value == objective.value(x), "the same value again");
  if (!objective.has_gauss_newton()) return;
  std::vector<double> r(static_cast<std::size_t>(objective.residual_count()));
  objective.residuals(x, r);
  double sum = 0;
  for (const double v : r) sum += v * v;
  require(!std::isfinite(sum) || !std::isfinite(value) || std::abs(sum - value) <= 1e-9 * (sum + 1), "r^T r");
}
