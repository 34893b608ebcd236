// Activations: one table, which the architecture text is read by and its errors list.
#pragma once
#include <string>
#include <string_view>

#include "graph/value.hpp"

namespace limn {

Value leaky_relu(Value x);  // x above 0, else 0.01 x (Maas, Hannun and Ng 2013)
Value elu(Value x);         // x above 0, else exp(x) - 1 (Clevert, Unterthiner and Hochreiter 2016, alpha 1)
Value selu(Value x);        // 1.0507 (x above 0, else 1.6733 (exp(x) - 1)) (Klambauer et al. 2017, equation 2)
Value swish(Value x);       // x sigmoid(x) (Ramachandran, Zoph and Le 2017)
// x * Phi(x) with the normal distribution's Phi (Hendrycks and Gimpel 2016), by the error function.
Value gelu(Value x);
Value log_softmax(Value x);  // over the last axis; the largest is taken off first
Value softmax(Value x);

// Applies the activation of that name. Error: another name.
Value activate(std::string_view name, Value x);
bool is_activation(std::string_view name);
std::string activation_names();  // all of them, for people: "linear, sigmoid, ..."

}  // namespace limn
