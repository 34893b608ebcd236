#include "lab/function.hpp"

#include <cmath>
#include <cstring>
#include <limits>

#include "base/error.hpp"
#include "lab/wish.hpp"

namespace limn::lab {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t kMostSide = 512, kMostPhase = 96, kMostPhaseSteps = 500;

double number(const Query& query, const char* name) {
  const auto found = query.find(name);
  char* end = nullptr;
  const double value = found == query.end() ? std::nan("") : std::strtod(found->second.c_str(), &end);
  if (!std::isfinite(value) || (end && *end != '\0'))
    throw Error(fmt::format("{} is no number", name), fmt::format("write {}=0.5", name));
  return value;
}

std::int64_t side(const Query& query, const char* name, std::int64_t most) {
  const auto found = query.find(name);
  return whole(found == query.end() ? "" : found->second, name, 2, most);
}

// All others wait for the picture. What it costs is about what every node of the formula is long.
void check_work(const Descent& descent, std::int64_t evaluations) {
  constexpr double kMostNumbers = 5e8;  // a second or so
  const Graph& graph = descent.function().graph.fn.graph;
  double numbers = 0;
  for (NodeId id = 0; id < graph.size(); ++id) numbers += static_cast<double>(graph[id].shape.size());
  if (numbers * static_cast<double>(evaluations) > kMostNumbers)
    throw Error(fmt::format("{} evaluations of a formula of {} numbers take too long", evaluations, numbers),
                "ask for fewer points, or take a smaller formula");
}

std::string bytes_of(const std::vector<float>& values) {
  std::string bytes(values.size() * sizeof(float), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

}  // namespace

Json function_json(const FunctionSpec& function) {
  Json minima = Json::array(), window = nullptr;
  if (function.problem) {
    for (const Minimum& minimum : function.problem->minima)
      minima.push_back({{"value", minimum.value}, {"global", minimum.global}, {"x", minimum.x}});
    const auto& w = function.problem->window;
    if (w[0] < w[1]) window = w;
  }
  return {{"formula", function.formula},
          {"variables", function.variables},
          {"problem", function.problem ? Json(function.problem->name) : Json()},
          {"start", function.start},
          {"minima", minima},
          {"window", window}};
}

std::string plane(LiveRun& run, const Query& query) {
  const Descent& descent = descent_of(run.training());
  if (descent.parameters() < 2)
    throw Error("a function of one variable has no plane", "take a formula of two variables");
  const double x0 = number(query, "x0"), x1 = number(query, "x1"), y0 = number(query, "y0"), y1 = number(query, "y1");
  if (!(x0 < x1) || !(y0 < y1)) throw Error("the plane is empty", "let x0 be below x1, and y0 below y1");
  const std::int64_t width = side(query, "width", kMostSide), height = side(query, "height", kMostSide);
  check_work(descent, width * height);
  std::vector<float> all;
  std::vector<double> row(static_cast<std::size_t>(2 * width));
  for (std::int64_t j = 0; j < height; ++j) {
    for (std::int64_t i = 0; i < width; ++i) {
      row[static_cast<std::size_t>(2 * i)] = x0 + (x1 - x0) * static_cast<double>(i) / static_cast<double>(width - 1);
      row[static_cast<std::size_t>(2 * i + 1)] =
          y0 + (y1 - y0) * static_cast<double>(j) / static_cast<double>(height - 1);
    }
    for (const double value : descent.values(row)) all.push_back(static_cast<float>(value));
  }
  return bytes_of(all);
}

std::string phase(LiveRun& run, const Query& query) {
  const Descent& descent = descent_of(run.training());
  const double lr0 = number(query, "lr0"), lr1 = number(query, "lr1"), most = number(query, "most");
  if (!(lr0 > 0) || !(lr0 < lr1) || !(most > 0) || most >= 1)
    throw Error("the rates or the momentum have no range",
                "let lr0 be above 0 and below lr1, and most between 0 and 1");
  const std::int64_t width = side(query, "width", kMostPhase), height = side(query, "height", kMostPhase),
                     steps = side(query, "steps", kMostPhaseSteps);
  check_work(descent, width * height * steps);
  FunctionObjective objective(descent.function().graph);
  const std::vector<double>& start = descent.function().start;
  double floor = 0;
  if (const auto& problem = descent.function().problem; problem && !problem->minima.empty())
    floor = problem->minima.front().value;
  const double begin = objective.value(start) - floor;
  std::vector<float> map;
  std::vector<double> gradient(start.size());
  for (std::int64_t j = 0; j < height; ++j)
    for (std::int64_t i = 0; i < width; ++i) {
      const double lr = lr0 * std::pow(lr1 / lr0, static_cast<double>(i) / static_cast<double>(width - 1));
      const double beta = most * static_cast<double>(j) / static_cast<double>(height - 1);
      std::vector<double> x = start, v(start.size(), 0);
      double value = begin;
      for (std::int64_t step = 0; step < steps && std::isfinite(value) && value <= 1e6 * std::abs(begin) + 1e6;
           ++step) {
        value = objective.value_and_gradient(x, gradient);
        for (std::size_t k = 0; k < x.size(); ++k) {  // as the rule "momentum" has it
          v[k] = beta * v[k] + gradient[k];
          x[k] -= lr * v[k];
        }
      }
      const double end = objective.value(x) - floor;
      const bool diverged = !std::isfinite(end) || end > std::abs(begin) * 1e3;
      map.push_back(diverged ? std::numeric_limits<float>::infinity()
                             : static_cast<float>(std::log10(std::max(end, 1e-30) / std::max(begin, 1e-30))));
    }
  return bytes_of(map);
}

}  // namespace limn::lab
