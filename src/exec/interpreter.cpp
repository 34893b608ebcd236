#include "exec/interpreter.hpp"

#include <algorithm>

#include "base/random.hpp"
#include "exec/coordinates.hpp"
#include "exec/windows.hpp"

namespace limn {

using Numbers = Interpreter::Numbers;

Interpreter::Interpreter(const Fn& fn, RunPoint point)
    : graph_(fn.graph), point_(point), values_(static_cast<std::size_t>(graph_.size())), roundings_(values_.size()) {}

void Interpreter::grow() {
  values_.resize(static_cast<std::size_t>(graph_.size()));
  roundings_.resize(values_.size());
}

void Interpreter::give(NodeId id, Numbers numbers) {
  LIMN_CHECK(numbers.size() == static_cast<std::size_t>(graph_[id].shape.size()), "node {} has {} elements, not {}", id,
             graph_[id].shape.size(), numbers.size());
  grow();
  std::vector<bool> stale(values_.size(), false);
  stale[static_cast<std::size_t>(id)] = true;
  for (NodeId node = id + 1; node < graph_.size(); ++node) {
    if (given_.contains(node) || !std::ranges::any_of(graph_[node].in, [&](NodeId in) { return stale[in]; })) continue;
    stale[node] = true;
    values_[node].clear(), roundings_[node].clear();
  }
  given_.insert(id);
  values_[id] = std::move(numbers), roundings_[id].clear();
}

const Numbers& Interpreter::value(NodeId id) {
  grow();
  std::vector<bool> wanted(static_cast<std::size_t>(id) + 1, false);
  wanted[static_cast<std::size_t>(id)] = true;
  for (NodeId node = id; node >= 0; --node) {
    if (!values_[node].empty()) wanted[node] = false;
    if (wanted[node])
      for (const NodeId in : graph_[node].in) wanted[in] = true;
  }
  for (NodeId node = 0; node <= id; ++node)
    if (wanted[node]) values_[node] = evaluate(graph_[node]);
  return values_[id];
}

Numbers Interpreter::evaluate(const Node& node) const {
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
    case Op::kInput:
      LIMN_CHECK(false, "nothing is given for the input {}", graph_.input_name(graph_.inputs()[node.attribute.axis]));
      return y;
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
    case Op::kScatterAdd: return by_index(node, in(node, 0));
    case Op::kMatMul: return matmul(node, in(node, 0), in(node, 1));
    case Op::kConv:
    case Op::kConvData:
    case Op::kConvWeights: return convolve(node, in(node, 0), in(node, 1));
    case Op::kWindowSum:
    case Op::kWindowSpread:
    case Op::kWindowArgmax: return over_windows(node, in(node, 0));
    case Op::kPlaneGather:
    case Op::kPlaneScatter: return over_planes(node, in(node, 0));
    default: return move(node, values_);
  }
}

Numbers Interpreter::matmul(const Node& node, const Numbers& left, const Numbers& right) const {
  const Shape &a = graph_[node.in[0]].shape, &b = graph_[node.in[1]].shape;
  const auto [ta, tb] = std::pair(node.attribute.transpose_a, node.attribute.transpose_b);
  const auto rows = node.shape[0], columns = node.shape[1], inner = a[ta ? 0 : 1];
  Numbers y(static_cast<std::size_t>(rows * columns));
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::int64_t k = 0; k < inner; ++k) {
      const double x = left[ta ? k * a[1] + i : i * a[1] + k];
      for (std::int64_t j = 0; j < columns; ++j) y[i * columns + j] += x * right[tb ? j * b[1] + k : k * b[1] + j];
    }
  return y;
}

Numbers Interpreter::convolve(const Node& node, const Numbers& left, const Numbers& right) const {
  LIMN_CHECK(!node.attribute.transpose_b, "plans alone take transposed weights");
  const Shape &a = graph_[node.in[0]].shape, &b = graph_[node.in[1]].shape;
  const Window& window = node.attribute.window;
  Numbers y(static_cast<std::size_t>(node.shape.size()));
  if (node.op == Op::kConv)
    each_product(window, a, b, node.shape, [&](auto x, auto w, auto o) { y[o] += left[x] * right[w]; });
  else if (node.op == Op::kConvData)
    each_product(window, node.shape, b, a, [&](auto x, auto w, auto o) { y[x] += left[o] * right[w]; });
  else
    each_product(window, a, node.shape, b, [&](auto x, auto w, auto o) { y[w] += left[x] * right[o]; });
  return y;
}

Numbers Interpreter::over_windows(const Node& node, const Numbers& x) const {
  const Window& window = node.attribute.window;
  const Shape& whole = node.op == Op::kWindowSpread ? node.shape : graph_[node.in[0]].shape;
  const auto plane = plane_of(window, whole);
  const std::int64_t channels = whole[-1], size = plane[0] * plane[1] * plane[2];
  Numbers y(static_cast<std::size_t>(node.shape.size()), node.op == Op::kWindowArgmax ? -1 : 0);
  const auto made = node.op == Op::kWindowSpread ? std::ssize(x) : std::ssize(y);
  const std::int64_t places = whole[0] * channels == 0 ? 0 : made / (whole[0] * channels);
  for (std::int64_t p = 0; p < whole[0] * channels; ++p) {
    const std::int64_t n = p / channels, c = p % channels;
    each_covered(window, plane, [&](std::int64_t place, std::int64_t element, std::int64_t) {
      if (element < 0) return;
      const std::int64_t out = (n * places + place) * channels + c;
      const auto at = [&](std::int64_t of_plane) { return (n * size + of_plane) * channels + c; };
      if (node.op == Op::kWindowSum)
        y[out] += x[at(element)];
      else if (node.op == Op::kWindowSpread)
        y[at(element)] += x[out];
      else if (y[out] < 0 || x[at(element)] > x[at(static_cast<std::int64_t>(y[out]))])
        y[out] = static_cast<double>(element);
    });
  }
  return y;
}

Numbers Interpreter::over_planes(const Node& node, const Numbers& x) const {
  const Numbers& index = in(node, 1);
  const bool gathers = node.op == Op::kPlaneGather;
  const Shape& planes = gathers ? graph_[node.in[0]].shape : node.shape;
  const std::int64_t channels = planes[-1], count = planes[0] * channels, size = count == 0 ? 0 : planes.size() / count,
                     image = count == 0 ? 1 : std::ssize(index) / planes[0];
  Numbers y(static_cast<std::size_t>(node.shape.size()));
  for (std::int64_t i = 0; i < std::ssize(index); ++i) {
    if (!(index[i] >= 0 && index[i] < static_cast<double>(size))) continue;
    const std::int64_t at = (i / image * size + static_cast<std::int64_t>(index[i])) * channels + i % channels;
    (gathers ? y[i] : y[at]) += gathers ? x[at] : x[i];
  }
  return y;
}

Numbers Interpreter::by_index(const Node& node, const Numbers& table) const {
  const Numbers& index = in(node, 1);
  const auto size = static_cast<std::size_t>(node.shape.size());
  const bool gathers = node.op == Op::kGather;
  const auto n = gathers ? graph_[node.in[0]].shape[0] : node.attribute.high;
  const std::size_t width = gathers ? table.size() / std::max<std::size_t>(static_cast<std::size_t>(n), 1)
                                    : size / static_cast<std::size_t>(n);
  Numbers y(size);
  for (std::size_t i = 0; i < index.size(); ++i) {
    if (!(index[i] >= 0 && index[i] < static_cast<double>(n))) continue;
    const std::size_t row = static_cast<std::size_t>(index[i]) * width;
    for (std::size_t k = 0; k < width; ++k)
      if (gathers)
        y[i * width + k] = table[row + k];
      else
        y[row + k] += table[i * width + k];
  }
  return y;
}

Numbers Interpreter::move(const Node& node, const std::vector<Numbers>& values) const {
  Numbers y(static_cast<std::size_t>(node.shape.size()));
  const Attribute& a = node.attribute;
  std::int64_t behind = 0;  // elements of the axis taken by the parts before, of concat
  for (std::size_t part = 0; part < node.in.size(); ++part) {
    const Numbers& x = values[node.in[part]];
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

std::vector<Numbers> interpret_all(const Fn& fn, std::span<const Numbers> inputs, RunPoint point) {
  LIMN_CHECK(inputs.size() == fn.graph.inputs().size());
  Interpreter run(fn, point);
  for (std::size_t i = 0; i < inputs.size(); ++i) run.give(fn.graph.inputs()[i], inputs[i]);
  std::vector<Numbers> all;
  for (NodeId id = 0; id < fn.graph.size(); ++id) all.push_back(run.value(id));
  return all;
}

std::vector<Numbers> interpret(const Fn& fn, std::span<const Numbers> inputs, RunPoint point) {
  auto all = interpret_all(fn, inputs, point);
  std::vector<Numbers> outputs;
  for (const Output& output : fn.outputs) outputs.push_back(all[output.id]);
  return outputs;
}

}  // namespace limn
