#include "train/update.hpp"

#include "rule/schedule.hpp"
#include "train/fault.hpp"

namespace limn {
namespace {

// The input of this name: the one there is, or a new one.
Value given(Graph& graph, std::string_view name, Shape shape) {
  for (const NodeId id : graph.inputs())
    if (graph.input_name(id) == name) return {graph, id};
  return input(graph, name, shape);
}
Value given(Graph& graph, std::string_view name) { return given(graph, name, {}); }

// The largest factor up to 1 that takes `squares`, the square of a length, to at most `most`. A length of 0 stays.
Value shrinking(Value most, Value squares) { return min(most / sqrt(squares), constant(most.graph(), 1)); }

Value with_max_norm(Value theta, Value most, const Parameters& parameters) {
  std::vector<Value> parts;
  for (const Parameter& p : parameters.list) {
    const Value flat = slice(theta, 0, p.offset, p.offset + p.shape.size());
    if (!p.is_weight) {
      parts.push_back(flat);
      continue;
    }
    const std::int64_t units = p.shape[-1];
    const Value w = reshape(flat, {p.shape.size() / units, units});  // what enters each unit, in a column
    const Value squares = sum_to(w * w, {1, units});
    parts.push_back(reshape(w * shrinking(most, squares), {p.shape.size()}));
  }
  return concat(parts, 0);
}

}  // namespace

Switches switches_of(const Settings& s) {
  return {.decay = s.weight_decay > 0,
          .l1 = s.l1 > 0,
          .max_norm = s.max_norm > 0,
          .clip = s.clip > 0,
          .clip_value = s.clip_value > 0,
          .cut = !s.cut.empty(),
          .hold = !s.cut.empty() || !s.freeze.empty(),
          .lr_scale = !s.lr_scale.empty(),
          .bias_correction = s.bias_correction};
}

float learning_rate(const Settings& s, std::int64_t step, double drops) {
  const Schedule schedule{.name = s.schedule,
                          .total = s.total_steps,
                          .warmup = s.warmup,
                          .drop_every = s.drop_every,
                          .drop = s.drop,
                          .power = s.power,
                          .drops = drops};
  return static_cast<float>(s.lr * schedule_factor(schedule, step));
}

std::string input_name(const Moment& moment) { return fmt::format("moment/{}", moment.name); }

Value without_cut(Value theta, const Switches& on) {
  if (!on.cut) return theta;
  return select(given(theta.graph(), "alive", theta.shape()), theta, constant(theta.graph(), 0));
}

void add_update(Fn& fn, const Parameters& parameters, const Settings& settings, Value theta, Value used, Value gradient,
                Explained* explained) {
  Graph& graph = fn.graph;
  const Switches on = switches_of(settings);
  const Rule& rule = find_rule(settings.optimizer);
  const Shape flat = theta.shape();
  const Scope scope(graph, "update");
  const Value zero = constant(graph, 0);
  const bool of_weight = explained && parameters.list.front().is_weight;
  const auto say = [&](const char* name, std::string formula, Value value) {
    if (explained) explained->lines.push_back({name, std::move(formula), value});
  };
  std::vector<Value> moments;
  for (const Moment& m : rule.moments) moments.push_back(input(graph, input_name(m), m.shape(parameters.size)));
  Hyper hyper{given(graph, "lr"), given(graph, "momentum"), given(graph, "beta2"), given(graph, "epsilon"),
              on.bias_correction};
  if (on.lr_scale) hyper.lr = hyper.lr * given(graph, "lr_scale", flat);
  const Value weights = on.decay || on.l1 ? given(graph, "weights", flat) : Value();
  const Value learns = on.hold ? given(graph, "learns", flat) : Value();

  if (on.hold && on.clip) gradient = select(learns, gradient, zero);  // what does not move has no part in the length
  if (on.clip_value) {
    const Value most = given(graph, "clip_value");
    gradient = max(min(gradient, most), -most);
    say("g", "g to [−clip_value, clip_value]", gradient);
  }
  if (on.clip) {
    const Value squares = explained ? input(graph, "squares", {}) : sum(gradient * gradient);
    gradient = gradient * shrinking(given(graph, "clip"), squares);
    if (explained) say("‖g‖", "√Σ g² over all parameters", sqrt(squares));
    say("g", "g·min(1, clip/‖g‖)", gradient);
  }
  if (on.l1) {
    gradient = gradient + given(graph, "l1") * (weights * sign(used));
    if (of_weight) say("g", "g + l1·sign(θ)", gradient);
  }
  if (of_weight && on.decay) {
    const Value pull = given(graph, "weight_decay") * (weights * used);
    if (rule.decoupled)
      say("θ", "θ − η·λ·θ", used - hyper.lr * pull);
    else
      say("g", "g + λ·θ", gradient + pull);
  }
  Update update = on.decay
                      ? update_with_decay(rule, used, gradient, moments, hyper, weights, given(graph, "weight_decay"))
                      : rule.update(used, gradient, moments, hyper);
  if (explained) {
    explained->made = update.moments;
    for (std::size_t i = 0; i < moments.size(); ++i)
      explained->lines.push_back(
          {std::string(rule.moments[i].symbol), std::string(rule.moments[i].formula), update.moments[i]});
    if (rule.lines) {
      const Value g =
          on.decay && !rule.decoupled ? gradient + given(graph, "weight_decay") * (weights * used) : gradient;
      for (Line& line : rule.lines(g, moments, update.moments, hyper)) explained->lines.push_back(std::move(line));
    }
    if (on.max_norm && of_weight) {
      say("θ", std::string(rule.formula.substr(rule.formula.find("←") + std::string_view("← ").size())), update.theta);
      say("‖θ‖", "√Σ θ² over what enters the unit", sqrt(sum(update.theta * update.theta)));
    }
  }
  if (on.max_norm) update.theta = with_max_norm(update.theta, given(graph, "max_norm"), parameters);
  if (on.hold) {
    update.theta = select(learns, update.theta, used);
    for (std::size_t i = 0; i < moments.size(); ++i)
      if (!rule.moments[i].is_scalar) update.moments[i] = select(learns, update.moments[i], moments[i]);
  }
  if (explained) explained->theta = update.theta, explained->left = update.moments;
  fn.state(theta, update.theta);
  if (has_fault("stale-momentum")) return;
  for (std::size_t i = 0; i < moments.size(); ++i) fn.state(moments[i], update.moments[i]);
}

}  // namespace limn
