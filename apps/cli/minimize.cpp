// limn minimize: the least value of a typed formula, or of a problem of the zoo, by any minimiser or first-order rule.
#include <fmt/ranges.h>
#include <CLI/App.hpp>
#include <CLI/Option.hpp>

#include "base/error.hpp"
#include "cli/command.hpp"
#include "cli/machine.hpp"
#include "cli/minimize_output.hpp"

namespace limn::cli {
namespace {

struct Options {
  std::string formula, problem, start, method = "bfgs", tolerance;
  std::vector<std::string> settings, constants;
  std::int64_t evaluations = 100'000, iterations = 100'000;
  std::uint64_t seed = 1;
  bool list = false, trace = false;
  Common common;
};

Constants parse_constants(const std::vector<std::string>& texts) {
  Constants constants;
  for (const std::string& text : texts) {
    const auto [name, value] = parse_assignment(text);
    constants[name] = parse_numbers(value, fmt::format("the constant {} has", name));
  }
  return constants;
}

MinimizeTask make_task(const Options& options) {
  MinimizeTask task;
  task.of_the_zoo = !options.problem.empty();
  if (task.of_the_zoo) {
    if (!options.constants.empty())
      throw Error("--constant belongs to --formula", "a problem has its own: `limn minimize --list --json` tells them");
    task.problem = find_problem(options.problem);
  } else {
    task.problem.formula = options.formula;
    task.problem.constants = parse_constants(options.constants);
  }
  Problem& problem = task.problem;
  if (!options.start.empty()) problem.start = parse_numbers(options.start, "the start has");
  if (task.of_the_zoo) {
    const std::size_t size = find_problem(options.problem).start.size();
    if (problem.start.size() != size)
      throw Error(
          fmt::format("the start has {} numbers, {} is a function of {}", problem.start.size(), problem.name, size),
          "give one number a variable, or leave --start out for the published one");
  }
  // A formula of x[i] has as many variables as the start has numbers; without one, as the largest index says.
  const bool indexed = !task.of_the_zoo || problem.formula.find("x[") != std::string::npos;
  Formula formula =
      parse_formula(problem.formula, problem.constants, indexed ? static_cast<std::int64_t>(problem.start.size()) : 0);
  task.variables = std::move(formula.variables), task.function = std::move(formula.graph);
  if (problem.start.empty()) problem.start.assign(task.variables.size(), 0);
  return task;
}

StopRule stop_rule(const Options& options) {
  StopRule stop;
  stop.evaluations = options.evaluations, stop.iterations = options.iterations;
  if (!options.tolerance.empty()) {
    const std::vector<double> numbers = parse_numbers(options.tolerance, "--gradient-tolerance is");
    if (numbers.size() != 1 || numbers[0] < 0)
      throw Error(fmt::format("--gradient-tolerance cannot be '{}'", options.tolerance),
                  "it is one number, 0 or more, such as 1e-8; 0 goes on as long as rounding lets it");
    stop.gradient_tolerance = numbers[0];
  }
  return stop;
}

int minimize(const Options& options) {
  if (options.list) return print_problems(options.common), 0;
  if (options.formula.empty() == options.problem.empty())
    throw Error(options.formula.empty() ? "nothing to minimise is given" : "--formula and --problem are both given",
                "give --formula \"100*(y-x^2)^2+(1-x)^2\", or --problem NAME; `limn minimize --list` names them");
  const std::atomic<int>& stop = interrupts();
  const StopRule until = stop_rule(options);
  method_parameters(options.method);  // throws where there is no such method, before a formula is read

  MinimizeTask task = make_task(options);
  const std::vector<double> start = task.problem.start;
  constexpr std::size_t kMostOfAMatrix = 5'000;  // variables: 200 MB a matrix, and a method has a few
  const Method* method = find_method(options.method);
  if (method && method->keeps_matrix && start.size() > kMostOfAMatrix)
    throw Error(fmt::format("{} keeps matrices of {} by {} numbers", options.method, start.size(), start.size()),
                fmt::format("up to {} variables it can; lbfgs, cg and newton-cg have no matrix", kMostOfAMatrix));
  FunctionObjective function(std::move(task.function));
  const Settings settings = method_settings(options.method, options.settings, function, start);
  WatchedObjective objective(function, task.target());
  const Noise noise{task.problem.noise, options.seed};
  const std::string from = !options.start.empty() ? "the start given"
                           : task.of_the_zoo      ? "its published start"
                                                  : "zero, as no --start is given";
  IterationTable table(
      options.common, options.trace,
      fmt::format("{} by {}, {} variable{}, from {}", task.of_the_zoo ? task.problem.name : "the formula",
                  options.method, start.size(), start.size() == 1 ? "" : "s", from));
  const Minimisation result = minimise(objective, settings, until, noise, start, stop,
                                       [&](const auto& report, std::span<const double> x) { table.add(report, x); });
  table.end();
  print_result(options.common, task, options.method, until, result);
  return result.interrupted ? 130 : 0;
}

}  // namespace

void add_minimize_command(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("minimize", "the least value of a formula or of a problem of the zoo");
  auto options = std::make_shared<Options>();
  command->add_option("--formula", options->formula, "what to minimise: 100*(y-x^2)^2 + (1-x)^2")->type_name("TEXT");
  command->add_option("--problem", options->problem, "a problem of the zoo; --list names them")->type_name("NAME");
  command->add_flag("--list", options->list, "the problems of the zoo and their least values");
  command->add_option("--start", options->start, "a number a variable, in their order: --start=-1.2,1")
      ->type_name("X,Y...");
  command->add_option("--constant", options->constants, "a name in the formula for a number or a list: n=10, y=1,2,3")
      ->allow_extra_args(false)
      ->type_name("NAME=VALUE");
  const auto settings = [](const char* method) {
    std::vector<std::string> names;
    for (const ParameterSpec& spec : method_parameters(method)) names.push_back(spec.name);
    return fmt::format("{}", fmt::join(names, ", "));
  };
  command
      ->add_option("--method", options->method, fmt::format("{}; bfgs when not given", fmt::join(method_names(), ", ")))
      ->type_name("NAME");
  command
      ->add_option(
          "--set", options->settings,
          fmt::format("an option of the method: {}; of rules such as adam: {}", settings("bfgs"), settings("adam")))
      ->allow_extra_args(false)
      ->type_name("NAME=VALUE");
  constexpr std::int64_t kMost = 1'000'000'000'000;
  add_whole_number(*command, "--most-evaluations", options->evaluations, 1, kMost,
                   "stop after so many; 100000 when not given");
  add_whole_number(*command, "--most-iterations", options->iterations, 1, kMost,
                   "stop after so many; 100000 when not given");
  command
      ->add_option("--gradient-tolerance", options->tolerance,
                   "converged when no component of the gradient is larger; 1e-8 when not given")
      ->type_name("E");
  add_seed(*command, options->seed)->description("of the noise of noisy problems; 1 when not given");
  command->add_flag("--trace", options->trace, "every iteration with the points that its line search tried");
  add_output_options(*command, options->common);
  command->callback([&action, options] { action = [options] { return minimize(*options); }; });
}

}  // namespace limn::cli
