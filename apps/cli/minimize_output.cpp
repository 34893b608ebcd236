#include "cli/minimize_output.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/output.hpp"
#include "cli/progress.hpp"

namespace limn::cli {
namespace {

using Json = nlohmann::json;

std::string reached_word(const Problem& problem, double value) {
  const Minimum* minimum = reached(problem, value);
  return !minimum ? "none" : minimum->global ? "global" : "local";
}

Json describe(const Problem& problem) {
  Json minima = Json::array(), constants = Json::object();
  for (const Minimum& minimum : problem.minima) {
    minima.push_back({{"value", minimum.value}, {"global", minimum.global}});
    if (!minimum.x.empty()) minima.back()["x"] = minimum.x;
  }
  for (const auto& [name, values] : problem.constants) constants[name] = values;
  return {{"problem", problem.name},    {"family", problem.family}, {"dimension", problem.start.size()},
          {"formula", problem.formula}, {"constants", constants},   {"start", problem.start},
          {"minima", minima},           {"noise", problem.noise},   {"source", problem.source}};
}

bool is_shown(std::int64_t iteration) {
  while (iteration >= 100 && iteration % 10 == 0) iteration /= 10;
  return iteration <= 10 || iteration == 20 || iteration == 50;
}

std::string row(const MinimiserReport& report) {
  return fmt::format("{:>9}  {:>18.11g}  {:>12.4g}  {:>12.4g}  {:>11}{}{}", report.iteration, report.value,
                     report.gradient_norm, report.step, report.calls.evaluations(),
                     report.restarted && report.iteration > 1 ? "  from the gradient" : "",
                     report.accepted ? "" : "  not accepted");
}

Json event(const MinimiserReport& report, std::span<const double> x, bool trace) {
  Json json = {{"event", "iteration"},  {"iteration", report.iteration},
               {"value", report.value}, {"gradient_norm", report.gradient_norm},
               {"step", report.step},   {"evaluations", report.calls.evaluations()}};
  if (!trace) return json;
  json["x"] = std::vector<double>(x.begin(), x.end());
  json["step_norm"] = report.step_norm, json["accepted"] = report.accepted, json["restarted"] = report.restarted;
  json["initial_value"] = report.initial_value, json["initial_slope"] = report.initial_slope;
  json["trials"] = Json::array();
  for (const Trial& trial : report.trials)
    json["trials"].push_back({{"step", trial.step}, {"value", trial.value}, {"slope", trial.slope}});
  if (!report.residuals.empty()) json["residuals"] = report.residuals;
  if (report.negative_curvature) json["negative_curvature"] = true;
  if (report.radius > 0) json["radius"] = report.radius;
  if (report.damping > 0) json["damping"] = report.damping;
  if (report.predicted > 0) json["predicted"] = report.predicted;
  return json;
}

// Why it ended, as a sentence.
std::string sentence(const Minimisation& m, const StopRule& until) {
  const std::string gradient = fmt::format("the largest component of the gradient is {:.2g}", m.gradient_norm);
  if (m.interrupted) return "interrupted; this is the best point so far";
  switch (m.last.stopped) {
    case Stop::kGradient: return fmt::format("converged: {}, the tolerance {:g}", gradient, until.gradient_tolerance);
    case Stop::kStep: return fmt::format("stopped: steps have become too short to change the point; {}", gradient);
    case Stop::kDecrease: return fmt::format("stopped: rounding hides whether the value still falls; {}", gradient);
    case Stop::kEvaluations: return fmt::format("stopped after {} evaluations, as told; {}", m.evaluations, gradient);
    case Stop::kIterations: return fmt::format("stopped after {} iterations, as told; {}", m.iterations, gradient);
    case Stop::kSaddle:
      return fmt::format("stopped at a saddle: {}, but the function curves down in some direction", gradient);
    case Stop::kLineSearch: return fmt::format("stopped: no step along the direction is acceptable; {}", gradient);
    case Stop::kNone:
    case Stop::kNotFinite: break;
  }
  return "stopped";
}

// Which of the listed minima it is; "" where none is known.
std::string minimum_sentence(const MinimizeTask& task, double value) {
  const Problem& problem = task.problem;
  if (!task.of_the_zoo || problem.minima.empty()) return "";
  if (const Minimum* minimum = reached(problem, value))
    return minimum->global ? fmt::format("the global minimum of {}, {:.10g}", problem.name, minimum->value)
                           : fmt::format("a local minimum of {}, {:.10g}; the global one is {:.10g}", problem.name,
                                         minimum->value, problem.minima.front().value);
  std::vector<std::string> values;
  for (const Minimum& minimum : problem.minima) values.push_back(fmt::format("{:.10g}", minimum.value));
  return fmt::format("none of the listed minima of {}: {}", problem.name, fmt::join(values, ", "));
}

void print_point(const MinimizeTask& task, const Minimisation& m) {
  constexpr std::size_t kShown = 12;
  fmt::print("value {:.17g}\n", m.value);
  for (std::size_t i = 0; i < std::min(kShown, m.x.size()); ++i)
    fmt::print("{} = {:.17g}\n", task.variables[i], m.x[i]);
  if (m.x.size() > kShown) fmt::print("... and {} more; --json tells all\n", m.x.size() - kShown);
}

}  // namespace

void IterationTable::add(const MinimiserReport& report, std::span<const double> x) {
  if (quiet_) return;
  if (json_) return print_json(event(report, x, trace_));
  pending_ = row(report);
  if (report.stopped != Stop::kNone || trace_ || is_shown(report.iteration)) end();
  if (trace_)
    for (const Trial& trial : report.trials)
      fmt::print("            tried step {:<12.6g} value {:<16.9g} slope {:.4g}\n", trial.step, trial.value,
                 trial.slope);
}

void IterationTable::end() {
  if (pending_.empty()) return;
  if (!headed_)
    fmt::print("{}\n\n{:>9}  {:>18}  {:>12}  {:>12}  {:>11}\n", title_, "iteration", "value", "gradient", "step",
               "evaluations");
  headed_ = true;
  fmt::print("{}\n", pending_);
  std::fflush(stdout);
  pending_.clear();
}

void print_result(const Common& common, const MinimizeTask& task, const std::string& method, const StopRule& until,
                  const Minimisation& m) {
  if (common.json) {
    Json event = {{"event", "done"},
                  {"method", method},
                  {"metrics",
                   {{"value", m.value},
                    {"gradient_norm", m.gradient_norm},
                    {"evaluations", m.evaluations},
                    {"iterations", m.iterations}}},
                  {"variables", task.variables},
                  {"x", m.x},
                  {"stopped", m.interrupted ? "interrupted" : std::string(name(m.last.stopped))},
                  {"products", m.last.calls.products},
                  {"matrices", m.last.calls.matrices},
                  {"seconds", m.seconds}};
    if (task.of_the_zoo) {
      event["problem"] = task.problem.name;
      if (!task.problem.minima.empty()) {
        event["reached"] = reached_word(task.problem, m.value);
        event["evaluations_to_1e-8"] = m.hit < 0 ? Json() : Json(m.hit);
      }
    }
    return print_json(event);
  }
  if (!common.quiet) fmt::print("\n");
  print_point(task, m);
  fmt::print("{}\n", sentence(m, until));
  if (const std::string text = minimum_sentence(task, m.value); !text.empty()) fmt::print("{}\n", text);
  if (!common.quiet)
    fmt::print("{} iterations, {} evaluations, {}\n", m.iterations, m.evaluations,
               m.seconds < 0.1 ? fmt::format("{:.1f} ms", 1e3 * m.seconds) : duration(m.seconds));
}

void print_problems(const Common& common) {
  if (!common.json) fmt::print("{:<20} {:>5}  {:>14}  {}\n", "problem", "n", "least value", "family");
  for (const Problem& problem : problems()) {
    if (common.json)
      print_json(describe(problem));
    else
      fmt::print("{:<20} {:>5}  {:>14}  {}\n", problem.name, problem.start.size(),
                 problem.minima.empty() ? "?" : fmt::format("{:.8g}", problem.minima.front().value), problem.family);
  }
}

}  // namespace limn::cli
