#include "cli/minimising.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "base/random.hpp"

namespace limn::cli {
namespace {

ParameterSpec number(const char* name, const char* initial, double low, double high, Words help) {
  return {name, ParameterKind::kNumber, {name, name}, std::move(help), initial, low, high};
}

ParameterSpec whole(const char* name, const char* initial, double low, double high, Words help) {
  return {name, ParameterKind::kInteger, {name, name}, std::move(help), initial, low, high};
}

ParameterSpec choice(const char* name, const char* initial, std::vector<std::string> choices, Words help) {
  ParameterSpec spec{name, ParameterKind::kChoice, {name, name}, std::move(help), initial};
  spec.choices = std::move(choices);
  return spec;
}

}  // namespace

double WatchedObjective::seen(double value) {
  ++evaluations_;
  if (hit_ < 0 && value <= target_) hit_ = evaluations_;  // never, where either is NaN
  return value;
}

double WatchedObjective::value(std::span<const double> x) { return seen(function_.value(x)); }

double WatchedObjective::value_and_gradient(std::span<const double> x, std::span<double> gradient) {
  const double value = seen(function_.value_and_gradient(x, gradient));
  if (noise_ > 0) {
    Random random(seed_, "noise", static_cast<std::uint64_t>(evaluations_));
    for (double& component : gradient) component += noise_ * random.normal();
  }
  return value;
}

void WatchedObjective::hessian_times(std::span<const double> x, std::span<const double> v, std::span<double> product) {
  function_.hessian_times(x, v, product);
}
void WatchedObjective::gauss_newton_times(std::span<const double> x, std::span<const double> v,
                                          std::span<double> product) {
  function_.gauss_newton_times(x, v, product);
}
void WatchedObjective::hessian(std::span<const double> x, std::span<double> matrix) { function_.hessian(x, matrix); }
void WatchedObjective::gauss_newton(std::span<const double> x, std::span<double> matrix) {
  function_.gauss_newton(x, matrix);
}

Minimisation minimise(WatchedObjective& objective, const MinimiserOptions& options, std::vector<double> start,
                      const std::atomic<int>& interrupts, const IterationListener& listener) {
  const auto begin = std::chrono::steady_clock::now();
  Minimisation result;
  result.x = std::move(start);
  std::vector<double> best = result.x;
  double best_value = std::numeric_limits<double>::infinity(), best_norm = 0;
  const auto minimiser = make_minimiser<double>(options, objective, result.x);
  for (bool first = true; first || (result.last.stopped == Stop::kNone && !result.interrupted); first = false) {
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
  result.evaluations = objective.evaluations(), result.hit = objective.hit();
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

std::vector<ParameterSpec> method_parameters() {
  return {
      choice("line_search", "auto", {"auto", "backtracking", "wolfe", "hager-zhang", "exact", "fixed"},
             {"how the length of a step is found; fixed takes lr each time", "怎样确定步长；fixed 每次都取 lr"}),
      number("c1", "0.0001", 1e-12, 0.49, {"line search: sufficient decrease", "线搜索：充分下降"}),
      number(
          "c2", "0", 0, 0.9999,
          {"line search: curvature, above c1; 0 as suits the method", "线搜索：曲率条件，大于 c1；0 表示与方法相配"}),
      choice("cg_update", "hz", {"fr", "pr+", "hs", "dy", "hz"},
             {"the factor of cg's last direction", "cg 上一方向的系数"}),
      whole("cg_restart", "0", 0, 1e9,
            {"cg begins again after so many iterations; 0 by Powell's test",
             "cg 每隔这么多步重启；0 表示按 Powell 判据"}),
      whole("memory", "10", 1, 1000, {"pairs that lbfgs keeps", "lbfgs 保留的变化对数"}),
      number("damping", "0", 0, 1e12,
             {"the first damping of hf and lm; 0 is chosen", "hf 和 lm 的初始阻尼；0 为自动选择"}),
      number("radius", "0", 0, 1e12,
             {"the first trust radius of newton; 0: the first step is Newton's own",
              "newton 的初始信赖域半径；0 为牛顿步"}),
      whole(
          "inner_steps", "250", 1, 1e6,
          {"the most steps of conjugate gradients within newton-cg and hf", "newton-cg 和 hf 内层共轭梯度的最多步数"}),
      number("lr", "0", 0, 1e12,
             {"gd: the length first tried; 0 is chosen. fixed: every length",
              "gd 首先尝试的步长；0 为自动选择。fixed 时为每一步的步长"}),
  };
}

void set_parameters(const std::vector<std::string>& assignments, MinimiserOptions& options) {
  const std::vector<ParameterSpec> parameters = method_parameters();
  SettingValues values;
  for (const ParameterSpec& parameter : parameters) values[parameter.name] = parse_value(parameter, parameter.initial);
  for (const std::string& assignment : assignments) {
    const auto [name, value] = parse_assignment(assignment);
    values[name] = parse_value(find_parameter(parameters, name), value);
  }
  const auto number_of = [&](const char* name) { return std::get<double>(values.at(name)); };
  const auto whole_of = [&](const char* name) { return std::get<std::int64_t>(values.at(name)); };
  const std::map<std::string, Search, std::less<>> searches = {
      {"auto", Search::kAutomatic}, {"backtracking", Search::kBacktracking},
      {"wolfe", Search::kWolfe},    {"hager-zhang", Search::kHagerZhang},
      {"exact", Search::kExact},    {"fixed", Search::kFixed}};
  options.search.kind = searches.at(std::get<std::string>(values.at("line_search")));
  options.search.c1 = number_of("c1"), options.search.c2 = number_of("c2");
  options.beta = std::get<std::string>(values.at("cg_update")), options.restart = whole_of("cg_restart");
  options.memory = static_cast<int>(whole_of("memory")), options.inner = static_cast<int>(whole_of("inner_steps"));
  options.damping = number_of("damping"), options.radius = number_of("radius"), options.lr = number_of("lr");
  if (options.search.kind == Search::kFixed) {
    if (options.lr == 0) throw Error("line_search=fixed has no length of its steps", "give one: --set lr=0.001");
    options.search.fixed = {options.lr};
  }
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
