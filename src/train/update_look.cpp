#include "train/update_look.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "train/update.hpp"

namespace limn {
namespace {

using Numbers = Interpreter::Numbers;

Numbers doubles(std::span<const float> values) { return {values.begin(), values.end()}; }

// Of what is clipped by its length, which what does not learn has no part in.
double squares(const Settings& s, const UpdateGiven& given) {
  const auto& learns = given.before.at("learns");
  double sum = 0;
  for (std::size_t i = 0; i < given.gradient.size(); ++i) {
    double g = given.gradient[i];
    if (!learns.empty() && learns[i] == 0) continue;
    if (s.clip_value > 0) g = std::clamp(g, -s.clip_value, s.clip_value);
    sum += g * g;
  }
  return sum;
}

}  // namespace

std::vector<UpdatePart> look_at_update(const Parameters& parameters, const Settings& settings,
                                       const UpdateGiven& given) {
  const auto n = static_cast<std::size_t>(parameters.size);
  const Rule& rule = find_rule(settings.optimizer);
  Explained explained;
  const Fn fn = trace([&](Fn& f) {
    const Shape flat{parameters.size};
    const Value theta = input(f.graph, "theta", flat), gradient = input(f.graph, "gradient", flat);
    add_update(f, parameters, settings, theta, without_cut(theta, switches_of(settings)), gradient, &explained);
  });
  Interpreter run(fn, given.point);
  for (const NodeId id : fn.graph.inputs()) {
    const std::string& name = fn.graph.input_name(id);
    if (name == "squares")
      run.give(id, {squares(settings, given)});
    else
      run.give(id, doubles(name == "gradient" ? given.gradient : std::span<const float>(given.before.at(name))));
  }
  for (std::size_t i = 0; i < rule.moments.size(); ++i)
    run.give(explained.made[i].id(), doubles(given.moments.at(input_name(rule.moments[i]))));

  UpdatePart step{"step", "Δθ", "θₜ − θₜ₋₁", Numbers(n)};
  const auto& before = given.before.at("theta");
  for (std::size_t i = 0; i < n; ++i) step.values[i] = double{given.theta[i]} - double{before[i]};

  std::vector<UpdatePart> lines;
  for (const Line& line : explained.lines) {
    const bool is_moment = std::ranges::find(rule.moments, line.name, &Moment::symbol) != rule.moments.end();
    const bool is_given = line.name == "g" || line.name == "θ" || line.name == "step";
    if (is_moment || is_given || line.value.shape().size() != parameters.size) continue;
    lines.push_back({fmt::format("{}.{}", rule.name, line.name), line.name, line.formula, run.value(line.value.id())});
  }

  UpdatePart rate{"rate", "|Δθ|/|g|", "|Δθ|/|g|", Numbers(n)};
  const auto v = std::ranges::find(lines, "v̂", &UpdatePart::symbol);
  const auto& scale = given.before.at("lr_scale");
  if (v != lines.end()) rate.symbol = rate.formula = "η/(√v̂ + ε)";
  for (std::size_t i = 0; i < n; ++i) {
    const double lr = double{given.before.at("lr")[0]} * (scale.empty() ? 1 : double{scale[i]});
    if (v != lines.end())
      rate.values[i] = lr / (std::sqrt(v->values[i]) + double{given.before.at("epsilon")[0]});
    else
      rate.values[i] = given.gradient[i] == 0 ? std::numeric_limits<double>::quiet_NaN()
                                              : std::abs(step.values[i]) / std::abs(double{given.gradient[i]});
  }
  lines.push_back(std::move(step)), lines.push_back(std::move(rate));
  return lines;
}

}  // namespace limn
