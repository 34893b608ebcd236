// The derivative rules. A pointwise operation gives its partials, a linear one itself and its transpose, a bilinear one
// its transpose in each argument, a choosing one its condition (selected, never multiplied: 0 * inf is NaN), an opaque
// one nothing. Source: Griewank and Walther, "Evaluating Derivatives" (2008), chapters 3 and 4.
#include "autodiff/rule.hpp"

#include <array>
#include <cmath>
#include <numbers>

namespace limn {
namespace {

// Pointwise: d output / d input i, in terms of the inputs a, b and the output y.
Value partial(Op op, int i, Value a, Value b, Value y) {
  Graph& graph = y.graph();
  switch (op) {
    case Op::kNeg: return constant(graph, -1);
    case Op::kAbs: return sign(a);
    case Op::kExp: return y;
    case Op::kLog: return 1.0 / a;
    case Op::kLog1p: return 1.0 / (1.0 + a);
    case Op::kExpm1: return y + 1.0;
    case Op::kSqrt: return 0.5 / y;
    case Op::kSin: return cos(a);
    case Op::kCos: return -sin(a);
    case Op::kAtan: return 1.0 / (1.0 + a * a);
    case Op::kTanh: return 1.0 - y * y;
    case Op::kErf: return 2 * std::numbers::inv_sqrtpi * exp(-(a * a));
    case Op::kSigmoid: return y * (1.0 - y);
    case Op::kSoftplus: return sigmoid(a);
    case Op::kAdd: return constant(graph, 1);
    case Op::kSub: return constant(graph, i == 0 ? 1 : -1);
    case Op::kMul: return i == 0 ? b : a;
    case Op::kDiv: return i == 0 ? 1.0 / b : -(y / b);
    case Op::kPow: return i == 0 ? b * pow(a, b - 1.0) : y * select(a, log(a), constant(graph, 0));  // 0^b stays 0
    default: LIMN_CHECK(false, "{} has no partials", name(op));
  }
  return {};
}

// Choosing: input i passes where the condition holds (or where it does not).
struct Choice {
  Value condition;
  bool where_true;
};
Choice choice(Op op, int i, std::span<const Value> in, Value y) {
  switch (op) {
    case Op::kRelu: return {less(constant(y.graph(), 0), y), true};
    case Op::kMax: return {less(in[0], in[1]), i == 1};
    case Op::kMin: return {less(in[1], in[0]), i == 1};
    case Op::kSelect: return {in[0], i == 1};
    default: LIMN_CHECK(false, "{} does not choose", name(op));
  }
  return {};
}
Value pass(const Choice& choice, Value v) {
  const Value zero = constant(v.graph(), 0);
  return choice.where_true ? select(choice.condition, v, zero) : select(choice.condition, zero, v);
}

// Linear: the operation itself on other inputs; indices stay. concat alone has several; a zero part is written out
// there.
Value linear(Graph& graph, const Node& node, std::span<const Value> tangents) {
  std::vector<NodeId> in;
  for (std::size_t i = 0; i < node.in.size(); ++i)
    if (wanted_dtype(node.op, i) == DType::kIndex)
      in.push_back(node.in[i]);
    else
      in.push_back((tangents[i] ? tangents[i] : broadcast(constant(graph, 0), graph[node.in[i]].shape)).id());
  return {graph, graph.add(node.op, std::move(in), node.attribute, node.place)};
}

Shape inverse(const Shape& order) {
  std::array<std::int64_t, Shape::kMaxRank> dims{};
  for (int i = 0; i < order.rank(); ++i) dims[order[i]] = i;
  return Shape(std::span<const std::int64_t>(dims.data(), order.rank()));
}

// Linear: the transpose, for input i.
Value transposed(const Node& node, Graph& graph, int i, Value c) {
  if (wanted_dtype(node.op, static_cast<std::size_t>(i)) == DType::kIndex) return {};
  const Shape& shape = graph[node.in[i]].shape;
  const Attribute& a = node.attribute;
  const int axis = static_cast<int>(a.axis);
  switch (node.op) {
    case Op::kBroadcast: return sum_to(c, shape);
    case Op::kSumTo: return broadcast(c, shape);
    case Op::kReshape: return reshape(c, shape);
    case Op::kTranspose: return transpose(c, inverse(a.shape));
    case Op::kSlice: return pad(c, axis, a.low, shape[axis]);
    case Op::kPad: return slice(c, axis, a.low, a.low + shape[axis]);
    case Op::kGather: return scatter_add(c, Value(graph, node.in[1]), shape[0]);
    case Op::kScatterAdd: return gather(c, Value(graph, node.in[1]));
    case Op::kWindowSum: return window_spread(c, a.window, shape);
    case Op::kWindowSpread: return window_sum(c, a.window);
    case Op::kPlaneGather: return plane_scatter(c, Value(graph, node.in[1]), shape);
    case Op::kPlaneScatter: return plane_gather(c, Value(graph, node.in[1]));
    case Op::kConcat: {
      std::int64_t low = 0;
      for (int k = 0; k < i; ++k) low += graph[node.in[k]].shape[axis];
      return slice(c, axis, low, low + shape[axis]);
    }
    default: LIMN_CHECK(false, "{} has no transpose", name(node.op));
  }
  return {};
}

// Bilinear: C = op(A) op(B), so dA = dC op(B)^T and dB = op(A)^T dC, each transposed back if its side was.
Value matmul_transposed(const Attribute& at, int i, Value a, Value b, Value c) {
  if (i == 0) return at.transpose_a ? matmul(b, c, at.transpose_b, true) : matmul(c, b, false, !at.transpose_b);
  return at.transpose_b ? matmul(c, a, true, at.transpose_a) : matmul(a, c, !at.transpose_a, false);
}

// The same geometry in the three roles: data from weights and outputs, weights from data and outputs.
Value conv_transposed(const Node& node, int i, Value a, Value b, Value c) {
  const Window& window = node.attribute.window;
  switch (node.op) {
    case Op::kConv: return i == 0 ? conv_data(c, b, window, a.shape()) : conv_weights(a, c, window, b.shape());
    case Op::kConvData: return i == 0 ? conv(c, b, window) : conv_weights(c, a, window, b.shape());
    default: return i == 0 ? conv_data(b, c, window, a.shape()) : conv(a, c, window);
  }
}

Value bilinear_transposed(const Node& node, int i, Value a, Value b, Value c) {
  return node.op == Op::kMatMul ? matmul_transposed(node.attribute, i, a, b, c) : conv_transposed(node, i, a, b, c);
}

// The largest of the last axis: a 1 at the first largest element, 0 elsewhere.
Value first_largest(Value a) { return one_hot(argmax(a), a.shape()[-1]); }

std::vector<Value> inputs_of(Graph& graph, const Node& node) {
  std::vector<Value> in;
  for (NodeId id : node.in) in.emplace_back(graph, id);
  return in;
}
Value plus(Value a, Value b) { return a ? b ? a + b : a : b; }

}  // namespace

Value tangent_of(Graph& graph, NodeId id, std::span<const Value> tangents) {
  const Node node = graph[id];  // a copy: the graph grows below
  const std::vector<Value> in = inputs_of(graph, node);
  const Value y(graph, id);
  const int arity = static_cast<int>(in.size());
  Value sum;
  switch (info(node.op).klass) {
    case OpClass::kPointwise:
      for (int i = 0; i < arity; ++i)
        if (tangents[i]) sum = plus(sum, tangents[i] * partial(node.op, i, in[0], arity > 1 ? in[1] : in[0], y));
      return sum;
    case OpClass::kLinear: return linear(graph, node, tangents);
    case OpClass::kBilinear: {
      const auto again = [&](Value a, Value b) {
        return Value(graph, graph.add(node.op, {a.id(), b.id()}, node.attribute, node.place));
      };
      if (tangents[0]) sum = again(tangents[0], in[1]);
      if (tangents[1]) sum = plus(sum, again(in[0], tangents[1]));
      return sum;
    }
    case OpClass::kChoosing: {
      if (node.op == Op::kReduceMax)
        return sum_to(select(first_largest(in[0]), tangents[0], constant(graph, 0)), node.shape);
      for (int i = node.op == Op::kSelect; i < arity; ++i)
        if (tangents[i]) sum = plus(sum, pass(choice(node.op, i, in, y), tangents[i]));
      return sum;
    }
    case OpClass::kSource:
    case OpClass::kOpaque: return {};
  }
  return {};
}

Value cotangent_of(Graph& graph, NodeId id, int i, Value c) {
  const Node node = graph[id];
  const std::vector<Value> in = inputs_of(graph, node);
  const Value y(graph, id);
  switch (info(node.op).klass) {
    case OpClass::kPointwise: return c * partial(node.op, i, in[0], in.size() > 1 ? in[1] : in[0], y);
    case OpClass::kLinear: return transposed(node, graph, i, c);
    case OpClass::kBilinear: return bilinear_transposed(node, i, in[0], in[1], c);
    case OpClass::kChoosing:
      if (node.op == Op::kReduceMax) return select(first_largest(in[0]), c, constant(graph, 0));
      if (node.op == Op::kSelect && i == 0) return {};
      return pass(choice(node.op, i, in, y), c);
    case OpClass::kSource:
    case OpClass::kOpaque: return {};
  }
  return {};
}

}  // namespace limn
