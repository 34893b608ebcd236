// Receipts of metrics over a split: right of all, means of the samples' losses, errors in the target's own units.
#include <algorithm>
#include <cmath>

#include "lab/receipt_slip.hpp"

namespace limn::lab {
namespace {

constexpr std::size_t kAtOnce = 256;

// What the network says of each row of a split, in order.
struct Said {
  std::vector<float> losses, outputs;
  std::size_t width = 1;
  std::span<const float> of(std::size_t row) const { return std::span(outputs).subspan(row * width, width); }
};
Said said_of(const Scene& scene, std::span<const std::int32_t> rows) {
  Said said;
  for (std::size_t at = 0; at < rows.size(); at += kAtOnce) {
    const auto part = rows.subspan(at, std::min(kAtOnce, rows.size() - at));
    const auto all = scene.session.inspect(scene.data, part, false);
    said.losses.insert(said.losses.end(), all.at("loss").begin(), all.at("loss").end());
    said.outputs.insert(said.outputs.end(), all.at("output").begin(), all.at("output").end());
  }
  if (!rows.empty()) said.width = said.outputs.size() / rows.size();
  return said;
}

}  // namespace

Account of_metric(const Scene& scene, const std::string& name) {
  const std::string split = name.substr(0, name.find('.')), metric = Name(name.substr(split.size() + 1)).tensor;
  const Dataset& data = scene.data;
  const auto& rows = split == "train" ? data.train : split == "valid" ? data.valid : data.test;
  if (rows.empty()) return fmt::format("{} has no rows for {}", data.name, split);
  const auto n = static_cast<double>(rows.size());
  const std::int64_t step = scene.session.cursor().step;
  const std::string count = fmt::format("1/{}", rows.size());
  const Said said = said_of(scene, rows);
  const auto sample = [&](const char* what, std::int64_t index, std::size_t row, float value) {
    return Given{fmt::format("{}[{}]@{}/{}", what, index, split, row), step, value};
  };
  if (metric == "accuracy") {
    std::vector<double> right(data.classes.size(), 0);
    for (std::size_t row = 0; row < rows.size(); ++row) {
      const std::int32_t label = data.labels[static_cast<std::size_t>(rows[row])];
      if (label >= 0 && class_of(said.of(row)) == label) ++right[static_cast<std::size_t>(label)];
    }
    Slip slip{.formula = fmt::format("right of {}", rows.size()), .terms = {}, .factor_name = count, .factor = 1 / n};
    for (std::size_t k = 0; k < right.size(); ++k)
      slip.terms.push_back({{{fmt::format("{}.confusion[{},{}]", split, k, k), step, right[k]}}, right[k]});
    return slip;
  }
  if (metric == "confusion") {
    const Name cell(name.substr(split.size() + 1));
    Slip slip{.formula = fmt::format("how many of class {} are taken for class {}", cell.at(0), cell.at(1)),
              .terms = {}};
    for (std::size_t row = 0; row < rows.size(); ++row) {
      if (data.labels[static_cast<std::size_t>(rows[row])] != cell.at(0) || class_of(said.of(row)) != cell.at(1))
        continue;
      const auto shown = said.width == 1 ? 0 : cell.at(1);
      slip.terms.push_back(
          {{sample("output", shown, row, said.of(row)[static_cast<std::size_t>(shown)])}, 1, "1 sample"});
    }
    return slip;
  }
  if (metric == "wrong") {
    std::map<std::string, double> cells;
    for (std::size_t row = 0; row < rows.size(); ++row) {
      const std::int32_t label = data.labels[static_cast<std::size_t>(rows[row])];
      if (const auto answer = class_of(said.of(row)); answer != label)
        ++cells[fmt::format("{}.confusion[{},{}]", split, label, answer)];
    }
    Slip slip{.formula = fmt::format("taken for another class, of {}", rows.size()), .terms = {}};
    for (const auto& [cell, wrong] : cells) slip.terms.push_back({{{cell, step, wrong}}, wrong});
    return slip;
  }
  if (metric == "loss") {
    Slip slip{.formula = fmt::format("mean of the {} samples' losses", rows.size()),
              .terms = {},
              .factor_name = count,
              .factor = 1 / n};
    for (std::size_t row = 0; row < rows.size(); ++row)
      slip.terms.push_back({{sample("loss", 0, row, said.losses[row])}, said.losses[row]});
    return slip;
  }
  const Preprocessing& p = data.preprocessing;
  const bool counts = scene.session.model().target == TargetKind::kCounts;
  double squares = 0, sum = 0, sum_squares = 0;
  std::vector<Given> outputs;
  std::vector<Term> sizes, squared;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const float output = said.of(row)[0];
    const double y = counts ? (output - p.target_mean) / p.target_deviation : output,
                 target = data.targets[static_cast<std::size_t>(rows[row])], error = y - target;
    const std::vector<Given> of{sample("output", 0, row, output), {"t", -1, target}};
    sizes.push_back({of, std::abs(error), "|y − t|"});
    squared.push_back({of, error * error, "(y − t)²"});
    squares += error * error, sum += target, sum_squares += target * target;
  }
  if (metric == "mae")
    return Slip{.formula = "mean |y − t|, times the target's deviation",
                .terms = std::move(sizes),
                .factor_name = fmt::format("deviation/{}", rows.size()),
                .factor = p.target_deviation / n};
  std::ranges::stable_sort(squared, std::greater{}, &Term::product);
  std::vector<Given> worst;
  for (std::size_t i = 0; i < std::min(kShown, squared.size()); ++i) worst.push_back(squared[i].of[0]);
  const Part residual{"Σ (y − t)²", fmt::format("over {} samples", rows.size()), squares, worst};
  if (metric == "rmse") {
    const double rmse = std::sqrt(squares / n) * p.target_deviation;
    return Slip{
        .formula = "√(Σ (y − t)²/n) · deviation",
        .terms = {{{{"Σ (y − t)²", -1, squares}, {"n", -1, n}, {"deviation", -1, p.target_deviation}}, rmse, "rmse"}},
        .steps = {residual}};
  }
  const double spread = sum_squares - sum * sum / n;
  return Slip{.formula = "1 − Σ (y − t)²/Σ (t − mean t)²",
              .terms = {{{{"1", -1, 1}}, 1},
                        {{{"Σ (y − t)²", -1, squares}, {"Σ (t − mean t)²", -1, spread}}, -squares / spread, "−ratio"}},
              .steps = {residual, {"Σ (t − mean t)²", fmt::format("over {} samples", rows.size()), spread}}};
}

Account of_units(const Scene& scene, const Name& n) {
  const auto rows = probe_rows(scene.data);
  const bool dead = n.tensor == "dead";
  const IdleUnits idle = scene.session.idle(n.layer);
  const auto said = scene.session.inspect(scene.data, rows, false);
  const auto& a = said.at(fmt::format("layer{}.a", n.layer));
  const char* split = scene.data.valid.empty() ? "train" : "valid";
  Slip slip{
      .formula = dead ? fmt::format("units whose largest |a| of {} rows is 0", rows.size())
                      : fmt::format("units whose slope is below 0.05 of its largest for 95 % of {} rows", rows.size()),
      .terms = {}};
  for (const std::int32_t unit : dead ? idle.dead : idle.saturated) {
    std::size_t shown = 0;  // of a dead unit its largest, of a saturated one its steepest
    const float middle = scene.layer(n.layer).activation == "sigmoid" ? 0.5f : 0;
    const auto far = [&](std::size_t row) {
      return std::abs(a[row * static_cast<std::size_t>(idle.of) + static_cast<std::size_t>(unit)] - middle);
    };
    for (std::size_t row = 1; row < rows.size(); ++row)
      if (dead ? far(row) > far(shown) : far(row) < far(shown)) shown = row;
    slip.terms.push_back(
        {{given(scene.session, fmt::format("layer{}.a[{}]@{}/{}", n.layer, unit, split, shown))}, 1, "1 unit"});
  }
  return slip;
}

}  // namespace limn::lab
