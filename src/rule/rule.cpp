#include "rule/rule.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace limn {
namespace {

using Moments = std::span<const Value>;

Update sgd(Value theta, Value g, Moments, const Hyper& h) { return {theta - h.lr * g, {}}; }

// Polyak 1964 in the form of Sutskever et al. 2013 with the rate outside: v = m v + g, theta -= lr v.
Update momentum(Value theta, Value g, Moments moments, const Hyper& h) {
  const Value v = h.momentum * moments[0] + g;
  return {theta - h.lr * v, {v}};
}

// Nesterov 1983 as rewritten by Bengio et al. 2013: theta -= lr (g + m v) with the new v.
Update nesterov(Value theta, Value g, Moments moments, const Hyper& h) {
  const Value v = h.momentum * moments[0] + g;
  return {theta - h.lr * (g + h.momentum * v), {v}};
}

// Kingma and Ba 2015, algorithm 1. 1 - beta^t = -expm1(t log beta) keeps its digits in float32.
Update adam(Value theta, Value g, Moments moments, const Hyper& h) {
  const Value t = step_number(theta.graph());
  // Named one by one: compilers trace the operands of one expression in different orders, and the compiled loop is
  // found by the order.
  const Value new_m = (1.0 - h.momentum) * g, m = h.momentum * moments[0] + new_m;
  const Value new_v = (1.0 - h.beta2) * (g * g), v = h.beta2 * moments[1] + new_v;
  const Value rate = h.lr / -expm1(t * log(h.momentum)), scale = sqrt(-expm1(t * log(h.beta2)));
  // lr m^ / (sqrt(v^) + eps) with m^, v^ corrected for their start at zero; the corrections are applied to the scalars.
  return {theta - (rate * scale) * (m / (sqrt(v) + h.epsilon * scale)), {m, v}};
}

const Rule kRules[] = {
    {"sgd", {}, sgd},
    {"momentum", {"momentum"}, momentum},
    {"nesterov", {"momentum"}, nesterov},
    {"adam", {"adam.m", "adam.v"}, adam},
};

}  // namespace

std::span<const Rule> rules() { return kRules; }

const Rule& find_rule(std::string_view name) {
  const auto it = std::ranges::find(kRules, name, &Rule::name);
  if (it != std::end(kRules)) return *it;
  throw Error(fmt::format("there is no optimizer \"{}\"", name), "take sgd, momentum, nesterov or adam");
}

double schedule_factor(std::string_view schedule, std::int64_t step, std::int64_t total) {
  if (schedule == "constant") return 1;
  if (schedule != "cosine")
    throw Error(fmt::format("there is no schedule \"{}\"", schedule), "take constant or cosine");
  const double done =
      std::clamp(static_cast<double>(step) / static_cast<double>(std::max<std::int64_t>(total, 1)), 0.0, 1.0);
  return 0.5 * (1 + std::cos(std::numbers::pi * done));
}

}  // namespace limn
