#include "lab/receipt_function.hpp"

#include <charconv>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "exec/interpreter.hpp"
#include "lab/state.hpp"

namespace limn::lab {
namespace {

using Json = nlohmann::json;

constexpr double kUnit = std::numeric_limits<double>::epsilon() / 2;
constexpr std::size_t kShown = 6;  // terms

Json given(const std::string& name, std::int64_t step, double value) {
  return {{"name", name}, {"step", step}, {"value", value}, {"hex", hex_float(value)}};
}
Json constant(const std::string& name, double value) { return given(name, -1, value); }
Json why(std::string text) { return {{"receipt", nullptr}, {"why", std::move(text)}}; }

struct Slip {
  std::string formula;
  Json terms = Json::array(), steps = Json::array(), central = nullptr;
  double total = 0, bound = 0;
};

Json to_json(const Slip& slip, double value) {
  const double apart = std::abs(slip.total - value);
  const double relative = apart / std::max({std::abs(slip.total), std::abs(value), 1e-300});
  return {{"receipt",
           {{"formula", slip.formula},
            {"terms", slip.terms},
            {"count", slip.terms.size()},
            {"rest", 0},
            {"factor", nullptr},
            {"total", slip.total},
            {"relative", relative},
            {"bound", slip.bound},
            {"agrees", apart <= slip.bound},
            {"steps", slip.steps},
            {"central", slip.central}}}};
}

Json point_of(const Descent& descent) {
  Json terms = Json::array();
  const auto& x = descent.point();
  for (std::size_t i = 0; i < std::min(x.size(), kShown); ++i)
    terms.push_back({{"of", {given(fmt::format("x[{}]", i), descent.cursor().step, x[i])}},
                     {"product", x[i]},
                     {"name", descent.function().variables[i]}});
  return terms;
}

// A line search: the length it chose times the direction.
Slip along_direction(Descent& there, Descent& before, const std::string& index) {
  const std::int64_t step = there.cursor().step;
  const std::string x = "x" + index, direction = there.settings().optimizer + "/direction" + index;
  const double was = before.quantity(x), length = there.quantity("optim.step"), d = there.quantity(direction);
  Slip slip{.formula = "x + α·d"};
  slip.terms = {{{"of", {given(x, step - 1, was)}}, {"product", was}, {"name", "x"}},
                {{"of", {given("optim.step", step, length), given(direction, step, d)}}, {"product", length * d}}};
  slip.total = was + length * d;
  slip.bound = 2 * kUnit * (std::abs(was) + std::abs(length * d));
  return slip;
}

// A rule, made again from the state and the gradient of the step before.
Slip by_rule(Descent& there, Descent& before, const std::string& index, std::size_t i) {
  const std::int64_t step = there.cursor().step;
  const Settings& s = there.settings();
  const Rule& rule = find_rule(s.optimizer);
  RuleStep again(rule, before.point().size(), s.bias_correction);
  const std::vector<TensorView> state = before.state();
  Slip slip{.formula = std::string(rule.formula)};
  std::vector<Json> old;
  for (std::size_t m = 0; m < rule.moments.size(); ++m) {
    const Moment& moment = rule.moments[m];
    const std::string tensor = moment.is_scalar ? std::string(moment.name) : std::string(moment.name) + "/x";
    for (const TensorView& view : state)
      if (view.name == tensor) again.moments()[m].assign(view.doubles.begin(), view.doubles.end());
    const std::string name = moment.is_scalar ? tensor : tensor + index;
    old.push_back(given(name, step - 1, before.quantity(name)));
  }
  std::vector<double> x = before.point(), gradient(x.size());
  before.gradient_at(x, gradient);
  Json of = {given("gradient" + index, step - 1, gradient[i]), constant("η", s.lr)};
  for (std::size_t k = 0; k < there.tilt().size(); ++k) gradient[k] += there.tilt()[k];
  if (!there.tilt().empty()) of.push_back(constant("σ·ξ", there.tilt()[i]));
  const double was = x[i];
  again.apply(x, gradient, s, static_cast<std::uint64_t>(step));
  for (std::size_t m = 0; m < rule.moments.size(); ++m)
    slip.steps.push_back({{"name", rule.moments[m].symbol},
                          {"formula", rule.moments[m].formula},
                          {"value", again.moments()[m][rule.moments[m].is_scalar ? 0 : i]},
                          {"of", {old[m]}}});
  for (const RuleStep::Line& line : again.lines())
    slip.steps.push_back({{"name", line.name},
                          {"formula", line.formula},
                          {"value", line.values[line.values.size() == 1 ? 0 : i]},
                          {"of", Json::array()}});
  slip.terms = {{{"of", {given("x" + index, step - 1, was)}}, {"product", was}, {"name", "x"}},
                {{"of", of}, {"product", x[i] - was}, {"name", "Δ"}}};
  slip.total = x[i];
  return slip;
}

// The function at a point by the interpreter, node by node: the engine replays it another way.
double interpreted(const FunctionGraph& graph, const std::vector<double>& x) {
  Interpreter run(graph.fn);
  run.give(graph.x, x);
  for (const auto& [id, values] : graph.data) run.give(id, values);
  return run.value(graph.value)[0];
}

// A derivative beside central differences: of twice the width, too, for what curvature takes from them.
template <class F>
Slip of_derivative(const Descent& there, std::string formula, std::size_t along, double value, F f) {
  const auto at = [&](double to) {
    std::vector<double> moved = there.point();
    moved[along] += to;
    return f(moved);
  };
  const double h = std::cbrt(std::numeric_limits<double>::epsilon()) * std::max(1.0, std::abs(there.point()[along]));
  const double low = at(-h), high = at(h), here = at(0), wide = (at(2 * h) - at(-2 * h)) / (4 * h);
  const double left = (here - low) / h, right = (high - here) / h;
  Slip slip{.formula = std::move(formula), .terms = point_of(there)};
  slip.total = (high - low) / (2 * h);
  slip.bound = std::abs(slip.total - wide) + 8 * kUnit * (std::abs(low) + std::abs(high) + std::abs(here)) / h;
  const double apart = std::abs(slip.total - value);
  const char* verdict = apart <= slip.bound                                                         ? "agrees"
                        : std::abs(left - right) > 0.01 * std::max(std::abs(left), std::abs(right)) ? "kink"
                                                                                                    : "differs";
  slip.central = {{"value", slip.total},
                  {"relative", apart / std::max({std::abs(slip.total), std::abs(value), 1e-8})},
                  {"h", h},
                  {"left", left},
                  {"right", right},
                  {"verdict", verdict}};
  return slip;
}

std::vector<std::size_t> indices_of(
    std::string_view text) {  // "[3,4]"; the name was answered already, so they are right
  std::vector<std::size_t> all;
  for (const char *at = text.data(), *const end = at + text.size(); at < end;) {
    std::size_t index = 0;
    at = std::from_chars(at + 1, end, index).ptr;
    if (at < end) all.push_back(index);
    if (at < end && *at == ']') break;
  }
  return all;
}

}  // namespace

Json receipt(Descent& there, Descent* before, const std::string& name, double value) {
  const std::size_t bracket = std::min(name.find('['), name.size());
  const std::string tensor = name.substr(0, bracket), index = name.substr(bracket);
  const std::vector<std::size_t> at = indices_of(index);
  const FunctionSpec& function = there.function();
  const std::string& optimizer = there.settings().optimizer;
  if (tensor == "value") {
    Slip slip{.formula = function.formula, .terms = point_of(there)};
    slip.total = interpreted(function.graph, there.point());
    return to_json(slip, value);
  }
  if (tensor == "gradient") {
    const auto f = [&](const std::vector<double>& x) { return interpreted(function.graph, x); };
    return to_json(of_derivative(there, fmt::format("∂f/∂{}", function.variables[at[0]]), at[0], value, f), value);
  }
  if (tensor == "hessian") {
    const auto f = [&](const std::vector<double>& x) {
      std::vector<double> gradient(x.size());
      there.gradient_at(x, gradient);
      return gradient[at[0]];
    };
    const auto formula = fmt::format("∂²f/∂{}∂{}", function.variables[at[0]], function.variables[at[1]]);
    return to_json(of_derivative(there, formula, at[1], value, f), value);
  }
  const bool is_of_step = tensor == "x" || tensor == "step" || name == "train.loss";
  if (is_of_step && !before) return why("where the run begins: no step was taken yet");
  if (name == "train.loss") {
    Slip slip{.formula = function.formula, .terms = point_of(*before)};
    slip.total = interpreted(function.graph, before->point());
    double size = std::abs(slip.total);
    for (std::size_t i = 0; i < there.tilt().size(); ++i) {
      const double part = there.tilt()[i] * before->point()[i];
      slip.total += part, size += std::abs(part);
    }
    if (!there.tilt().empty()) slip.formula += " + σ·ξᵀx";
    slip.bound = size * std::numeric_limits<float>::epsilon();  // the journal is float32
    return to_json(slip, value);
  }
  if (tensor == "step") {
    const std::string x = "x" + index;
    const double now = there.quantity(x), was = before->quantity(x);
    Slip slip{.formula = "x − x′"};
    slip.terms = {{{"of", {given(x, there.cursor().step, now)}}, {"product", now}},
                  {{"of", {given(x, there.cursor().step - 1, was)}}, {"product", -was}}};
    slip.total = now - was;
    return to_json(slip, value);
  }
  if (tensor == "x" && !find_method(optimizer)) return to_json(by_rule(there, *before, index, at[0]), value);
  if (tensor == "x" && there.has(optimizer + "/direction"))
    return to_json(along_direction(there, *before, index), value);
  if (tensor == "x")
    return why(fmt::format("{} decides direction and length at once: no formula of one number gives it", optimizer));
  return why(fmt::format("{} keeps it from step to step; limn replay makes it again", optimizer));
}

}  // namespace limn::lab
