#include "experiment/function.hpp"

#include <fmt/ranges.h>

#include <cmath>

#include "base/error.hpp"
#include "experiment/training.hpp"
#include "optim/minimiser.hpp"
#include "rule/rule.hpp"
#include "train/descent.hpp"

namespace limn {
namespace {

constexpr std::int64_t kSteps = 200;

const std::string& text(const SettingValues& values, const char* name) {
  return std::get<std::string>(values.at(name));
}

// A first rate that a race can be watched with. Those that divide by the size of the gradient move by about the rate;
// the others by the rate times the gradient, and so does radam in its first steps.
double rate(std::string_view optimizer, Objective<double>& objective, std::span<const double> start) {
  for (const std::string_view scaled : {"adagrad", "adam", "amsgrad", "adamax", "nadam", "adamw", "lion", "rprop"})
    if (optimizer == scaled) return 0.1;
  if (optimizer == "adadelta") return 1;
  if (optimizer == "rmsprop" || optimizer == "rmsprop-centred") return 0.02;
  std::vector<double> gradient(start.size());
  objective.value_and_gradient(start, gradient);
  double squares = 0;
  for (const double g : gradient) squares += g * g;
  if (!std::isfinite(squares) || squares == 0) return 1e-3;
  // To the minimum of the parabola along the gradient, rounded down to 1, 2 or 5 times a power of ten.
  std::vector<double> product(gradient.size());
  objective.hessian_times(start, gradient, product);
  double curvature = 0;
  for (std::size_t i = 0; i < gradient.size(); ++i) curvature += gradient[i] * product[i];
  const double most = curvature > 0 ? squares / curvature : 1 / std::sqrt(squares);
  const double power = std::pow(10, std::floor(std::log10(most)));
  return most >= 5 * power ? 5 * power : most >= 2 * power ? 2 * power : power;
}

void fill(SettingValues& settings, const std::string& name, SettingValue value) {
  const auto* written = std::get_if<std::string>(&settings[name]);
  if (written && *written == "auto") settings[name] = std::move(value);
}

void resolve(Recipe& recipe, const Dataset&) {
  auto& settings = recipe.settings;
  for (const ParameterSpec& parameter : find_experiment(recipe.experiment).parameters)
    if (!settings.contains(parameter.name)) settings[parameter.name] = parse_value(parameter, parameter.initial);
  Settings typed;
  typed.function = text(settings, "function"), typed.constants = text(settings, "constants");
  typed.start = text(settings, "start") == "auto" ? "" : text(settings, "start");
  const FunctionSpec spec = function_of(typed);  // throws where it is none
  fill(settings, "start", fmt::format("{}", fmt::join(spec.start, ", ")));
  fill(settings, "noise", spec.problem ? spec.problem->noise : 0.0);
  FunctionObjective objective(spec.graph);
  suit_function(settings, objective, spec.start);
  if (!recipe.epochs && !recipe.steps) recipe.steps = kSteps;
}

Settings function_settings(const SettingValues& values) {
  Settings s = optimizer_settings(values);
  s.function = text(values, "function"), s.constants = text(values, "constants"), s.start = text(values, "start");
  s.noise = std::get<double>(values.at("noise"));
  return s;
}

std::vector<ParameterSpec> parameters() {
  std::vector<ParameterSpec> list = {
      {.name = "function",
       .kind = ParameterKind::kText,
       .label = {"function", "函数"},
       .help = {"a problem of the zoo (`limn minimize --list`) or a formula, such as 100*(y - x^2)^2 + (1 - x)^2",
                "题库中的问题（`limn minimize --list`）或公式，例如 100*(y - x^2)^2 + (1 - x)^2"},
       .initial = "rosenbrock",
       .fixed = true},
      {.name = "constants",
       .kind = ParameterKind::kText,
       .label = {"constants", "常数"},
       .help = {"what the formula's names stand for: n=10; a=1.5; y=1, 2, 3",
                "公式中各名称的值：n=10; a=1.5; y=1, 2, 3"},
       .initial = "",
       .fixed = true},
      {.name = "start",
       .kind = ParameterKind::kText,
       .label = {"start", "起点"},
       .help = {"where it begins, a number for each variable: -1.2, 1; auto is the problem's own, or zero",
                "起始点，每个变量一个数：-1.2, 1；auto 用问题自带的起点，否则为零"},
       .initial = "auto",
       .automatic = true,
       .fixed = true},
      {.name = "noise",
       .kind = ParameterKind::kNumber,
       .label = {"noise", "噪声"},
       .help = {"the deviation of the normal noise in every component of a step's gradient, as mini-batches have; auto "
                "is the "
                "problem's own, or none",
                "每一步梯度各分量上正态噪声的标准差，如同小批量那样；auto 用问题自带的，否则为零"},
       .initial = "auto",
       .low = 0,
       .high = 1e6,
       .automatic = true}};
  for (ParameterSpec& spec : optimizer_parameters())
    if (spec.name != "batch_growth") list.push_back(std::move(spec));
  return list;
}

}  // namespace

void suit_function(SettingValues& values, Objective<double>& function, std::span<const double> start) {
  const std::string optimizer = text(values, "optimizer");
  const bool is_rule = !find_method(optimizer);
  const HyperDefaults hyper = is_rule ? find_rule(optimizer).defaults : HyperDefaults{};
  fill(values, "lr", is_rule ? rate(optimizer, function, start) : 0.0);
  fill(values, "momentum", hyper.momentum);
  fill(values, "beta2", hyper.beta2);
  fill(values, "epsilon", hyper.epsilon);
}

Experiment function_experiment() {
  return {.name = "function",
          .title = {"A function", "函数"},
          .help = {"goes down a function of a few numbers, by any optimiser", "用任意优化器沿着几个变量的函数下降"},
          .parameters = parameters(),
          .wants_data = false,
          .resolve = resolve,
          .settings = function_settings};
}

}  // namespace limn
