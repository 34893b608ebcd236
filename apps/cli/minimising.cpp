#include "cli/minimising.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <limits>
#include <string_view>

#include "base/error.hpp"
#include "experiment/training.hpp"
#include "train/optim_report.hpp"

namespace limn::cli {

Minimisation minimise(WatchedObjective& objective, const MinimiserOptions& options, const Noise& noise,
                      std::vector<double> start, const std::atomic<int>& interrupts,
                      const IterationListener& listener) {
  const auto begin = std::chrono::steady_clock::now();
  Minimisation result;
  result.x = std::move(start);
  std::vector<double> best = result.x;
  double best_value = std::numeric_limits<double>::infinity(), best_norm = 0;
  const auto minimiser = make_minimiser<double>(options, objective, result.x);
  for (bool first = true; first || (result.last.stopped == Stop::kNone && !result.interrupted); first = false) {
    objective.draw(noise.deviation, noise.seed, result.iterations + 1);
    if (noise.deviation > 0) minimiser->changed();
    result.last = minimiser->step(objective);
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

std::vector<ParameterSpec> method_parameters() {
  constexpr std::string_view kOfMethods[] = {"line_search", "c1",      "c2",     "cg_update",   "cg_restart",
                                             "memory",      "damping", "radius", "inner_steps", "lr"};
  std::vector<ParameterSpec> list = optimizer_parameters();
  std::erase_if(list,
                [&](const ParameterSpec& p) { return std::ranges::find(kOfMethods, p.name) == std::end(kOfMethods); });
  return list;
}

void set_parameters(const std::vector<std::string>& assignments, MinimiserOptions& options) {
  SettingValues values;
  for (const ParameterSpec& parameter : optimizer_parameters())
    values[parameter.name] = parameter.automatic ? SettingValue(0.0) : parse_value(parameter, parameter.initial);
  values["optimizer"] = options.method;
  const std::vector<ParameterSpec> parameters = method_parameters();
  for (const std::string& assignment : assignments) {
    const auto [name, text] = parse_assignment(assignment);
    const SettingValue value = parse_value(find_parameter(parameters, name), text);
    values[name] = value == SettingValue("auto") && name == "lr" ? SettingValue(0.0) : value;
  }
  const StopRule stop = options.stop;
  options = minimiser_options(optimizer_settings(values));
  options.stop = stop;
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
