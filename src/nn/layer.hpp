// Layers: plain functions that only build graph. x is [batch, features...]; layers of planes alone: nn/plane.hpp.
#pragma once
#include <string_view>

#include "graph/value.hpp"

namespace limn {

Value dense(Value x, Value w, Value b);  // x w + b; w [inputs, outputs], b [outputs] -> [batch, outputs]

// Keeps each element with probability 1 - rate, divided by it (Srivastava et al. 2014, "inverted"). rate in [0, 1).
Value dropout(Value x, double rate, std::string_view stream);
// The same for whole channels of x [batch, height, width, channels] (Tompson et al. 2015, "SpatialDropout").
Value spatial_dropout(Value x, double rate, std::string_view stream);

}  // namespace limn
