#include "nn/activation.hpp"

#include <algorithm>
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
    Activation{"leaky_relu", leaky_relu},
    Activation{"elu", elu},
    Activation{"selu", selu},
    Activation{"softplus", [](Value x) { return softplus(x); }},
    Activation{"swish", swish},
    Activation{"gelu", gelu},
    Activation{"softmax", softmax},
};

Value zero(Value like) { return constant(like.graph(), 0); }
Value sum_last(Value x) { return sum_to(x, x.shape().with(-1, 1)); }

// exp(x) - 1 below 0, else 0; never computed where it would overflow, or its derivative were 0 * inf.
Value expm1_below(Value x) { return expm1(min(x, zero(x))); }

}  // namespace

Value leaky_relu(Value x) { return select(less(zero(x), x), x, 0.01 * x); }
Value elu(Value x) { return relu(x) + expm1_below(x); }
Value selu(Value x) {
  constexpr double kScale = 1.0507009873554804934193349852946, kAlpha = 1.6732632423543772848170429916717;
  return kScale * relu(x) + kScale * kAlpha * expm1_below(x);
}
Value swish(Value x) { return x * sigmoid(x); }
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
  return std::ranges::find(kActivations, name, &Activation::name) != kActivations.end();
}
Value activate(std::string_view name, Value x) {
  const auto* const found = std::ranges::find(kActivations, name, &Activation::name);
  if (found == kActivations.end())
    throw Error(fmt::format("there is no activation \"{}\"", name), "take one of " + activation_names());
  return found->apply(x);
}
std::string activation_names() {
  std::string names;
  for (const Activation& a : kActivations) names += fmt::format("{}{}", names.empty() ? "" : ", ", a.name);
  return names;
}

}  // namespace limn
