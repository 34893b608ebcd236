// limn bench optim: what every minimiser needs for the 31 classical problems from their published starts.
#include <CLI/App.hpp>
#include <limits>
#include <nlohmann/json.hpp>

#include "cli/bench.hpp"
#include "cli/machine.hpp"
#include "cli/minimising.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"

namespace limn::cli {
namespace {

constexpr std::int64_t kMostEvaluations = 20'000;

struct Totals {
  int problems = 0, solved = 0, global = 0;  // solved: ended in a listed minimum
  std::int64_t evaluations = 0;
  double seconds = 0;
};

bool takes(const Method& method, const FunctionObjective& function) {
  return !method.wants_gauss_newton || function.has_gauss_newton();
}

void run(const Common& common, const Method& method, const Problem& problem, Totals& totals) {
  FunctionObjective function(graph_of(problem));
  if (!takes(method, function)) return;
  const Settings settings = method_settings(std::string(method.name), {}, function, problem.start);
  const StopRule stop{.evaluations = kMostEvaluations, .iterations = kMostEvaluations};
  WatchedObjective objective(function, problem.minima.front().value + 1e-8);
  const Minimisation m = minimise(objective, settings, stop, {problem.noise, 1}, problem.start, interrupts());
  const Minimum* minimum = reached(problem, m.value);
  ++totals.problems, totals.solved += minimum != nullptr, totals.global += minimum && minimum->global;
  totals.evaluations += m.evaluations, totals.seconds += m.seconds;
  if (common.json)
    print_json({{"event", "problem"},
                {"solver", fmt::format("limn {}", method.name)},
                {"problem", problem.name},
                {"hit", m.hit < 0 ? nlohmann::json() : nlohmann::json(m.hit)},
                {"evaluations", m.evaluations},
                {"iterations", m.iterations},
                {"products", m.last.calls.products},
                {"matrices", m.last.calls.matrices},
                {"start_value", m.start_value},
                {"value", m.value},
                {"gradient_norm", m.gradient_norm},
                {"reached", !minimum          ? "none"
                            : minimum->global ? "global"
                                              : "local"},
                {"status", std::string(name(m.last.stopped))},
                {"seconds", m.seconds}});
}

}  // namespace

void bench_optim(const Common& common) {
  for (const Method& method : methods()) {
    Totals totals;
    for (const Problem& problem : problems()) {
      if (problem.family == "classical") run(common, method, problem, totals);
      if (interrupts().load(std::memory_order_relaxed) != 0) return;
    }
    const std::string workload = fmt::format("optim/{}", method.name);
    const double rate = totals.seconds > 0 ? totals.problems / totals.seconds : 0;
    if (common.json)
      print_json({{"event", "bench"},
                  {"workload", workload},
                  {"value", rate},
                  {"unit", "problems/s"},
                  {"threads", 1},
                  {"problems", totals.problems},
                  {"solved", totals.solved},
                  {"global", totals.global},
                  {"evaluations", totals.evaluations},
                  {"seconds", totals.seconds}});
    else
      fmt::print(
          "{:<28} {:>12.1f} {:<10} {:>2} of {} problems end in a listed minimum, {} in the global one; {:>7} "
          "evaluations in {}\n",
          workload, rate, "problems/s", totals.solved, totals.problems, totals.global, totals.evaluations,
          duration(totals.seconds));
    std::fflush(stdout);
  }
}

}  // namespace limn::cli
