#include "nn/layer.hpp"

#include <array>
#include <numbers>

namespace limn {
namespace {

struct Activation {
  std::string_view name;
  Value (*apply)(Value);
};
constexpr std::array kActivations = {
    Activation{"linear", [](Value x) { return x; }},
    Activation{"sigmoid", [](Value x) { return sigmoid(x); }},
    Activation{"tanh", [](Value x) { return tanh(x); }},
    Activation{"relu", [](Value x) { return relu(x); }},
    Activation{"gelu", gelu},
    Activation{"softmax", softmax},
};

Value sum_last(Value x) { return sum_to(x, x.shape().with(-1, 1)); }
Value by_row(Value x) { return reshape(x, {x.shape()[0]}); }

}  // namespace

Value dense(Value x, Value w, Value b) { return matmul(x, w) + b; }

Value gelu(Value x) { return x * (0.5 * (1.0 + erf(x * (1 / std::numbers::sqrt2)))); }

Value log_softmax(Value x) {
  const Value shifted = x - stop(reduce_max(x));
  return shifted - log(sum_last(exp(shifted)));
}
Value softmax(Value x) {
  const Value e = exp(x - stop(reduce_max(x)));
  return e / sum_last(e);
}

bool is_activation(std::string_view name) {
  for (const Activation& a : kActivations)
    if (a.name == name) return true;
  return false;
}
Value activate(std::string_view name, Value x) {
  for (const Activation& a : kActivations)
    if (a.name == name) return a.apply(x);
  throw Error(fmt::format("there is no activation \"{}\"", name), "take linear, sigmoid, tanh, relu, gelu or softmax");
}

Value dropout(Value x, double rate, std::string_view stream) {
  if (rate == 0) return x;
  const Value keep = less(uniform(x.graph(), x.shape(), stream), constant(x.graph(), 1 - rate));
  return select(keep, x * (1 / (1 - rate)), constant(x.graph(), 0));
}

Value softmax_cross_entropy(Value logits, Value labels) {
  // Selected, not multiplied: a class ruled out by a logit of -inf costs nothing while it is not the label.
  const Value zero = constant(logits.graph(), 0);
  const Value picked = select(one_hot(labels, logits.shape()[-1]), log_softmax(logits), zero);
  return by_row(-sum_last(picked));
}
Value logistic_cross_entropy(Value logit, Value targets) { return by_row(softplus(logit) - logit * targets); }
Value squared_error(Value output, Value targets) {
  const Value difference = output - targets;
  return by_row(sum_last(difference * difference) / static_cast<double>(output.shape()[-1]));
}

}  // namespace limn
