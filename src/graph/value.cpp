#include "graph/value.hpp"

#include <algorithm>
#include <array>
#include <numbers>

#include "base/random.hpp"

namespace limn {
namespace {

Value unary(Op op, const Located& a, const Attribute& attribute = {}) {
  Graph& graph = a.value.graph();
  return {graph, graph.add(op, {a.value.id()}, attribute, a.place)};
}

// NumPy's common shape of two; where there is none, the first one's (the operation then says what does not fit).
Shape common_shape(const Shape& a, const Shape& b) {
  const int rank = std::max(a.rank(), b.rank());
  std::array<std::int64_t, Shape::kMaxRank> dims{};
  for (int i = 1; i <= rank; ++i) {
    const auto x = i <= a.rank() ? a[a.rank() - i] : 1, y = i <= b.rank() ? b[b.rank() - i] : 1;
    if (x != y && x != 1 && y != 1) return a;
    dims[rank - i] = x == 1 ? y : x;
  }
  return Shape(std::span<const std::int64_t>(dims.data(), rank));
}

NodeId fit(const Located& a, const Shape& shape) {
  if (a.value.shape() == shape) return a.value.id();
  std::string why;
  Attribute attribute;
  attribute.shape = shape;
  info(Op::kBroadcast).shape(std::array{a.value.shape()}, attribute, why);
  return why.empty() ? broadcast(a, shape).id() : a.value.id();
}

// Adding 0 and multiplying or dividing by 1 give the operand itself: derivative rules make many of these.
Value neutral(Op op, Value a, Value b) {
  double number = 0;
  const bool sum = op == Op::kAdd || op == Op::kSub, product = op == Op::kMul || op == Op::kDiv;
  if ((sum || product) && is_splat(b, number) && number == (sum ? 0 : 1)) return a;
  if ((op == Op::kAdd || op == Op::kMul) && is_splat(a, number) && number == (sum ? 0 : 1)) return b;
  return {};
}

Value pointwise(Op op, const Located& a, Value b, Value c = {}) {
  Graph& graph = a.value.graph();
  Shape shape = common_shape(a.value.shape(), b.shape());
  if (c) shape = common_shape(shape, c.shape());
  const Value x(graph, fit(a, shape)), y(graph, fit({b, a.place}, shape));
  if (!c) {
    if (const Value same = neutral(op, x, y)) return same;
    return {graph, graph.add(op, {x.id(), y.id()}, {}, a.place)};
  }
  return {graph, graph.add(op, {x.id(), y.id(), fit({c, a.place}, shape)}, {}, a.place)};
}

}  // namespace

#define LIMN_OP(...)
#define LIMN_POINTWISE(symbol, name, arity, ...) LIMN_DEFINE_##arity(symbol, name)
#define LIMN_DEFINE_1(symbol, name) \
  Value name(Located a) { return unary(Op::k##symbol, a); }
#define LIMN_DEFINE_2(symbol, name) \
  Value name(Located a, Value b) { return pointwise(Op::k##symbol, a, b); }
#define LIMN_DEFINE_3(symbol, name) \
  Value name(Located a, Value b, Value c) { return pointwise(Op::k##symbol, a, b, c); }
#include "graph/op.def"
#undef LIMN_DEFINE_1
#undef LIMN_DEFINE_2
#undef LIMN_DEFINE_3
#undef LIMN_POINTWISE
#undef LIMN_OP

bool is_splat(const Graph& graph, NodeId id, double& number) {
  const Node* node = &graph[id];
  while (node->op == Op::kBroadcast) node = &graph[node->in[0]];
  if (node->op != Op::kConstant) return false;
  number = node->attribute.value;
  return true;
}

Value input(Graph& graph, std::string_view name, Shape shape, DType dtype, std::source_location at) {
  return {graph, graph.add_input(std::string(name), shape, dtype, at)};
}
Value constant(Graph& graph, double value, std::source_location at) {
  Attribute attribute;
  attribute.value = value;
  return {graph, graph.add(Op::kConstant, {}, attribute, at)};
}
Value step_number(Graph& graph, std::source_location at) { return {graph, graph.add(Op::kStep, {}, {}, at)}; }
Value uniform(Graph& graph, Shape shape, std::string_view stream, std::source_location at) {
  Attribute attribute;
  attribute.shape = shape;
  attribute.stream = stream_name_hash(stream);
  return {graph, graph.add(Op::kUniform, {}, attribute, at)};
}
Value normal(Graph& graph, Shape shape, std::string_view stream, std::source_location at) {
  const Value radius = uniform(graph, shape, fmt::format("{}/radius", stream), at),
              angle = uniform(graph, shape, fmt::format("{}/angle", stream), at);
  return sqrt(-2.0 * log(1.0 - radius)) * cos(2 * std::numbers::pi * angle);
}

Value stop(Located a) { return unary(Op::kStop, a); }
Value argmax(Located a) { return unary(Op::kArgmax, a); }
Value reduce_max(Located a) { return unary(Op::kReduceMax, a); }
Value one_hot(Located index, std::int64_t n) {
  Attribute attribute;
  attribute.high = n;
  return unary(Op::kOneHot, index, attribute);
}

namespace {
Value to_shape(Op op, const Located& a, const Shape& to) {
  if (a.value.shape() == to) return a.value;
  Attribute attribute;
  attribute.shape = to;
  return unary(op, a, attribute);
}
}  // namespace
Value broadcast(Located a, Shape to) { return to_shape(Op::kBroadcast, a, to); }
Value sum_to(Located a, Shape to) { return to_shape(Op::kSumTo, a, to); }
Value reshape(Located a, Shape to) { return to_shape(Op::kReshape, a, to); }
Value transpose(Located a, Shape order) {
  Attribute attribute;
  attribute.shape = order;
  return unary(Op::kTranspose, a, attribute);
}

Value slice(Located a, int axis, std::int64_t low, std::int64_t high) {
  Attribute attribute;
  attribute.axis = axis, attribute.low = low, attribute.high = high;
  return unary(Op::kSlice, a, attribute);
}
Value pad(Located a, int axis, std::int64_t low, std::int64_t total) {
  Attribute attribute;
  attribute.axis = axis, attribute.low = low, attribute.high = total;
  return unary(Op::kPad, a, attribute);
}
Value concat(std::span<const Value> parts, int axis, std::source_location at) {
  LIMN_CHECK(!parts.empty());
  Graph& graph = parts[0].graph();
  std::vector<NodeId> in;
  for (const Value& part : parts) in.push_back(part.id());
  Attribute attribute;
  attribute.axis = axis;
  return {graph, graph.add(Op::kConcat, std::move(in), attribute, at)};
}
Value gather(Located table, Value index) {
  Graph& graph = table.value.graph();
  return {graph, graph.add(Op::kGather, {table.value.id(), index.id()}, {}, table.place)};
}
Value scatter_add(Located rows, Value index, std::int64_t n) {
  Graph& graph = rows.value.graph();
  Attribute attribute;
  attribute.high = n;
  return {graph, graph.add(Op::kScatterAdd, {rows.value.id(), index.id()}, attribute, rows.place)};
}
Value matmul(Located a, Value b, bool transpose_a, bool transpose_b) {
  Graph& graph = a.value.graph();
  Attribute attribute;
  attribute.transpose_a = transpose_a, attribute.transpose_b = transpose_b;
  return {graph, graph.add(Op::kMatMul, {a.value.id(), b.id()}, attribute, a.place)};
}

namespace {
Value windowed(Op op, const Located& a, Value b, const Window& window, const Shape& shape = {}) {
  Attribute attribute;
  attribute.window = window, attribute.shape = shape;
  Graph& graph = a.value.graph();
  std::vector<NodeId> in{a.value.id()};
  if (b) in.push_back(b.id());
  return {graph, graph.add(op, std::move(in), attribute, a.place)};
}
}  // namespace
Value conv(Located x, Value w, const Window& window) { return windowed(Op::kConv, x, w, window); }
Value conv_data(Located c, Value w, const Window& window, Shape x) { return windowed(Op::kConvData, c, w, window, x); }
Value conv_weights(Located x, Value c, const Window& window, Shape w) {
  return windowed(Op::kConvWeights, x, c, window, w);
}
Value window_sum(Located x, const Window& window) { return windowed(Op::kWindowSum, x, {}, window); }
Value window_spread(Located c, const Window& window, Shape x) { return windowed(Op::kWindowSpread, c, {}, window, x); }
Value window_argmax(Located x, const Window& window) { return windowed(Op::kWindowArgmax, x, {}, window); }
Value plane_gather(Located x, Value index) { return windowed(Op::kPlaneGather, x, index, {}); }
Value plane_scatter(Located c, Value index, Shape x) { return windowed(Op::kPlaneScatter, c, index, {}, x); }

Value mean(Located a) { return div({sum(a), a.place}, constant(a.value.graph(), static_cast<double>(a.value.size()))); }

}  // namespace limn
