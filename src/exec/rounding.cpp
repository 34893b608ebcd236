// How far float32 may be from the interpreter's float64: Interpreter::rounding().
#include <algorithm>
#include <cmath>
#include <limits>

#include "exec/interpreter.hpp"

namespace limn {

using Numbers = Interpreter::Numbers;

namespace {

constexpr double kUnit = 0x1p-24;      // rounding to the nearest float32
constexpr double kFunction = 0x1p-21;  // exp, log, tanh and their like: four units in the last place
constexpr double kLeast = std::numeric_limits<float>::min();  // below it float32 may lose all digits

// What an operation rounds by itself. Choices and signs are exact.
double unit_of(Op op) {
  const OpInfo& of = info(op);
  if (of.klass == OpClass::kChoosing || of.klass == OpClass::kOpaque || op == Op::kNeg || op == Op::kAbs) return 0;
  return of.flops > 4 ? kFunction : kUnit;
}

bool only_moves(Op op) {
  return op == Op::kReshape || op == Op::kStop || op == Op::kBroadcast || op == Op::kSlice || op == Op::kPad ||
         op == Op::kConcat || op == Op::kTranspose || op == Op::kGather || op == Op::kReduceMax || op == Op::kOneHot ||
         op == Op::kArgmax || op == Op::kInput || op == Op::kUniform || op == Op::kStep;
}

Numbers sizes(Numbers x) {
  for (double& v : x) v = std::abs(v);
  return x;
}

}  // namespace

double units_of_sum(double n) { return std::min(n, 6 * std::sqrt(n)); }

const Numbers& Interpreter::rounding(NodeId id) {
  value(id);
  std::vector<bool> wanted(static_cast<std::size_t>(id) + 1, false);
  wanted[static_cast<std::size_t>(id)] = true;
  for (NodeId node = id; node >= 0; --node) {
    if (!roundings_[node].empty()) wanted[node] = false;
    if (wanted[node] && !given_.contains(node))
      for (const NodeId in : graph_[node].in) wanted[in] = true;
  }
  for (NodeId node = 0; node <= id; ++node)
    if (wanted[node]) roundings_[node] = given_.contains(node) ? Numbers(values_[node].size()) : error(graph_[node]);
  return roundings_[id];
}

// What the errors of the inputs make of the output, to either side: so that a choice that may fall otherwise counts.
Numbers Interpreter::pointwise_error(const Node& node) const {
  const int arity = info(node.op).arity;
  const auto size = static_cast<std::size_t>(node.shape.size());
  Numbers error(size);
  for (std::size_t i = 0; i < size; ++i) {
    double x[3] = {};
    for (int k = 0; k < arity; ++k) x[k] = in(node, k)[i];
    const double y = pointwise_value(node.op, x[0], x[1], x[2]);
    for (int k = 0; k < arity; ++k) {
      const double e = roundings_[static_cast<std::size_t>(node.in[k])][i], exact = x[k];
      if (e == 0) continue;
      double most = 0;
      for (const double moved : {exact - e, exact + e}) {
        x[k] = moved;
        const double there = pointwise_value(node.op, x[0], x[1], x[2]);
        if (std::isfinite(there)) most = std::max(most, std::abs(there - y));  // else it is beyond where it is defined
      }
      x[k] = exact;
      error[i] += most;
    }
    if (const double unit = unit_of(node.op); unit > 0 && y != 0 && std::isfinite(y))
      error[i] += unit * std::abs(y) + kLeast;
  }
  return error;
}

Numbers Interpreter::error(const Node& node) const {
  if (info(node.op).pointwise) return pointwise_error(node);
  const auto size = static_cast<std::size_t>(node.shape.size());
  const auto from = [&](int i) -> const Numbers& { return roundings_[static_cast<std::size_t>(node.in[i])]; };
  switch (node.op) {
    case Op::kConstant: {
      const double value = node.attribute.value;
      return {std::abs(value - static_cast<double>(static_cast<float>(value)))};
    }
    case Op::kInput:
    case Op::kStep:
    case Op::kUniform:
    case Op::kOneHot:
    case Op::kArgmax: return Numbers(size);
    case Op::kStop:
    case Op::kReshape: return from(0);
    case Op::kReduceMax: {
      Numbers error(size);
      const std::size_t last = from(0).size() / size;
      for (std::size_t i = 0; i < size; ++i)
        error[i] = *std::max_element(from(0).begin() + static_cast<std::int64_t>(i * last),
                                     from(0).begin() + static_cast<std::int64_t>((i + 1) * last));
      return error;
    }
    case Op::kGather: return by_index(node, from(0));
    case Op::kWindowArgmax: return Numbers(size);
    case Op::kPlaneGather: return over_planes(node, from(0));
    case Op::kConv:
    case Op::kConvData:
    case Op::kConvWeights: {
      const Numbers a = sizes(in(node, 0)), b = sizes(in(node, 1)),
                    counts = convolve(node, Numbers(a.size(), 1), Numbers(b.size(), 1)), whole = convolve(node, a, b),
                    other = convolve(node, from(0), b);
      Numbers error = convolve(node, a, from(1));
      for (std::size_t i = 0; i < size; ++i)
        error[i] += other[i] + units_of_sum(counts[i]) * kUnit * whole[i] + (whole[i] > 0 ? kLeast : 0);
      return error;
    }
    case Op::kWindowSum:
    case Op::kWindowSpread:
    case Op::kPlaneScatter: {
      const auto apply = [&](const Numbers& x) {
        return node.op == Op::kPlaneScatter ? over_planes(node, x) : over_windows(node, x);
      };
      const Numbers whole = apply(sizes(in(node, 0))), counts = apply(Numbers(in(node, 0).size(), 1));
      Numbers error = apply(from(0));
      for (std::size_t i = 0; i < size; ++i)
        error[i] += units_of_sum(counts[i]) * kUnit * whole[i] + (whole[i] > 0 ? kLeast : 0);
      return error;
    }
    case Op::kMatMul: {
      const auto inner = static_cast<double>(graph_[node.in[0]].shape[node.attribute.transpose_a ? 0 : 1]);
      Numbers a = sizes(in(node, 0)), b = sizes(in(node, 1));
      Numbers error = matmul(node, a, from(1)), whole = matmul(node, a, b), other = matmul(node, from(0), b);
      for (std::size_t i = 0; i < size; ++i)
        error[i] += other[i] + units_of_sum(inner) * kUnit * whole[i] + (whole[i] > 0 ? kLeast : 0);
      return error;
    }
    default: break;
  }
  Numbers error = node.op == Op::kScatterAdd ? by_index(node, from(0)) : move(node, roundings_);
  if (only_moves(node.op)) return error;
  // sum_to, scatter_add: of how many, at most
  const double n = std::max(1.0, static_cast<double>(in(node, 0).size()) / static_cast<double>(size));
  std::vector<Numbers> all(values_.size());
  all[static_cast<std::size_t>(node.in[0])] = sizes(in(node, 0));
  const Numbers& whole = all[static_cast<std::size_t>(node.in[0])];
  const Numbers sums = node.op == Op::kScatterAdd ? by_index(node, whole) : move(node, all);
  for (std::size_t i = 0; i < size; ++i) error[i] += units_of_sum(n) * kUnit * sums[i] + (sums[i] > 0 ? kLeast : 0);
  return error;
}

}  // namespace limn
