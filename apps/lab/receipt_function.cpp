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

// A rule's step from the state and the gradient of the step before, taken again; x becomes what the step makes of it.
struct Again {
  RuleStep rule;
  std::vector<double> x, gradient;
  std::vector<Json> of;  // what each moment was, and the gradient
};

Again step_again(Descent& there, Descent& before, const std::string& index, std::size_t i) {
  const Settings& s = there.settings();
  const std::int64_t step = there.cursor().step;
  const std::size_t n = before.point().size();
  Again again{RuleStep(find_rule(s.optimizer), n, s.bias_correction), before.point(), std::vector<double>(n), {}};
  const std::vector<TensorView> state = before.state();
  for (std::size_t m = 0; m < again.rule.rule().moments.size(); ++m) {
    const Moment& moment = again.rule.rule().moments[m];
    const std::string tensor = moment.is_scalar ? std::string(moment.name) : std::string(moment.name) + "/x";
    for (const TensorView& view : state)
      if (view.name == tensor) again.rule.moments()[m].assign(view.doubles.begin(), view.doubles.end());
    const std::string name = moment.is_scalar ? tensor : tensor + index;
    again.of.push_back(given(name, step - 1, before.quantity(name)));
  }
  before.gradient_at(again.x, again.gradient);
  again.of.push_back(given("gradient" + index, step - 1, again.gradient[i]));
  for (std::size_t k = 0; k < there.tilt().size(); ++k) again.gradient[k] += there.tilt()[k];
  again.rule.apply(again.x, again.gradient, s, static_cast<std::uint64_t>(step));
  return again;
}

Slip by_rule(Descent& there, Descent& before, const std::string& index, std::size_t i) {
  Again again = step_again(there, before, index, i);
  const Rule& rule = again.rule.rule();
  Slip slip{.formula = std::string(rule.formula)};
  Json of = {again.of.back(), constant("η", there.settings().lr)};
  if (!there.tilt().empty()) of.push_back(constant("σ·ξ", there.tilt()[i]));
  for (std::size_t m = 0; m < rule.moments.size(); ++m)
    slip.steps.push_back({{"name", rule.moments[m].symbol},
                          {"formula", rule.moments[m].formula},
                          {"value", again.rule.moments()[m][rule.moments[m].is_scalar ? 0 : i]},
                          {"of", {again.of[m]}}});
  for (const RuleStep::Line& line : again.rule.lines())
    slip.steps.push_back({{"name", line.name},
                          {"formula", line.formula},
                          {"value", line.values[line.values.size() == 1 ? 0 : i]},
                          {"of", Json::array()}});
  const double was = before.point()[i];
  slip.terms = {{{"of", {given("x" + index, there.cursor().step - 1, was)}}, {"product", was}, {"name", "x"}},
                {{"of", of}, {"product", again.x[i] - was}, {"name", "Δ"}}};
  slip.total = again.x[i];
  return slip;
}

// What a rule keeps from step to step.
std::optional<Slip> of_moment(Descent& there, Descent& before, const std::string& name, const std::string& index,
                              std::size_t i) {
  const Rule& rule = find_rule(there.settings().optimizer);
  for (std::size_t m = 0; m < rule.moments.size(); ++m) {
    const Moment& moment = rule.moments[m];
    if (name != (moment.is_scalar ? std::string(moment.name) : std::string(moment.name) + "/x" + index)) continue;
    Again again = step_again(there, before, moment.is_scalar ? "[0]" : index, i);
    Slip slip{.formula = fmt::format("{} = {}", moment.symbol, moment.formula)};
    slip.total = again.rule.moments()[m][moment.is_scalar ? 0 : i];
    Json of = {again.of[m], again.of.back()};
    if (!there.tilt().empty()) of.push_back(constant("σ·ξ", there.tilt()[i]));
    slip.terms = {{{"of", of}, {"product", slip.total}, {"name", moment.symbol}}};
    return slip;
  }
  return {};
}

// What BFGS has learnt of the inverse Hessian: its update by the step and the gradients at both ends, term by term.
Slip of_inverse(Descent& there, Descent& before, std::size_t i, std::size_t j) {
  const std::size_t n = there.point().size();
  const std::int64_t step = there.cursor().step;
  const auto entry = [](std::size_t r, std::size_t c) { return fmt::format("bfgs/inverse_hessian[{},{}]", r, c); };
  const bool forgot = there.quantity("optim.restarted") != 0;
  const bool is_first = forgot || before.settings().optimizer != "bfgs" || before.quantity("bfgs/updates[0]") == 0;
  std::vector<double> h(n * n), s(n), y(n), at(n), product(n);
  for (std::size_t r = 0; r < n; ++r)
    for (std::size_t c = 0; c < n; ++c) h[r * n + c] = is_first ? double(r == c) : before.quantity(entry(r, c));
  before.gradient_at(before.point(), at);
  there.gradient_at(there.point(), y);
  double sy = 0, yhy = 0, sizes = 0;
  for (std::size_t k = 0; k < n; ++k) s[k] = there.point()[k] - before.point()[k], y[k] -= at[k];
  for (std::size_t k = 0; k < n; ++k) {
    sy += s[k] * y[k], sizes += std::abs(s[k] * y[k]);
    for (std::size_t c = 0; c < n; ++c) product[k] += h[k * n + c] * y[c];
  }
  for (std::size_t k = 0; k < n; ++k) yhy += y[k] * product[k];
  const double was = h[i * n + j];
  Slip slip{.formula = "γH + (1 + γ·yᵀHy/sᵀy)·s·sᵀ/sᵀy − γ(Hy·sᵀ + s·yᵀH)/sᵀy", .total = was};
  slip.terms = {{{"of", {is_first ? constant("I", was) : given(entry(i, j), step - 1, was)}}, {"product", was}}};
  double ss = 0, yy = 0;
  for (std::size_t k = 0; k < n; ++k) ss += s[k] * s[k], yy += y[k] * y[k];
  if (!(sy > 1e-14 * std::sqrt(ss) * std::sqrt(yy))) return slip;  // no curvature along the step: it stays as it is
  const std::string& search = there.settings().line_search;
  const bool is_scaled = search != "fixed" && search != "exact";
  const double ratio = sy / yhy, scale = !is_scaled ? 1 : is_first ? ratio : std::sqrt(std::max(1.0, ratio));
  const double outer = (1 + scale * yhy / sy) / sy * s[i] * s[j];
  const double mixed = -scale * (product[i] * s[j] + s[i] * product[j]) / sy;
  const auto of = [&](const char* tensor, std::size_t k, double value) {
    return given(fmt::format("{}[{}]", tensor, k), step, value);
  };
  slip.terms[0]["of"].push_back(constant("γ", scale)), slip.terms[0]["product"] = scale * was;
  slip.terms.push_back({{"of", {of("step", i, s[i]), of("step", j, s[j])}}, {"product", outer}, {"name", "s·sᵀ"}});
  slip.terms.push_back(
      {{"of", {constant("Hy", product[i]), constant("Hy", product[j])}}, {"product", mixed}, {"name", "Hy·sᵀ"}});
  slip.steps = {{{"name", "sᵀy"}, {"formula", "∑ s·y"}, {"value", sy}, {"of", Json::array()}},
                {{"name", "yᵀHy"}, {"formula", "∑ y·Hy"}, {"value", yhy}, {"of", Json::array()}}};
  slip.total = scale * was + outer + mixed;
  // Rounding of the sums, as much as they cancel.
  slip.bound = 32 * static_cast<double>(n) * kUnit * (std::abs(scale * was) + std::abs(outer) + std::abs(mixed)) *
               (1 + sizes / sy);
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
  if (before && optimizer == "bfgs" && tensor == "bfgs/inverse_hessian")
    return to_json(of_inverse(there, *before, at[0], at[1]), value);
  if (before && !find_method(optimizer))
    if (const auto slip = of_moment(there, *before, name, index, at.empty() ? 0 : at[0])) return to_json(*slip, value);
  if (tensor == "x")
    return why(fmt::format("{} decides direction and length at once: no formula of one number gives it", optimizer));
  return why(fmt::format("{} keeps it from step to step; limn replay makes it again", optimizer));
}

}  // namespace limn::lab
