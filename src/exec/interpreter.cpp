#include "exec/interpreter.hpp"

#include <algorithm>

#include "base/random.hpp"

namespace limn {
namespace {

using Numbers = std::vector<double>;

// Visits every element of `shape` with its coordinates.
template <class Visit>
void each(const Shape& shape, Visit visit) {
  std::array<std::int64_t, Shape::kMaxRank> at{};
  for (std::int64_t i = 0; i < shape.size(); ++i) {
    visit(at, i);
    for (int axis = shape.rank() - 1; axis >= 0 && ++at[axis] == shape[axis]; --axis) at[axis] = 0;
  }
}

std::int64_t offset(const Shape& shape, std::span<const std::int64_t> at) {
  std::int64_t o = 0;
  for (int i = 0; i < shape.rank(); ++i) o = o * shape[i] + at[i];
  return o;
}

// Where the element at `at` of the large shape lies in the small one that is broadcast to it.
std::int64_t broadcast_offset(const Shape& small, const Shape& large, std::span<const std::int64_t> at) {
  std::array<std::int64_t, Shape::kMaxRank> in{};
  for (int i = 0; i < small.rank(); ++i) in[i] = small[i] == 1 ? 0 : at[i + large.rank() - small.rank()];
  return offset(small, in);
}

class Run {
 public:
  Run(const Fn& fn, std::span<const Numbers> inputs, RunPoint point)
      : graph_(fn.graph), inputs_(inputs), point_(point) {
    for (NodeId id = 0; id < graph_.size(); ++id) values_.push_back(evaluate(graph_[id]));
  }
  std::vector<Numbers> values_;

 private:
  Numbers evaluate(const Node& node);
  Numbers move(const Node& node);  // slice, pad, concat, transpose, broadcast, sum_to
  Numbers matmul(const Node& node);
  Numbers by_index(const Node& node);  // gather, scatter_add
  const Numbers& in(const Node& node, int i) const { return values_[node.in[i]]; }

  const Graph& graph_;
  std::span<const Numbers> inputs_;
  RunPoint point_;
};

Numbers Run::evaluate(const Node& node) {
  const auto size = static_cast<std::size_t>(node.shape.size());
  const auto last = node.in.empty() || graph_[node.in[0]].shape.rank() == 0 ? 1 : graph_[node.in[0]].shape[-1];
  Numbers y(size);
  if (info(node.op).pointwise) {
    const int arity = info(node.op).arity;
    for (std::size_t i = 0; i < size; ++i)
      y[i] = pointwise_value(node.op, in(node, 0)[i], arity > 1 ? in(node, 1)[i] : 0, arity > 2 ? in(node, 2)[i] : 0);
    return y;
  }
  switch (node.op) {
    case Op::kInput: {
      const Numbers& given = inputs_[node.attribute.axis];
      LIMN_CHECK(given.size() == size, "input {} has {} elements, not {}", node.attribute.axis, given.size(), size);
      return given;
    }
    case Op::kConstant: return {node.attribute.value};
    case Op::kStep: return {static_cast<double>(point_.step)};
    case Op::kUniform: {
      const auto key = stream_key(point_.seed, node.attribute.stream);
      for (std::size_t i = 0; i < size; ++i) y[i] = unit_float(tensor_bits(key, point_.step, i));
      return y;
    }
    case Op::kStop:
    case Op::kReshape: return in(node, 0);
    case Op::kOneHot:
      for (std::size_t i = 0; i < in(node, 0).size(); ++i) {
        const double k = in(node, 0)[i];
        if (k >= 0 && k < static_cast<double>(node.attribute.high))
          y[i * node.attribute.high + static_cast<std::size_t>(k)] = 1;
      }
      return y;
    case Op::kArgmax:
    case Op::kReduceMax:
      for (std::size_t i = 0; i < size; ++i) {
        const auto row = in(node, 0).begin() + static_cast<std::int64_t>(i) * last;
        const auto largest = std::max_element(row, row + last);
        y[i] = node.op == Op::kArgmax ? static_cast<double>(largest - row) : *largest;
      }
      return y;
    case Op::kGather:
    case Op::kScatterAdd: return by_index(node);
    case Op::kMatMul: return matmul(node);
    default: return move(node);
  }
}

Numbers Run::matmul(const Node& node) {
  const Shape &a = graph_[node.in[0]].shape, &b = graph_[node.in[1]].shape;
  const auto [ta, tb] = std::pair(node.attribute.transpose_a, node.attribute.transpose_b);
  const auto rows = node.shape[0], columns = node.shape[1], inner = a[ta ? 0 : 1];
  Numbers y(static_cast<std::size_t>(rows * columns));
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::int64_t k = 0; k < inner; ++k) {
      const double x = in(node, 0)[ta ? k * a[1] + i : i * a[1] + k];
      for (std::int64_t j = 0; j < columns; ++j)
        y[i * columns + j] += x * in(node, 1)[tb ? j * b[1] + k : k * b[1] + j];
    }
  return y;
}

Numbers Run::by_index(const Node& node) {
  const Numbers& index = in(node, 1);
  const auto size = static_cast<std::size_t>(node.shape.size());
  const bool gathers = node.op == Op::kGather;
  const auto n = gathers ? graph_[node.in[0]].shape[0] : node.attribute.high;
  const std::size_t width = gathers ? in(node, 0).size() / std::max<std::size_t>(static_cast<std::size_t>(n), 1)
                                    : size / static_cast<std::size_t>(n);
  Numbers y(size);
  for (std::size_t i = 0; i < index.size(); ++i) {
    if (!(index[i] >= 0 && index[i] < static_cast<double>(n))) continue;
    const std::size_t row = static_cast<std::size_t>(index[i]) * width;
    for (std::size_t k = 0; k < width; ++k)
      if (gathers)
        y[i * width + k] = in(node, 0)[row + k];
      else
        y[row + k] += in(node, 0)[i * width + k];
  }
  return y;
}

Numbers Run::move(const Node& node) {
  Numbers y(static_cast<std::size_t>(node.shape.size()));
  const Attribute& a = node.attribute;
  std::int64_t behind = 0;  // elements of the axis taken by the parts before, of concat
  for (std::size_t part = 0; part < node.in.size(); ++part) {
    const Numbers& x = values_[node.in[part]];
    const Shape& from = graph_[node.in[part]].shape;
    switch (node.op) {
      case Op::kBroadcast:
        each(node.shape, [&](auto& at, auto i) { y[i] = x[broadcast_offset(from, node.shape, at)]; });
        break;
      case Op::kSumTo: each(from, [&](auto& at, auto i) { y[broadcast_offset(node.shape, from, at)] += x[i]; }); break;
      case Op::kTranspose:
        each(node.shape, [&](auto& at, auto i) {
          std::array<std::int64_t, Shape::kMaxRank> old{};
          for (int k = 0; k < node.shape.rank(); ++k) old[a.shape[k]] = at[k];
          y[i] = x[offset(from, old)];
        });
        break;
      case Op::kSlice:
        each(node.shape, [&](auto at, auto i) { at[a.axis] += a.low, y[i] = x[offset(from, at)]; });
        break;
      case Op::kPad:
      case Op::kConcat:
        each(from, [&](auto at, auto i) {
          at[a.axis] += node.op == Op::kPad ? a.low : behind;
          y[offset(node.shape, at)] = x[i];
        });
        behind += from[static_cast<int>(a.axis)];
        break;
      default: LIMN_CHECK(false, "the interpreter does not know {}", name(node.op));
    }
  }
  return y;
}

}  // namespace

std::vector<Numbers> interpret_all(const Fn& fn, std::span<const Numbers> inputs, RunPoint point) {
  LIMN_CHECK(inputs.size() == fn.graph.inputs().size());
  return std::move(Run(fn, inputs, point).values_);
}

std::vector<Numbers> interpret(const Fn& fn, std::span<const Numbers> inputs, RunPoint point) {
  auto all = interpret_all(fn, inputs, point);
  std::vector<Numbers> outputs;
  for (const Output& output : fn.outputs) outputs.push_back(all[output.id]);
  return outputs;
}

}  // namespace limn
