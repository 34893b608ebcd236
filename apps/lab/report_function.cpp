#include "lab/report_function.hpp"

#include <algorithm>
#include <cmath>

#include "experiment/travel.hpp"
#include "lab/state.hpp"

namespace limn::lab {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t kColumns = 1000;         // of a curve, and points of a trail
constexpr std::int64_t kMostAgain = 5'000'000;  // work of a relative's steps that are taken again, a third of a second
constexpr std::size_t kMostComponents = 20;     // of the point and of the gradient
constexpr int kWide = 96, kTall = 64;           // points of the plane; squares lie between them
constexpr double kRoom = 0.15;                  // of the plane, around what is to be seen

std::size_t column_of(const JournalContent& journal, std::string_view name) {
  return static_cast<std::size_t>(std::ranges::find(journal.columns, name) - journal.columns.begin());
}

Json exact(const Descent& descent, const std::string& name) {
  const double value = descent.quantity(name);
  return {{"name", name}, {"value", value}, {"hex", hex_float(value)}};
}

Json numbers_of(const Descent& there, bool stepped) {
  Json all = Json::array({exact(there, "value")});
  if (stepped)
    for (const char* name : {"train.loss", "optim.gradient_norm", "optim.evaluations"})
      all.push_back(exact(there, name));
  for (const char* tensor : {"x", "gradient"})
    for (std::size_t i = 0; i < std::min(there.point().size(), kMostComponents); ++i)
      all.push_back(exact(there, fmt::format("{}[{}]", tensor, i)));
  return all;
}

// The first two components from where the run began; of many steps every n-th and the last.
Json trail_of(const JournalContent& journal, const Descent& begin) {
  if (begin.point().size() < 2) return nullptr;
  Json step = Json::array({journal.start}), x = Json::array({shortest(static_cast<float>(begin.point()[0]))}),
       y = Json::array({shortest(static_cast<float>(begin.point()[1]))});
  const auto& across = journal.values[column_of(journal, "x[0]")];
  const auto& upward = journal.values[column_of(journal, "x[1]")];
  const std::size_t rows = across.size(), every = (rows + kColumns - 1) / kColumns;
  for (std::size_t i = 0; i < rows; ++i)
    if ((i + 1) % every == 0 || i + 1 == rows) {
      step.push_back(journal.start + 1 + static_cast<std::int64_t>(i));
      x.push_back(shortest(across[i])), y.push_back(shortest(upward[i]));
    }
  return {{"step", step}, {"x", x}, {"y", y}};
}

// Whether the last step can be taken again at once.
bool is_near(const Run& run, const JournalContent& journal, std::int64_t n) {
  std::int64_t nearest = journal.start;
  for (const SnapshotFile& file : snapshots_of(run))
    if (file.step < journal.last_step()) nearest = std::max(nearest, file.step);
  return (journal.last_step() - nearest) * (100 + n * n) <= kMostAgain;
}

struct Side {
  double low, high;
  double size() const { return high - low; }
  void take(double v) { low = std::min(low, v), high = std::max(high, v); }
  void grow(double by) { low -= by, high += by; }
};

// The start and the lowest minima, and what the trails have of their neighbourhood.
std::array<Side, 2> window_of(const FunctionSpec& function, const Json& runs) {
  std::array<Side, 2> sides;
  for (std::size_t k = 0; k < 2; ++k) sides[k] = {function.start[k], function.start[k]};
  for (const Minimum& minimum : function.problem ? function.problem->minima : std::vector<Minimum>{})
    for (std::size_t k = 0; k < 2 && minimum.global && minimum.x.size() >= 2; ++k) sides[k].take(minimum.x[k]);
  const double reach = std::max({sides[0].size(), sides[1].size(), 2.0});
  const std::array<Side, 2> near = {Side{sides[0].low - reach, sides[0].high + reach},
                                    Side{sides[1].low - reach, sides[1].high + reach}};
  for (const Json& run : runs)
    for (std::size_t i = 0; i < run["trail"]["step"].size(); ++i) {
      const Json &x = run["trail"]["x"][i], &y = run["trail"]["y"][i];
      if (x.is_null() || y.is_null()) continue;
      const std::array<double, 2> point = {x.get<double>(), y.get<double>()};
      for (std::size_t k = 0; k < 2; ++k)
        if (near[k].low <= point[k] && point[k] <= near[k].high) sides[k].take(point[k]);
    }
  constexpr double kAspect = static_cast<double>(kWide - 1) / (kTall - 1);
  const double tall = (1 + 2 * kRoom) * std::max({sides[1].size(), sides[0].size() / kAspect, 1e-3 * reach});
  sides[0].grow((tall * kAspect - sides[0].size()) / 2), sides[1].grow((tall - sides[1].size()) / 2);
  return sides;
}

}  // namespace

Json curve_of(const JournalContent& journal, std::string_view column) {
  Json curve = curve_json(journal, column_of(journal, column), journal.start + 1, journal.last_step(), kColumns);
  for (const char* side : {"low", "high"})
    for (Json& value : curve[side]) value = shortest(value.get<float>());
  return curve;
}

Json descent_json(const Run& run, const JournalContent& journal, const std::shared_ptr<const Dataset>& data,
                  ThreadPool& pool, const Descent* there) {
  const Visit begin = travel(run, journal, data, pool, journal.start, Arrival::kState);
  const Descent& first = descent_of(*begin.session);
  Visit head;
  if (!there && is_near(run, journal, first.parameters())) {
    head = travel(run, journal, data, pool, journal.last_step(), Arrival::kStepped);
    there = &descent_of(*head.session);
  }
  return {{"value", curve_of(journal, "value")},
          {"evaluations", curve_of(journal, "evaluations")},
          {"first", exact(first, "value")},
          {"trail", trail_of(journal, first)},
          {"numbers", there ? numbers_of(*there, journal.rows() > 0) : Json()}};
}

Json plane_json(const Descent& descent, const Json& runs) {
  if (descent.parameters() != 2) return nullptr;
  const auto [across, upward] = window_of(descent.function(), runs);
  std::vector<double> points;
  for (int j = 0; j < kTall; ++j)
    for (int i = 0; i < kWide; ++i) {
      points.push_back(across.low + across.size() * i / (kWide - 1));
      points.push_back(upward.low + upward.size() * j / (kTall - 1));
    }
  Json values = Json::array();
  for (const double value : descent.values(points)) values.push_back(shortest(static_cast<float>(value)));
  return {{"x", {across.low, across.high}},
          {"y", {upward.low, upward.high}},
          {"width", kWide},
          {"height", kTall},
          {"values", values}};
}

}  // namespace limn::lab
