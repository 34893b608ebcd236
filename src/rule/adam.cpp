// Adam and its kin: running means m of the gradient and v of its square, momentum being beta1.
// Intermediate values have names because compilers trace the operands of one expression in different orders, and a
// compiled loop is found by the order.
#include <cmath>

#include "rule/family.hpp"

namespace limn::rule {
namespace {

Value running_mean(Value beta, Value mean, Value x) {
  const Value fresh = (1.0 - beta) * x;
  return beta * mean + fresh;
}

// 1 - beta^t, the sum of the weights in a running mean that started at 0; in this form it keeps its digits in float32.
Value weight_so_far(Value beta) { return -expm1(step_number(beta.graph()) * log(beta)); }

// lr m^ / (sqrt(v^) + eps), where m^ and v^ are corrected for their start at 0; the corrections are applied to scalars.
Value corrected_step(Value m, Value v, const Hyper& h) {
  if (!h.bias_correction) return h.lr * (m / (sqrt(v) + h.epsilon));
  const Value rate = h.lr / weight_so_far(h.momentum), scale = sqrt(weight_so_far(h.beta2));
  return (rate * scale) * (m / (sqrt(v) + h.epsilon * scale));
}

struct Hats {
  Value m, v;
};
Hats hats(Value m, Value v, const Hyper& h) {
  if (!h.bias_correction) return {m, v};
  return {m / weight_so_far(h.momentum), v / weight_so_far(h.beta2)};
}
Lines lines_of(const Hats& hat, const std::string& v, const Hyper& h) {
  const bool on = h.bias_correction;
  return {{"m̂", on ? "m/(1 − β₁ᵗ)" : "m", hat.m},
          {"v̂", on ? v + "/(1 − β₂ᵗ)" : v, hat.v},
          {"step", "η·m̂/(√v̂ + ε)", h.lr * (hat.m / (sqrt(hat.v) + h.epsilon))}};
}

}  // namespace

Lines adam_lines(Value, Moments, Moments after, const Hyper& h) {
  return lines_of(hats(after[0], after[1], h), "v", h);
}
Lines amsgrad_lines(Value, Moments, Moments after, const Hyper& h) {
  return lines_of(hats(after[0], after[2], h), "v_max", h);
}
Lines adamax_lines(Value, Moments, Moments after, const Hyper& h) {
  const Value m = after[0] / weight_so_far(h.momentum);
  return {{"m̂", "m/(1 − β₁ᵗ)", m}, {"step", "η·m̂/u", h.lr * (m / after[1])}};
}

// Kingma and Ba 2015, algorithm 1. With decoupled decay it is AdamW.
Update adam(Value theta, Value g, Moments moments, const Hyper& h) {
  const Value m = running_mean(h.momentum, moments[0], g), v = running_mean(h.beta2, moments[1], g * g);
  return {theta - corrected_step(m, v, h), {m, v}};
}

// Reddi, Kale and Kumar 2018, algorithm 2: divides by the largest v so far. The paper does not correct for the start;
// with bias_correction the means are corrected as Adam's are.
Update amsgrad(Value theta, Value g, Moments moments, const Hyper& h) {
  const Value m = running_mean(h.momentum, moments[0], g), v = running_mean(h.beta2, moments[1], g * g);
  const Value largest = max(moments[2], v);
  return {theta - corrected_step(m, largest, h), {m, v, largest}};
}

// Kingma and Ba 2015, algorithm 2: the largest gradient, slowly forgotten, instead of v. eps keeps it from 0.
Update adamax(Value theta, Value g, Moments moments, const Hyper& h) {
  const Value m = running_mean(h.momentum, moments[0], g);
  const Value old_u = h.beta2 * moments[1], u = max(old_u, abs(g) + h.epsilon);
  return {theta - (h.lr / weight_so_far(h.momentum)) * (m / u), {m, u}};
}

// Dozat 2016, algorithm 2, with his warming of the momentum mu_t = beta1 (1 - 0.96^(t/250) / 2); `product` is that of
// all mu so far.
Update nadam(Value theta, Value g, Moments moments, const Hyper& h) {
  const Value t = step_number(theta.graph());
  const auto mu = [&](Value at) { return h.momentum * (1.0 - 0.5 * exp(at * (std::log(0.96) / 250))); };
  const Value now = mu(t), next = mu(t + 1.0), product = moments[2] * now;
  const Value m = running_mean(h.momentum, moments[0], g), v = running_mean(h.beta2, moments[1], g * g);
  const Value scale = sqrt(weight_so_far(h.beta2)), rate = h.lr * scale;
  const Value of_g = rate * (1.0 - now) / (1.0 - product), of_m = rate * next / (1.0 - product * next);
  const Value by_g = of_g * g, by_m = of_m * m, divisor = sqrt(v) + h.epsilon * scale;
  return {theta - (by_g + by_m) / divisor, {m, v, product}};
}

Lines nadam_lines(Value g, Moments, Moments after, const Hyper& h) {
  const Value t = step_number(g.graph()), product = after[2];
  const auto mu = [&](Value at) { return h.momentum * (1.0 - 0.5 * exp(at * (std::log(0.96) / 250))); };
  const Value now = mu(t), next = mu(t + 1.0);
  const Value m = next * after[0] / (1.0 - product * next) + (1.0 - now) * g / (1.0 - product);
  const Value v = after[1] / weight_so_far(h.beta2);
  return {{"μ", "β₁·(1 − 0.96^(t/250)/2)", now},
          {"μ′", "μ at t + 1", next},
          {"m̂", "μ′·m/(1 − Πμ·μ′) + (1 − μ)·g/(1 − Πμ)", m},
          {"v̂", "v/(1 − β₂ᵗ)", v},
          {"step", "η·m̂/(√v̂ + ε)", h.lr * (m / (sqrt(v) + h.epsilon))}};
}

namespace {

// L(y) = coth(y) - 1/y and 1 - L(y), for y >= 0, without cancellation: below 1 by Lambert's continued fraction
// y / (3 + y^2 / (5 + y^2 / (7 + ...))), above by exponentials.
struct Langevin {
  Value low, complement;
};
Langevin langevin(Value y) {
  Value tail = constant(y.graph(), 21);
  for (int odd = 19; odd >= 3; odd -= 2) tail = static_cast<double>(odd) + y * y / tail;
  const Value doubled = min(2.0 * y, constant(y.graph(), 80));  // as good as infinite, and no overflow
  const Value near = y / tail, inverse = 1.0 / y, rest = 2.0 / expm1(doubled),
              is_near = less(y, constant(y.graph(), 1));
  return {select(is_near, near, 1.0 + rest - inverse), select(is_near, 1.0 - near, inverse - rest)};
}

}  // namespace

namespace {

struct Rectification {
  Value rho, r;
};
Rectification rectification(const Hyper& h) {
  const Value t = step_number(h.beta2.graph()), half = -0.5 * log(h.beta2), low = langevin(half).low;
  const Value rho_inf = low + 1.0 / half, rho = low + t * langevin(t * half).complement;
  const Value r = sqrt((rho - 4.0) * (rho - 2.0) * rho_inf / ((rho_inf - 4.0) * (rho_inf - 2.0) * rho));
  return {rho, r};
}

}  // namespace

// Liu et al. 2020, algorithm 2: as long as v knows too little (rho <= 5, as the authors' program has it; the paper
// says 4) the step is m^ alone, then Adam's times r. With x = -log(beta2),
//   rho_inf = 2 / (1 - beta2) - 1 = coth(x/2),
//   rho = rho_inf - 2 t beta2^t / (1 - beta2^t) = L(x/2) + t (1 - L(t x/2))
// where the second form keeps its digits. eps is added to the uncorrected root, as PyTorch does.
Update radam(Value theta, Value g, Moments moments, const Hyper& h) {
  const Value m = running_mean(h.momentum, moments[0], g), v = running_mean(h.beta2, moments[1], g * g);
  const auto [rho, r] = rectification(h);
  const Value rate = h.lr / weight_so_far(h.momentum), adapted = rate * (r * sqrt(weight_so_far(h.beta2)));
  const Value plain_step = rate * m, adapted_step = adapted * (m / (sqrt(v) + h.epsilon));
  return {theta - select(less(constant(g.graph(), 5), rho), adapted_step, plain_step), {m, v}};
}

Lines radam_lines(Value g, Moments, Moments after, const Hyper& h) {
  const auto [rho, r] = rectification(h);
  const Value m = after[0] / weight_so_far(h.momentum);
  const Value adapted = m * (r * sqrt(weight_so_far(h.beta2)) / (sqrt(after[1]) + h.epsilon));
  return {
      {"m̂", "m/(1 − β₁ᵗ)", m},
      {"ρ", "2/(1 − β₂) − 1 − 2·t·β₂ᵗ/(1 − β₂ᵗ)", rho},
      {"r", "√((ρ−4)(ρ−2)ρ∞/((ρ∞−4)(ρ∞−2)ρ))", r},
      {"step", "m̂·r·√(1 − β₂ᵗ)/(√v + ε) where ρ > 5, else m̂", select(less(constant(g.graph(), 5), rho), adapted, m)}};
}

}  // namespace limn::rule
