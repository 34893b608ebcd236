#include "lab/receipt_function.hpp"

#include <cmath>
#include <limits>
#include <optional>

#include "base/error.hpp"
#include "lab/state.hpp"

namespace limn::lab {
namespace {

using Json = nlohmann::json;

constexpr double kUnit = std::numeric_limits<double>::epsilon() / 2;
constexpr double kRoundings = 64;  // operations of a rule on one number, with room

Json given(const std::string& name, std::int64_t step, double value) {
  return {{"name", name}, {"step", step}, {"value", value}, {"hex", hex_float(value)}};
}
Json constant(const std::string& name, double value) { return given(name, -1, value); }

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
Json why(std::string text) { return {{"receipt", nullptr}, {"why", std::move(text)}}; }

// A number of the state, where the method keeps one of that name.
std::optional<double> number_of(Descent& there, const std::string& name) {
  const std::string tensor = name.substr(0, name.find('['));
  for (const TensorView& view : there.state())
    if (view.name == tensor) return there.quantity(name);
  return {};
}

// The point of a step: what was there, and what the step added.
Slip of_point(Descent& there, Descent& before, const std::string& name, const std::string& index) {
  const std::int64_t step = there.cursor().step;
  const double was = before.quantity(name);
  Slip slip;
  slip.terms.push_back({{"of", {given(name, step - 1, was)}}, {"product", was}, {"name", name}});
  const Settings& settings = there.settings();
  double added = 0;
  if (find_method(settings.optimizer)) {
    const std::string direction = settings.optimizer + "/direction" + index;
    if (const std::optional<double> d = number_of(there, direction)) {
      const double length = there.quantity("optim.step");
      added = length * *d;
      slip.formula = "x + α·d";
      slip.terms.push_back(
          {{"of", {given("optim.step", step, length), given(direction, step, *d)}}, {"product", added}});
    } else {  // a trust region or damping decides direction and length at once
      added = there.quantity("step" + index);
      slip.formula = "x + p";
      slip.terms.push_back({{"of", {given("step" + index, step, added)}}, {"product", added}});
    }
  } else {
    const Rule& rule = find_rule(settings.optimizer);
    slip.formula = std::string(rule.formula);
    const double g = before.quantity("gradient" + index);
    Json of = {given("gradient" + index, step - 1, g), constant("η", settings.lr)};
    for (const Moment& moment : rule.moments) {
      const std::string moved = moment.is_scalar ? std::string(moment.name) : std::string(moment.name) + "/x" + index;
      slip.steps.push_back(
          {{"name", moment.symbol},
           {"formula", moment.formula},
           {"value", there.quantity(moved)},
           {"of", {given(moved, step - 1, before.quantity(moved)), given(moved, step, there.quantity(moved))}}});
    }
    for (const auto& line : there.lines(index))
      slip.steps.push_back(
          {{"name", line.name}, {"formula", line.formula}, {"value", line.value}, {"of", Json::array()}});
    added = there.quantity("step" + index);
    slip.terms.push_back({{"of", of}, {"product", added}, {"name", "Δ"}});
  }
  slip.total = was + added;
  slip.bound = kRoundings * kUnit * (std::abs(was) + std::abs(added));
  return slip;
}

// A derivative, beside the central difference of what it is the derivative of.
Slip of_derivative(Descent& there, const std::string& of, const std::string& name, const std::string& formula,
                   std::size_t along, double value) {
  const std::int64_t step = there.cursor().step;
  std::vector<double> x = there.point();
  const double h = std::cbrt(std::numeric_limits<double>::epsilon()) * std::max(1.0, std::abs(x[along]));
  const auto at = [&](double to) {
    std::vector<double> moved = x;
    moved[along] += to;
    return there.look_at(moved, of);
  };
  const double low = at(-h), high = at(h), here = at(0), central = (high - low) / (2 * h);
  const double apart = std::abs(central - value),
               relative = apart / std::max({std::abs(central), std::abs(value), 1e-8});
  // What the difference loses to rounding and to curvature: both are seen in how the two sides differ.
  const double left = (here - low) / h, right = (high - here) / h;
  const double noise = 8 * kUnit * (std::abs(low) + std::abs(high)) / h;
  Slip slip;
  slip.formula = formula;
  for (std::size_t i = 0; i < std::min<std::size_t>(x.size(), 6); ++i)
    slip.terms.push_back({{"of", {given(fmt::format("x[{}]", i), step, x[i])}},
                          {"product", x[i]},
                          {"name", there.function().variables[i]}});
  slip.total = value;
  slip.bound = 0;
  const bool close = relative < 1e-3 || apart <= noise;
  slip.central = {{"value", central},
                  {"relative", relative},
                  {"h", h},
                  {"left", left},
                  {"right", right},
                  {"verdict", close                                                                       ? "agrees"
                              : std::abs(left - right) > 0.01 * std::max(std::abs(left), std::abs(right)) ? "kink"
                                                                                                          : "differs"}};
  (void)name;
  return slip;
}

}  // namespace

Json receipt(Descent& there, Descent* before, const std::string& name, double value) {
  const std::size_t bracket = std::min(name.find('['), name.size());
  const std::string tensor = name.substr(0, bracket), index = name.substr(bracket);
  if (tensor == "x") {
    if (!before) return why("where the run begins: no step was taken yet");
    return to_json(of_point(there, *before, name, index), value);
  }
  if (tensor == "value" || name == "train.loss") {
    Descent* at = tensor == "value" ? &there : before;
    if (!at) return why("where the run begins: no step was taken yet");
    Slip slip;
    slip.formula = there.function().formula;
    const auto& x = at->point();
    for (std::size_t i = 0; i < std::min<std::size_t>(x.size(), 6); ++i)
      slip.terms.push_back({{"of", {given(fmt::format("x[{}]", i), at->cursor().step, x[i])}},
                            {"product", x[i]},
                            {"name", there.function().variables[i]}});
    slip.total = at->look_at(x, "value");
    slip.bound = there.settings().noise > 0 && tensor != "value" ? std::abs(slip.total - value) : 0;
    return to_json(slip, value);
  }
  if (tensor == "gradient") {
    const std::size_t i = std::strtoull(index.c_str() + 1, nullptr, 10);
    return to_json(of_derivative(there, "value", name, fmt::format("∂f/∂{}", there.function().variables[i]), i, value),
                   value);
  }
  if (tensor == "hessian") {
    char* end = nullptr;
    const std::size_t i = std::strtoull(index.c_str() + 1, &end, 10), j = std::strtoull(end + 1, nullptr, 10);
    const auto& names = there.function().variables;
    return to_json(of_derivative(there, fmt::format("gradient[{}]", i), name,
                                 fmt::format("∂²f/∂{}∂{}", names[i], names[j]), j, value),
                   value);
  }
  if (tensor == "step" && before) {
    const std::string x = "x" + index;
    Slip slip;
    slip.formula = "x − x′";
    const double now = there.quantity(x), was = before->quantity(x);
    slip.terms = {{{"of", {given(x, there.cursor().step, now)}}, {"product", now}},
                  {{"of", {given(x, there.cursor().step - 1, was)}}, {"product", -was}}};
    slip.total = now - was;
    return to_json(slip, value);
  }
  return why(fmt::format("{} keeps it from step to step; limn replay makes it again", there.settings().optimizer));
}

}  // namespace limn::lab
