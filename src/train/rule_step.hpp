// A first-order rule in float64, for a function's few numbers: the rule's own graph, run by the interpreter. It must
// not know what goes down.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "graph/fn.hpp"
#include "optim/minimiser.hpp"
#include "optim/watched.hpp"
#include "rule/rule.hpp"
#include "train/settings.hpp"

namespace limn {

class RuleStep {
 public:
  RuleStep(const Rule& rule, std::size_t n, bool bias_correction);

  // Step `step` (from 1) from x, at the settings' rate, momentum, beta2 and epsilon. It asks for one evaluation, where
  // the step begins; the value and the gradient that it led to are told without noise, and are not counted.
  MinimiserReport step(WatchedObjective& objective, std::span<double> x, const Settings& settings, std::int64_t step);

  // x: what the rule makes of it and the gradient.
  void apply(std::span<double> x, std::span<const double> gradient, const Settings& settings, std::uint64_t step);

  const Rule& rule() const { return rule_; }
  std::vector<std::vector<double>>& moments() { return moments_; }  // as rule().moments
  // What stands in the rule's formula beside the moments, of the last step.
  struct Line {
    std::string name, formula;
    std::vector<double> values;  // [n], or one number for all
  };
  const std::vector<Line>& lines() const { return lines_; }

 private:
  const Rule& rule_;
  Fn fn_;
  std::vector<NodeId> inputs_;  // x, gradient, lr, momentum, beta2, epsilon, moments
  std::vector<std::vector<double>> moments_;
  std::vector<Line> lines_;
};

}  // namespace limn
