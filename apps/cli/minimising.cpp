#include "cli/minimising.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <string_view>

#include "base/error.hpp"
#include "experiment/function.hpp"
#include "experiment/training.hpp"
#include "optim/vector.hpp"
#include "rule/rule.hpp"
#include "train/optim_report.hpp"
#include "train/rule_step.hpp"

namespace limn::cli {

namespace {

// A rule knows no end: it has converged where the gradient is small behind a step, and goes on as long as it may.
Stop end_of_rule(const MinimiserReport& report, const StopRule& stop, double evaluations) {
  if (report.gradient_norm <= stop.gradient_tolerance) return Stop::kGradient;
  if (evaluations >= static_cast<double>(stop.evaluations)) return Stop::kEvaluations;
  return report.iteration >= stop.iterations ? Stop::kIterations : Stop::kNone;
}

// The steps of a rule, each with the report that a minimiser's would have. The first has not moved where the start is
// the end already, or no place to start from.
std::function<MinimiserReport()> steps_of_rule(WatchedObjective& objective, const Settings& settings,
                                               const StopRule& stop, std::vector<double>& x) {
  MinimiserReport start;
  std::vector<double> gradient(x.size());
  start.value = start.initial_value = objective.function().value_and_gradient(x, gradient);
  start.gradient_norm = largest(gradient);
  if (!std::isfinite(start.value + start.gradient_norm))
    start.stopped = Stop::kNotFinite;
  else if (start.gradient_norm <= stop.gradient_tolerance)
    start.stopped = Stop::kGradient;
  if (start.stopped != Stop::kNone) return [start] { return start; };
  const auto rule = std::make_shared<RuleStep>(find_rule(settings.optimizer), x.size(), settings.bias_correction);
  return [&, rule, iteration = std::int64_t{0}]() mutable {
    MinimiserReport report = rule->step(objective, x, settings, ++iteration);
    report.calls.gradients = iteration;
    report.stopped = end_of_rule(report, stop, objective.evaluations());
    if (std::isfinite(report.value + report.gradient_norm)) return report;
    throw Error(fmt::format("{} diverged: the value behind step {} is {}", settings.optimizer, iteration, report.value),
                fmt::format("take a smaller rate than --set lr={:g}", settings.lr), Fault::kFailure);
  };
}

}  // namespace

Minimisation minimise(WatchedObjective& objective, const Settings& settings, const StopRule& stop, const Noise& noise,
                      std::vector<double> start, const std::atomic<int>& interrupts,
                      const IterationListener& listener) {
  const auto begin = std::chrono::steady_clock::now();
  Minimisation result;
  result.x = std::move(start);
  std::vector<double> best = result.x;
  double best_value = std::numeric_limits<double>::infinity(), best_norm = 0;
  std::unique_ptr<Minimiser<double>> minimiser;
  std::function<MinimiserReport()> next;
  if (find_method(settings.optimizer)) {
    MinimiserOptions options = minimiser_options(settings);
    options.stop = stop;
    minimiser = make_minimiser<double>(options, objective, result.x);
    next = [&] { return minimiser->step(objective); };
  } else {
    next = steps_of_rule(objective, settings, stop, result.x);
  }
  for (bool first = true; first || (result.last.stopped == Stop::kNone && !result.interrupted); first = false) {
    objective.draw(noise.deviation, noise.seed, result.iterations + 1);
    if (noise.deviation > 0 && minimiser) minimiser->changed();
    result.last = next();
    if (first) result.start_value = result.last.initial_value;
    result.value = result.last.value, result.gradient_norm = result.last.gradient_norm;
    result.iterations = result.last.iteration;
    if (result.last.stopped == Stop::kNotFinite)
      throw Error("the function has no finite value or gradient at the start",
                  "give another --start, where it is defined");
    if (result.value < best_value) best = result.x, best_value = result.value, best_norm = result.gradient_norm;
    if (listener) listener(result.last, result.x);
    result.interrupted = result.last.stopped == Stop::kNone && interrupts.load(std::memory_order_relaxed) != 0;
  }
  if (result.interrupted) result.x = std::move(best), result.value = best_value, result.gradient_norm = best_norm;
  result.evaluations = static_cast<std::int64_t>(objective.evaluations()), result.hit = objective.hit();
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

std::vector<std::string> method_names() {
  std::vector<std::string> names;
  for (const Method& method : methods()) names.emplace_back(method.name);
  for (const Rule& rule : rules()) names.emplace_back(rule.name);
  return names;
}

std::vector<ParameterSpec> method_parameters(const std::string& method) {
  static const std::vector<std::string_view> kOfMethods = {"line_search", "c1",     "c2",      "cg_update",
                                                           "cg_restart",  "memory", "damping", "radius",
                                                           "inner_steps", "lr"},
                                             kOfRules = {"lr", "momentum", "beta2", "epsilon", "bias_correction"};
  const std::vector<std::string> names = method_names();
  if (std::ranges::find(names, method) == names.end())
    throw Error(fmt::format("there is no method '{}'", method), suggestion(method, names, "methods"));
  std::vector<ParameterSpec> list = optimizer_parameters();
  std::erase_if(list, [&of = find_method(method) ? kOfMethods : kOfRules](const ParameterSpec& p) {
    return std::ranges::find(of, p.name) == of.end();
  });
  return list;
}

Settings method_settings(const std::string& method, const std::vector<std::string>& assignments,
                         Objective<double>& function, std::span<const double> start) {
  const std::vector<ParameterSpec> parameters = method_parameters(method);
  SettingValues values;
  for (const ParameterSpec& parameter : optimizer_parameters())
    values[parameter.name] = parse_value(parameter, parameter.initial);
  values["optimizer"] = method;
  for (const std::string& assignment : assignments) {
    const auto [name, text] = parse_assignment(assignment);
    values[name] = parse_value(find_parameter(parameters, name), text);
  }
  suit_function(values, function, start);
  return optimizer_settings(values);
}

std::vector<double> parse_numbers(const std::string& text, const std::string& whose) {
  std::vector<double> numbers;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    std::string_view word = std::string_view(text).substr(at, comma - at);
    while (!word.empty() && word.front() == ' ') word.remove_prefix(1);
    while (!word.empty() && word.back() == ' ') word.remove_suffix(1);
    double number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error != std::errc() || end != word.data() + word.size() || !std::isfinite(number))
      throw Error(fmt::format("{} '{}', which is no finite number", whose, word.substr(0, 40)),
                  "numbers are written -1.2,1 or 1e-3,0");
    numbers.push_back(number);
    at = comma + 1;
  }
  return numbers;
}

}  // namespace limn::cli
