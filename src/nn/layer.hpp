// Layers: plain functions that only build graph. x is [batch, features] throughout.
#pragma once
#include <string_view>

#include "graph/value.hpp"

namespace limn {

Value dense(Value x, Value w, Value b);  // x w + b; w [inputs, outputs], b [outputs] -> [batch, outputs]

// Keeps each element with probability 1 - rate, divided by it (Srivastava et al. 2014, "inverted"). rate in [0, 1).
Value dropout(Value x, double rate, std::string_view stream);

}  // namespace limn
