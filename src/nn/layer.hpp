// Layers and losses: plain functions that only build graph. x is [batch, features] throughout.
#pragma once
#include <string_view>

#include "graph/value.hpp"

namespace limn {

Value dense(Value x, Value w, Value b);  // x w + b; w [inputs, outputs], b [outputs] -> [batch, outputs]

// gelu: x * Phi(x) with the normal distribution's Phi (Hendrycks and Gimpel 2016), by the error function.
Value gelu(Value x);
Value log_softmax(Value x);  // over the last axis; the largest is taken off first
Value softmax(Value x);

// linear, sigmoid, tanh, relu, gelu, softmax. Error: another name.
Value activate(std::string_view name, Value x);
bool is_activation(std::string_view name);

// Keeps each element with probability 1 - rate, divided by it (Srivastava et al. 2014, "inverted"). rate in [0, 1).
Value dropout(Value x, double rate, std::string_view stream);

// Losses by row, [batch]; train on their mean.
Value softmax_cross_entropy(Value logits, Value labels);   // logits [batch, classes], labels [batch] indices
Value logistic_cross_entropy(Value logit, Value targets);  // both [batch, 1]; softplus(z) - z t
Value squared_error(Value output, Value targets);          // mean over the outputs of (y - t)^2; both [batch, outputs]

}  // namespace limn
