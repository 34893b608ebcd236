#include "train/rule_step.hpp"

#include <algorithm>

#include "exec/interpreter.hpp"

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

void RuleStep::apply(std::span<double> x, std::span<const double> gradient, const Numbers& numbers,
                     std::uint64_t step) {
  Interpreter run(fn_, {1, step});
  std::size_t at = 0;
  const auto give = [&](std::vector<double> values) { run.give(inputs_[at++], std::move(values)); };
  give({x.begin(), x.end()});
  give({gradient.begin(), gradient.end()});
  for (const double number : {numbers.lr, numbers.momentum, numbers.beta2, numbers.epsilon}) give({number});
  for (const auto& moment : moments_) give(moment);
  auto output = fn_.outputs.begin();
  std::ranges::copy(run.value(output++->id), x.begin());
  for (auto& moment : moments_) moment = run.value(output++->id);
  for (Line& line : lines_) line.values = run.value(output++->id);
}

}  // namespace limn
