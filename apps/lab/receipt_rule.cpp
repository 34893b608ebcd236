// One number's update: what it is given, and what it is made of.
#include "lab/receipt_rule.hpp"

#include <algorithm>
#include <map>

namespace limn::lab {

UpdateTwin::UpdateTwin(const Scene& scene, const std::string& parameter)
    : scene_(scene),
      rule_(find_rule(scene.session.settings().optimizer)),
      place_(place_of(scene.session, parameter)),
      name_(parameter) {
  const Parameter& p = *place_.parameter;
  const bool whole = scene.session.settings().max_norm > 0 && p.is_weight && p.shape.rank() == 2;
  if (whole) {
    const std::int64_t unit = (place_.index - p.offset) % p.shape[1];
    for (std::int64_t i = 0; i < p.shape[0]; ++i) taken_.push_back(p.offset + i * p.shape[1] + unit);
  } else {
    taken_.push_back(place_.index);
  }
  at = static_cast<std::size_t>(std::ranges::find(taken_, place_.index) - taken_.begin());
  const auto n = static_cast<std::int64_t>(taken_.size());
  Parameters part;
  part.add(p.name, whole ? Shape{n, 1} : Shape{n}, p.is_weight);
  fn = trace([&](Fn& f) {
    const Value theta = input(f.graph, "theta", {n}), gradient = input(f.graph, "gradient", {n});
    used = without_cut(theta, switches_of(scene.session.settings()));
    add_update(f, part, scene.session.settings(), theta, used, gradient, &explained);
  });
  // fn was returned: the values are of the graph where it lies now.
  const auto here = [&](Value& v) { v = v ? Value(fn.graph, v.id()) : v; };
  here(used), here(explained.theta);
  for (Line& line : explained.lines) here(line.value);
  for (Value& v : explained.made) here(v);
  for (Value& v : explained.left) here(v);
  run.emplace(fn, RunPoint{scene.before().seed(), static_cast<std::uint64_t>(scene.before().cursor().step) + 1});
  give();
}

void UpdateTwin::give_moments(std::size_t but) {
  const auto now = scene_.session.given();
  const auto learns = scene_.before().given().at("learns");
  std::vector<Numbers> made;
  for (const Value& v : explained.made) made.push_back(run->value(v.id()));
  for (std::size_t i = 0; i < rule_.moments.size(); ++i) {
    if (i == but) continue;
    const Numbers left = taken(now.at(input_name(rule_.moments[i])), rule_.moments[i].is_scalar);
    for (std::size_t k = 0; k < left.size(); ++k)
      if (left.size() != taken_.size() || learns.empty() || learns[static_cast<std::size_t>(taken_[k])] != 0)
        made[i][k] = left[k];
    run->give(explained.made[i].id(), made[i]);
  }
}

Numbers UpdateTwin::taken(std::span<const float> flat, bool is_scalar) const {
  if (is_scalar || flat.size() == 1) return {flat.begin(), flat.end()};
  Numbers part;
  for (const std::int64_t i : taken_) part.push_back(flat[static_cast<std::size_t>(i)]);
  return part;
}

double UpdateTwin::scale() const {
  const auto scales = scene_.before().given().at("lr_scale");
  return scales.empty() ? 1 : scales[static_cast<std::size_t>(place_.index)];
}

void UpdateTwin::give() {
  const auto before = scene_.before().given(), now = scene_.session.given();
  const auto gradient = now.at("gradient");
  const Settings& s = scene_.session.settings();
  for (const NodeId id : fn.graph.inputs()) {
    const std::string& name = fn.graph.input_name(id);
    if (name == "gradient") {
      run->give(id, taken(gradient, false));
    } else if (name == "squares") {
      const auto learns = before.at("learns");
      for (std::size_t i = 0; i < gradient.size(); ++i) {
        if (!learns.empty() && learns[i] == 0) continue;
        double g = gradient[i];
        if (s.clip_value > 0) g = std::clamp(g, -s.clip_value, s.clip_value);
        squares_ += g * g;
      }
      run->give(id, {squares_});
    } else {
      run->give(id, taken(before.at(name), fn.graph[id].shape.rank() == 0));
    }
  }
}

std::vector<Given> UpdateTwin::made_of(Value of, std::size_t but) {
  static const std::map<std::string, std::string> kSymbols{
      {"lr", "η"}, {"momentum", "β₁"}, {"beta2", "β₂"}, {"epsilon", "ε"}, {"weight_decay", "λ"}, {"squares", "‖g‖²"}};
  std::vector<bool> reached(static_cast<std::size_t>(fn.graph.size()), false);
  reached[static_cast<std::size_t>(of.id())] = true;
  const std::size_t dot = name_.rfind('.') + 1;
  const std::string dw = fmt::format("{}d{}", name_.substr(0, dot), name_.substr(dot));
  const auto before = scene_.before().cursor().step, now = scene_.session.cursor().step;
  std::vector<Given> quantities, constants;
  for (NodeId id = of.id(); id >= 0; --id) {
    if (!reached[static_cast<std::size_t>(id)]) continue;
    const auto made = std::ranges::find(explained.made, id, &Value::id);
    if (made != explained.made.end() && made - explained.made.begin() != static_cast<std::ptrdiff_t>(but)) {
      quantities.push_back(
          {moment_name(static_cast<std::size_t>(made - explained.made.begin())), now, element(run->value(id))});
      continue;
    }
    const Node& node = fn.graph[id];
    for (const NodeId in : node.in) reached[static_cast<std::size_t>(in)] = true;
    if (node.op == Op::kStep) constants.push_back({"t", -1, static_cast<double>(before + 1)});
    if (node.op != Op::kInput) continue;
    const std::string& name = fn.graph.input_name(id);
    if (name == "theta" || name == "weights" || name == "learns" || name == "alive") continue;
    const double value = element(run->value(id));
    if (name == "gradient") {
      quantities.push_back({dw, now, value});
    } else if (name.starts_with("moment/")) {
      const auto i = std::ranges::find(rule_.moments, name, input_name) - rule_.moments.begin();
      quantities.push_back({moment_name(static_cast<std::size_t>(i)), before, value});
    } else {
      constants.push_back({kSymbols.contains(name) ? kSymbols.at(name) : name, -1, value});
    }
  }
  std::ranges::reverse(constants), std::ranges::reverse(quantities);
  constants.insert(constants.end(), quantities.begin(), quantities.end());
  return constants;
}

}  // namespace limn::lab
