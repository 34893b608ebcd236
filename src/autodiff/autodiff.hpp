// Derivatives of values, as values of the same graph: so they can be differentiated again, planned and drawn.
#pragma once
#include "graph/value.hpp"

namespace limn {

// Tangents of `outputs` when `inputs` (any values, also inner ones) move along `tangents`. Shapes: as the outputs.
std::vector<Value> jvp(std::span<const Value> outputs, std::span<const Value> inputs, std::span<const Value> tangents);

// Cotangents of `inputs` (any values, also inner ones) from those of `outputs`. Shapes: as the inputs.
std::vector<Value> vjp(std::span<const Value> outputs, std::span<const Value> cotangents,
                       std::span<const Value> inputs);

// Gradient of a scalar.
std::vector<Value> grad(Value scalar, std::span<const Value> inputs);
Value grad(Value scalar, Value input);

// Hessian of a scalar times v, as the jvp of the gradient (Pearlmutter, "Fast exact multiplication by the Hessian",
// 1994).
Value hvp(Value scalar, Value input, Value v);

// Gauss-Newton product J^T H_L J v, with J of the model's output and H_L the loss's Hessian there
// (Schraudolph, "Fast curvature matrix-vector products", 2002). The loss must depend on `input` through `output` alone.
// J is that of the output where the `held` values, inner ones, are constants.
Value ggn(Value loss, Value output, Value input, Value v, std::span<const Value> held = {});

}  // namespace limn
