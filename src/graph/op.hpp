// The table of operations: name, arity, class, shape rule, cost. The class yields both derivative modes (autodiff/).
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/shape.hpp"
#include "base/window.hpp"

namespace limn {

enum class Op : std::uint8_t {
#define LIMN_POINTWISE(symbol, name, ...) k##symbol,
#define LIMN_OP(symbol, name, ...) k##symbol,
#include "graph/op.def"
#undef LIMN_POINTWISE
#undef LIMN_OP
};

enum class OpClass : std::uint8_t { kSource, kPointwise, kLinear, kBilinear, kChoosing, kOpaque };

// What numbers a value holds: real ones (float32 in plans, float64 in the interpreter) or indices (int32).
enum class DType : std::uint8_t { kReal, kIndex };

struct Attribute {
  double value = 0;  // constant
  Shape shape;       // input, uniform, broadcast, sum_to, reshape; the order of transpose
  std::int64_t axis = 0, low = 0,
               high = 0;  // slice, pad, concat; one_hot, scatter_add: high = n; input: axis = its number
  bool transpose_a = false, transpose_b = false;
  std::uint64_t stream = 0;  // uniform
  Window window;             // of convolutions and poolings; their shape: of what conv_data, conv_weights,
                             // window_spread and plane_scatter give
  friend bool operator==(const Attribute&, const Attribute&) = default;
};

// Returns the output's shape, or sets `why` to what does not fit.
using ShapeRule = Shape (*)(std::span<const Shape> in, const Attribute& attribute, std::string& why);

struct OpInfo {
  Op op;
  std::string_view name;
  int arity;  // -1: any number, at least one
  OpClass klass;
  ShapeRule shape;
  double flops;      // per element of the output; contractions and reductions count their own
  bool pointwise;    // out[i] depends on in[i] alone: element by element, whatever the class
  double low, high;  // a range of inputs where the operation is sensible (tests draw from it)
  std::string_view doc;
};

std::span<const OpInfo> ops();
const OpInfo& info(Op op);
inline std::string_view name(Op op) { return info(op).name; }
inline DType wanted_dtype(Op op, std::size_t i) {  // of input i
  const bool by_index = op == Op::kGather || op == Op::kScatterAdd || op == Op::kPlaneGather || op == Op::kPlaneScatter;
  return op == Op::kOneHot || (i == 1 && by_index) ? DType::kIndex : DType::kReal;
}

// The scalar meaning of a pointwise operation. Broken invariant for the others.
double pointwise_value(Op op, double a, double b, double c);

}  // namespace limn
