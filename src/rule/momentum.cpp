// Gradient descent, plain and with momentum.
#include "rule/family.hpp"

namespace limn::rule {

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

}  // namespace limn::rule
