#include "train/rule_step.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include "exec/interpreter.hpp"
#include "optim/vector.hpp"
#include "train/fault.hpp"

namespace limn {

RuleStep::RuleStep(const Rule& rule, std::size_t n, bool bias_correction) : rule_(rule) {
  Graph& graph = fn_.graph;
  const auto size = static_cast<std::int64_t>(n);
  const auto given = [&](std::string_view name, const Shape& shape) {
    const Value value = input(graph, name, shape);
    inputs_.push_back(value.id());
    return value;
  };
  const Value x = given("x", {size}), g = given("gradient", {size});
  Hyper hyper{given("lr", {}), given("momentum", {}), given("beta2", {}), given("epsilon", {}), bias_correction};
  std::vector<Value> moments;
  for (const Moment& moment : rule.moments) {
    const Shape shape = moment.shape(size);
    moments.push_back(given(moment.name, shape));
    moments_.emplace_back(static_cast<std::size_t>(shape.size()), moment.initial);
  }
  const Update update = rule.update(x, g, moments, hyper);
  fn_.output("x", update.theta);
  for (const Value moment : update.moments) fn_.output("moment", moment);
  if (rule.lines)
    for (const limn::Line& line : rule.lines(g, moments, update.moments, hyper)) {
      fn_.output(line.name, line.value);
      lines_.push_back({line.name, line.formula, {}});
    }
}

MinimiserReport RuleStep::step(WatchedObjective& objective, std::span<double> x, const Settings& settings,
                               std::int64_t step) {
  const std::vector<double> before(x.begin(), x.end());
  std::vector<double> gradient(x.size());
  MinimiserReport report;
  report.iteration = step;
  report.initial_value = objective.value_and_gradient(x, gradient);
  if (has_fault("gradient-sign")) std::ranges::transform(gradient, gradient.begin(), std::negate{});
  const auto stale = has_fault("stale-momentum") ? moments_ : std::vector<std::vector<double>>{};
  apply(x, gradient, settings, static_cast<std::uint64_t>(step) + (has_fault("off-by-one") ? 1 : 0));
  if (!stale.empty()) moments_ = stale;
  report.step = settings.lr;
  double squares = 0;
  for (std::size_t i = 0; i < x.size(); ++i) squares += (x[i] - before[i]) * (x[i] - before[i]);
  report.step_norm = std::sqrt(squares);
  report.value = objective.function().value_and_gradient(x, gradient);
  report.gradient_norm = largest(gradient);
  return report;
}

void RuleStep::apply(std::span<double> x, std::span<const double> gradient, const Settings& settings,
                     std::uint64_t step) {
  Interpreter run(fn_, {1, step});
  std::size_t at = 0;
  const auto give = [&](std::vector<double> values) { run.give(inputs_[at++], std::move(values)); };
  give({x.begin(), x.end()});
  give({gradient.begin(), gradient.end()});
  for (const double number : {settings.lr, settings.momentum, settings.beta2, settings.epsilon}) give({number});
  for (const auto& moment : moments_) give(moment);
  auto output = fn_.outputs.begin();
  std::ranges::copy(run.value(output++->id), x.begin());
  for (auto& moment : moments_) moment = run.value(output++->id);
  for (Line& line : lines_) line.values = run.value(output++->id);
}

}  // namespace limn
