// A rate of its own for every parameter, by the squares of its gradients. beta2 is how slowly they are forgotten.
// Intermediate values have names because compilers trace the operands of one expression in different orders, and a
// compiled loop is found by the order.
#include "rule/family.hpp"

namespace limn::rule {

// Duchi, Hazan and Singer 2011, figure 1 (diagonal): theta -= lr g / (sqrt(sum of g^2) + eps).
Update adagrad(Value theta, Value g, Moments moments, const Hyper& h) {
  const Value sum = moments[0] + g * g;
  return {theta - h.lr * (g / (sqrt(sum) + h.epsilon)), {sum}};
}

// Tieleman and Hinton 2012, lecture 6.5: the sum becomes a running mean.
Update rmsprop(Value theta, Value g, Moments moments, const Hyper& h) {
  const Value fresh = (1.0 - h.beta2) * (g * g), square = h.beta2 * moments[0] + fresh;
  return {theta - h.lr * (g / (sqrt(square) + h.epsilon)), {square}};
}

// Graves 2013, equations 38 to 40 without momentum: by the variance of the gradient instead of its square. Rounding
// must not make a variance negative. eps stands outside of the root, as in rmsprop.
Update rmsprop_centred(Value theta, Value g, Moments moments, const Hyper& h) {
  const Value fresh = (1.0 - h.beta2) * (g * g), square = h.beta2 * moments[0] + fresh;
  const Value fresh_mean = (1.0 - h.beta2) * g, mean = h.beta2 * moments[1] + fresh_mean;
  const Value variance = max(square - mean * mean, constant(g.graph(), 0));
  return {theta - h.lr * (g / (sqrt(variance) + h.epsilon)), {square, mean}};
}

// Zeiler 2012, algorithm 1: the root of the mean square step stands for the rate, so that units agree; lr scales it.
Update adadelta(Value theta, Value g, Moments moments, const Hyper& h) {
  const Value fresh = (1.0 - h.beta2) * (g * g), square = h.beta2 * moments[0] + fresh;
  const Value length = sqrt(moments[1] + h.epsilon), step = length / sqrt(square + h.epsilon) * g;
  const Value fresh_step = (1.0 - h.beta2) * (step * step), steps = h.beta2 * moments[1] + fresh_step;
  return {theta - h.lr * step, {square, steps}};
}

Lines adadelta_lines(Value g, Moments before, Moments after, const Hyper& h) {
  return {{"Δ", "g·√(u + ε)/√(v + ε), by the old u", sqrt(before[1] + h.epsilon) / sqrt(after[0] + h.epsilon) * g}};
}

}  // namespace limn::rule
