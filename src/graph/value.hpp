// Values: handles to nodes, with the operations as functions, so that a model is an ordinary C++ function over them.
// Two operands of different shapes are broadcast as NumPy does. Every function throws Error when shapes do not fit.
#pragma once
#include <span>
#include <string_view>
#include <vector>

#include "graph/graph.hpp"

namespace limn {

class Value {
 public:
  Value() = default;  // no value: a derivative that is zero everywhere
  Value(Graph& graph, NodeId id) : graph_(&graph), id_(id) {}
  explicit operator bool() const { return graph_ != nullptr; }
  Graph& graph() const { return *graph_; }
  NodeId id() const { return id_; }
  const Node& node() const { return (*graph_)[id_]; }
  const Shape& shape() const { return node().shape; }
  std::int64_t size() const { return shape().size(); }

 private:
  Graph* graph_ = nullptr;
  NodeId id_ = kNoNode;
};

// A value and the source line that uses it; made by the conversion at the call, so that errors name the user's line.
struct Located {
  Value value;
  std::source_location place;
  // NOLINTNEXTLINE(google-explicit-constructor): the conversion is the point
  Located(Value v, std::source_location at = std::source_location::current()) : value(v), place(at) {}
};

Value input(Graph& graph, std::string_view name, Shape shape, DType dtype = DType::kReal,
            std::source_location at = std::source_location::current());
Value constant(Graph& graph, double value, std::source_location at = std::source_location::current());
Value step_number(Graph& graph, std::source_location at = std::source_location::current());
// Random numbers of the stream; two calls with one stream are the same numbers.
Value uniform(Graph& graph, Shape shape, std::string_view stream,
              std::source_location at = std::source_location::current());
// Normal random numbers, mean 0 and deviation 1, |x| < 5.8, made of two streams of uniform ones (Box and Muller 1958).
Value normal(Graph& graph, Shape shape, std::string_view stream,
             std::source_location at = std::source_location::current());

#define LIMN_OP(...)
#define LIMN_POINTWISE(symbol, name, arity, ...) LIMN_DECLARE_##arity(name)
#define LIMN_DECLARE_1(name) Value name(Located a);
#define LIMN_DECLARE_2(name) Value name(Located a, Value b);
#define LIMN_DECLARE_3(name) Value name(Located a, Value b, Value c);
#include "graph/op.def"
#undef LIMN_DECLARE_1
#undef LIMN_DECLARE_2
#undef LIMN_DECLARE_3
#undef LIMN_POINTWISE
#undef LIMN_OP

Value stop(Located a);
Value one_hot(Located index, std::int64_t n);
Value argmax(Located a);
Value reduce_max(Located a);
Value broadcast(Located a, Shape to);
Value sum_to(Located a, Shape to);
Value reshape(Located a, Shape to);
Value transpose(Located a, Shape order);
Value slice(Located a, int axis, std::int64_t low, std::int64_t high);
Value pad(Located a, int axis, std::int64_t low, std::int64_t total);
Value concat(std::span<const Value> parts, int axis, std::source_location at = std::source_location::current());
// Row index[i...] of a table [n, row...] -> [index..., row...]; zeros where an index is out of range.
Value gather(Located table, Value index);
// The transpose of gather: rows [index..., row...] added up in order into zeros [n, row...].
Value scatter_add(Located rows, Value index, std::int64_t n);
Value matmul(Located a, Value b, bool transpose_a = false, bool transpose_b = false);

// Convolutions of x [n, in..., i] with w [size..., i / groups, o] into [n, out..., o]: y[n, p, o] is the sum over q and
// i of x[n, p * stride + q * dilation - low, i] w[q, i, o], where that lies inside. (A cross-correlation, as in all
// libraries.) A plan may multiply zeros beyond the border, of one channel and in conv_weights: there, infinity is NaN.
Value conv(Located x, Value w, const Window& window);
// Its transposes, given the shape of what they make; conv_data is also known as a transposed convolution.
Value conv_data(Located c, Value w, const Window& window, Shape x);
Value conv_weights(Located x, Value c, const Window& window, Shape w);
// Over each channel of [n, in..., c] apart; what lies outside adds nothing, and is never the largest.
Value window_sum(Located x, const Window& window);
Value window_spread(Located c, const Window& window, Shape x);
Value window_argmax(Located x, const Window& window);  // indices into the plane; -1 where a window lies all outside
Value plane_gather(Located x, Value index);
Value plane_scatter(Located c, Value index, Shape x);
// The largest of each window; 0 where it lies all outside. Ties take the first.
inline Value window_max(Located x, const Window& window) {
  return plane_gather(x, window_argmax({x.value, x.place}, window));
}

inline Value pow(Located a, double b) { return pow(a, constant(a.value.graph(), b, a.place)); }
inline Value sum(Located a) { return sum_to(a, {}); }                                         // over all elements
Value mean(Located a);                                                                        // over all elements
inline Value reduce_min(Located a) { return neg({reduce_max({neg(a), a.place}), a.place}); }  // of the last axis

inline Value operator-(Located a) { return neg(a); }
inline Value operator+(Located a, Value b) { return add(a, b); }
inline Value operator-(Located a, Value b) { return sub(a, b); }
inline Value operator*(Located a, Value b) { return mul(a, b); }
inline Value operator/(Located a, Value b) { return div(a, b); }
inline Value operator+(Located a, double b) { return add(a, constant(a.value.graph(), b, a.place)); }
inline Value operator-(Located a, double b) { return sub(a, constant(a.value.graph(), b, a.place)); }
inline Value operator*(Located a, double b) { return mul(a, constant(a.value.graph(), b, a.place)); }
inline Value operator/(Located a, double b) { return div(a, constant(a.value.graph(), b, a.place)); }
inline Value operator+(double a, Located b) { return add({constant(b.value.graph(), a), b.place}, b.value); }
inline Value operator-(double a, Located b) { return sub({constant(b.value.graph(), a), b.place}, b.value); }
inline Value operator*(double a, Located b) { return mul({constant(b.value.graph(), a), b.place}, b.value); }
inline Value operator/(double a, Located b) { return div({constant(b.value.graph(), a), b.place}, b.value); }

// The number that a value is everywhere, if it is a constant or a broadcast of one.
bool is_splat(const Graph& graph, NodeId id, double& number);
inline bool is_splat(Value a, double& number) { return is_splat(a.graph(), a.id(), number); }

}  // namespace limn
