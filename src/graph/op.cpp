#include "graph/op.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace limn {
namespace {

using Shapes = std::span<const Shape>;

Shape scalar(Shapes, const Attribute&, std::string&) { return {}; }
Shape from_attribute(Shapes, const Attribute& attribute, std::string&) { return attribute.shape; }
Shape as_input(Shapes in, const Attribute&, std::string&) { return in[0]; }

Shape all_equal(Shapes in, const Attribute&, std::string& why) {
  for (const Shape& shape : in)
    if (shape != in[0]) why = "the shapes must be equal";
  return in[0];
}

Shape one_hot(Shapes in, const Attribute& attribute, std::string& why) {
  if (in[0].rank() >= Shape::kMaxRank || attribute.high < 1)
    return why = "wants room for one more axis of n >= 1", Shape{};
  std::array<std::int64_t, Shape::kMaxRank> dims{};
  for (int i = 0; i < in[0].rank(); ++i) dims[i] = in[0][i];
  dims[in[0].rank()] = attribute.high;
  return Shape(std::span<const std::int64_t>(dims.data(), in[0].rank() + 1));
}

Shape argmax(Shapes in, const Attribute&, std::string& why) {
  if (in[0].rank() < 1) return why = "wants at least one axis", Shape{};
  return Shape(in[0].dims().first(in[0].rank() - 1));
}

Shape reduce_max(Shapes in, const Attribute&, std::string& why) {
  if (in[0].rank() < 1) return why = "wants at least one axis", Shape{};
  return in[0].with(-1, 1);
}

// Axes are matched from the last one; an absent axis or one of size 1 repeats.
bool broadcasts(const Shape& from, const Shape& to) {
  if (from.rank() > to.rank()) return false;
  for (int i = 1; i <= from.rank(); ++i)
    if (from[from.rank() - i] != to[to.rank() - i] && from[from.rank() - i] != 1) return false;
  return true;
}
Shape broadcast(Shapes in, const Attribute& attribute, std::string& why) {
  if (!broadcasts(in[0], attribute.shape)) why = "cannot be repeated to " + to_string(attribute.shape);
  return attribute.shape;
}
Shape sum_to(Shapes in, const Attribute& attribute, std::string& why) {
  if (!broadcasts(attribute.shape, in[0])) why = "cannot be summed to " + to_string(attribute.shape);
  return attribute.shape;
}

Shape reshape(Shapes in, const Attribute& attribute, std::string& why) {
  if (in[0].size() != attribute.shape.size()) why = "has not as many elements as " + to_string(attribute.shape);
  return attribute.shape;
}

Shape transpose(Shapes in, const Attribute& attribute, std::string& why) {
  const Shape& order = attribute.shape;
  if (order.rank() != in[0].rank()) return why = "the order must name every axis once", Shape{};
  std::array<std::int64_t, Shape::kMaxRank> dims{};
  unsigned seen = 0;
  for (int i = 0; i < order.rank(); ++i) {
    if (order[i] < 0 || order[i] >= order.rank()) return why = "the order must name every axis once", Shape{};
    seen |= 1u << order[i];
    dims[i] = in[0][static_cast<int>(order[i])];
  }
  if (seen != (1u << order.rank()) - 1) why = "the order must name every axis once";
  return Shape(std::span<const std::int64_t>(dims.data(), order.rank()));
}

bool has_axis(const Shape& shape, std::int64_t axis, std::string& why) {
  if (axis >= 0 && axis < shape.rank()) return true;
  why = fmt::format("there is no axis {}", axis);
  return false;
}
Shape slice(Shapes in, const Attribute& a, std::string& why) {
  if (!has_axis(in[0], a.axis, why)) return {};
  if (a.low < 0 || a.low > a.high || a.high > in[0][static_cast<int>(a.axis)])
    return why = fmt::format("{} .. {} is not inside axis {}", a.low, a.high, a.axis), Shape{};
  return in[0].with(static_cast<int>(a.axis), a.high - a.low);
}
Shape pad(Shapes in, const Attribute& a, std::string& why) {
  if (!has_axis(in[0], a.axis, why)) return {};
  if (a.low < 0 || a.low + in[0][static_cast<int>(a.axis)] > a.high)
    return why = fmt::format("does not fit behind {} into {}", a.low, a.high), Shape{};
  return in[0].with(static_cast<int>(a.axis), a.high);
}
Shape concat(Shapes in, const Attribute& a, std::string& why) {
  if (!has_axis(in[0], a.axis, why)) return {};
  const int axis = static_cast<int>(a.axis);
  std::int64_t length = 0;
  for (const Shape& shape : in) {
    if (shape.rank() != in[0].rank() || shape.with(axis, 0) != in[0].with(axis, 0))
      return why = fmt::format("the shapes differ in more than axis {}", axis), Shape{};
    length += shape[axis];
  }
  return in[0].with(axis, length);
}

// `lead` in the place of the first `cut` axes of `of`.
Shape with_lead(std::span<const std::int64_t> lead, const Shape& of, int cut, std::string& why) {
  std::vector<std::int64_t> dims(lead.begin(), lead.end());
  for (int i = cut; i < of.rank(); ++i) dims.push_back(of[i]);
  if (dims.size() > Shape::kMaxRank) return why = fmt::format("would have more than {} axes", Shape::kMaxRank), Shape{};
  return Shape(dims);
}
Shape gather(Shapes in, const Attribute&, std::string& why) {
  if (in[0].rank() < 1) return why = "wants a table with at least one axis", Shape{};
  return with_lead(in[1].dims(), in[0], 1, why);
}
Shape scatter_add(Shapes in, const Attribute& a, std::string& why) {
  const int axes = in[1].rank();
  if (a.high < 1) why = "wants a table of at least one row";
  if (axes > in[0].rank() || !std::ranges::equal(in[0].dims().first(static_cast<std::size_t>(axes)), in[1].dims()))
    return why = "wants one index a row", Shape{};
  return with_lead(std::span(&a.high, 1), in[0], axes, why);
}

Shape matmul(Shapes in, const Attribute& a, std::string& why) {
  if (in[0].rank() != 2 || in[1].rank() != 2) return why = "wants two matrices", Shape{};
  const auto rows = in[0][a.transpose_a ? 1 : 0], inner = in[0][a.transpose_a ? 0 : 1];
  const auto inner_b = in[1][a.transpose_b ? 1 : 0], columns = in[1][a.transpose_b ? 0 : 1];
  if (inner != inner_b) why = fmt::format("the inner sizes {} and {} differ", inner, inner_b);
  return {rows, columns};
}

Shape kernel_shape(const Window& w, std::int64_t out, std::int64_t in) {
  std::vector<std::int64_t> dims(w.size.begin(), w.size.begin() + w.axes);
  dims.insert(dims.end(), {in / w.groups, out});
  return Shape(dims);
}
// x [n, in..., i], w [size..., i / groups, o], y [n, out..., o]: whether they belong together.
void check_conv(const Window& window, const Shape& x, const Shape& w, const Shape& y, std::string& why) {
  if (x.rank() != window.axes + 2 || w.rank() != x.rank() || y.rank() != x.rank()) {
    why = fmt::format("wants a batch, {} axes and channels, and weights", window.axes);
    return;
  }
  if (x[-1] % window.groups != 0 || w[-1] % window.groups != 0)
    why = fmt::format("{} channels to {} do not fall into {} groups", x[-1], w[-1], window.groups);
  else if (w != kernel_shape(window, w[-1], x[-1]))
    why = fmt::format("wants weights {}", to_string(kernel_shape(window, w[-1], x[-1])));
  else if (const Shape wanted = window_shape(window, x, w[-1], why); why.empty() && y != wanted)
    why = fmt::format("does not go with an output {}", to_string(wanted));
}
Shape conv(Shapes in, const Attribute& a, std::string& why) {
  if (why = fault_of(a.window); !why.empty() || in[1].rank() == 0) return why += "wants weights", Shape{};
  const Shape y = window_shape(a.window, in[0], in[1][-1], why);
  if (why.empty()) check_conv(a.window, in[0], in[1], y, why);
  return y;
}
Shape conv_data(Shapes in, const Attribute& a, std::string& why) {
  Shape w = in[1];
  if (a.transpose_b && w.rank() > 1) w = w.with(-1, in[1][-2]).with(-2, in[1][-1]);
  if (why = fault_of(a.window); why.empty()) check_conv(a.window, a.shape, w, in[0], why);
  return a.shape;
}
Shape conv_weights(Shapes in, const Attribute& a, std::string& why) {
  if (why = fault_of(a.window); why.empty()) check_conv(a.window, in[0], a.shape, in[1], why);
  return a.shape;
}
Shape window_sum(Shapes in, const Attribute& a, std::string& why) {
  return window_shape(a.window, in[0], in[0].rank() > 0 ? in[0][-1] : 0, why);
}
Shape window_spread(Shapes in, const Attribute& a, std::string& why) {
  const Shape wanted = window_sum(std::span(&a.shape, 1), a, why);
  if (why.empty() && in[0] != wanted) why = "does not come from windows over " + to_string(a.shape);
  return a.shape;
}
bool share_planes(const Shape& a, const Shape& b, std::string& why) {
  if (a.rank() > 2 && b.rank() > 2 && a[0] == b[0] && a[-1] == b[-1]) return true;
  why = "wants planes of one batch and as many channels";
  return false;
}
Shape plane_gather(Shapes in, const Attribute&, std::string& why) { return share_planes(in[0], in[1], why), in[1]; }
Shape plane_scatter(Shapes in, const Attribute& a, std::string& why) {
  if (in[0] != in[1]) why = "wants one index an element";
  if (why.empty()) share_planes(in[0], a.shape, why);
  return a.shape;
}

constexpr double kAnywhere = 9;

const OpInfo kOps[] = {
#define LIMN_POINTWISE(symbol, name, arity, klass, flops, low, high, meaning, doc) \
  {Op::k##symbol, #name, arity, OpClass::k##klass, all_equal, flops, true, low, high, doc},
#define LIMN_OP(symbol, name, arity, klass, shape_rule, flops, doc) \
  {Op::k##symbol, #name, arity, OpClass::k##klass, shape_rule, flops, false, -kAnywhere, kAnywhere, doc},
#include "graph/op.def"
#undef LIMN_POINTWISE
#undef LIMN_OP
};

}  // namespace

std::span<const OpInfo> ops() { return kOps; }
const OpInfo& info(Op op) { return kOps[static_cast<int>(op)]; }

double pointwise_value(Op op, double a, [[maybe_unused]] double b, [[maybe_unused]] double c) {
  using T = double;
  switch (op) {
#define LIMN_POINTWISE(symbol, name, arity, klass, flops, low, high, meaning, doc) \
  case Op::k##symbol: return meaning;
#define LIMN_OP(...)
#include "graph/op.def"
#undef LIMN_POINTWISE
#undef LIMN_OP
    default: LIMN_CHECK(false, "{} is not pointwise", name(op));
  }
  return 0;
}

}  // namespace limn
