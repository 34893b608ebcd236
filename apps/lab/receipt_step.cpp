// Receipts of the last step itself: its rate and cost, what it added to a parameter, how fast that one learns.
#include <algorithm>
#include <cmath>

#include "lab/receipt_rule.hpp"
#include "train/minimising.hpp"

namespace limn::lab {
namespace {

Account of_line(const Scene& scene, const std::string& parameter, const std::string& symbol) {
  UpdateTwin twin(scene, parameter);
  twin.give_moments();
  for (const Line& line : twin.explained.lines)
    if (line.name == symbol)
      return Slip{.formula = line.formula,
                  .terms = {{twin.made_of(line.value), twin.value(line.value), line.formula}},
                  .bound = twin.rounding(line.value)};
  return fmt::format("no rule is written down for {}", symbol);
}

Account of_rate(const Scene& scene, const std::string& parameter) {
  UpdateTwin twin(scene, parameter);
  twin.give_moments();
  const auto given = scene.before().given();
  const double lr = double{given.at("lr")[0]} * twin.scale(), epsilon = given.at("epsilon")[0];
  for (const Line& line : twin.explained.lines) {
    if (line.name != "v̂") continue;
    const double v = twin.value(line.value);
    Slip slip{
        .formula = "η/(√v̂ + ε)",
        .terms = {{{{"η", -1, lr}, {"v̂", -1, v}, {"ε", -1, epsilon}}, lr / (std::sqrt(v) + epsilon), "η/(√v̂ + ε)"}},
        .steps = {{line.name, line.formula, v, twin.made_of(line.value)}}};
    return slip;
  }
  const auto step = scene.session.cursor().step;
  const std::size_t dot = parameter.rfind('.') + 1;
  const std::string gradient = fmt::format("{}d{}", parameter.substr(0, dot), parameter.substr(dot));
  const double added = scene.session.quantity("step/" + parameter), g = scene.session.quantity(gradient);
  const double rate = std::abs(added) / std::abs(g);
  return Slip{.formula = "|Δθ|/|g|",
              .terms = {{{{"step/" + parameter, step, added}, {gradient, step, g}}, rate, "|Δθ|/|g|"}},
              .bound = 2 * kUnit * rate};
}

}  // namespace

Account of_step(const Scene& scene, const Name& n, const std::string& name) {
  const std::string parameter = name.substr(name.find('/') + 1);
  const auto step = scene.session.cursor().step;
  if (n.state == "rate") return of_rate(scene, parameter);
  if (n.state != "step") return of_line(scene, parameter, n.state.substr(n.state.find('.') + 1));
  const double before = scene.before().quantity(parameter);
  return Slip{.formula = "θₜ − θₜ₋₁",
              .terms = {{{given(scene.session, parameter)}, scene.session.quantity(parameter)},
                        {{{parameter, step - 1, before}, {"−1", -1, -1}}, -before}}};
}

Account of_whole_step(const Scene& scene, const std::string& name) {
  const Settings& s = scene.session.settings();
  if (name == "parameters.digest") return "the first 52 bits of XXH3 over the bits of all parameters";
  if (name == "batch.digest")
    return "the sum of XXH3 over each row that the next step takes, its features as the network sees them and its "
           "target: the first 52 bits";
  if (name == "step.evaluations")
    return is_minimiser(s.optimizer) ? "counted: values and gradients that were asked for, products twice, a Hessian "
                                       "twice a parameter; times the share of the training rows"
                                     : "the share of the training rows that the step took";
  if (is_minimiser(s.optimizer)) return "the length along the direction, optim.step";
  const double rate = scene.before().given().at("lr")[0];
  return Slip{.formula = fmt::format("lr · factor of {} after {} steps", s.schedule, scene.before().cursor().step),
              .terms = {{{{"lr", -1, s.lr}, {"factor", -1, rate / s.lr}}, rate}}};
}

}  // namespace limn::lab
