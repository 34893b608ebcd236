#include "exec/replay.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "exec/coordinates.hpp"

namespace limn {
namespace {

using Loop = void (*)(const double*, const double*, const double*, double*, std::int64_t);

// A loop over elements for each pointwise operation, by its meaning in graph/op.def.
#define LIMN_OP(...)
#define LIMN_POINTWISE(symbol, name, arity, klass, flops, low, high, meaning, doc)                       \
  void name##_loop(const double* __restrict pa, [[maybe_unused]] const double* __restrict pb,            \
                   [[maybe_unused]] const double* __restrict pc, double* __restrict y, std::int64_t n) { \
    using T [[maybe_unused]] = double;                                                                   \
    for (std::int64_t i = 0; i < n; ++i) {                                                               \
      const double a = pa[i];                                                                            \
      [[maybe_unused]] const double b = (arity) > 1 ? pb[i] : 0, c = (arity) > 2 ? pc[i] : 0;            \
      y[i] = meaning;                                                                                    \
    }                                                                                                    \
  }
#include "graph/op.def"
#undef LIMN_POINTWISE
#undef LIMN_OP

Loop loop_of(Op op) {
  switch (op) {
#define LIMN_OP(...)
#define LIMN_POINTWISE(symbol, name, ...) \
  case Op::k##symbol: return name##_loop;
#include "graph/op.def"
#undef LIMN_POINTWISE
#undef LIMN_OP
    default: return nullptr;
  }
}

bool same_bits(const double* a, std::span<const double> b) { return std::memcmp(a, b.data(), b.size_bytes()) == 0; }

// Of a broadcast, transpose or slice: where each element of the output comes from. Of a sum_to, pad or concat: where
// each element of the input goes to. Empty where it is one place.
std::vector<std::int64_t> moves(const Graph& graph, const Node& node) {
  const Shape& from = graph[node.in[0]].shape;
  const Attribute& a = node.attribute;
  std::vector<std::int64_t> at;
  switch (node.op) {
    case Op::kBroadcast:
      if (from.size() > 1)
        each(node.shape, [&](auto& to, auto) { at.push_back(broadcast_offset(from, node.shape, to)); });
      break;
    case Op::kSumTo:
      if (node.shape.size() > 1)
        each(from, [&](auto& in, auto) { at.push_back(broadcast_offset(node.shape, from, in)); });
      break;
    case Op::kTranspose:
      each(node.shape, [&](auto& to, auto) {
        std::array<std::int64_t, Shape::kMaxRank> old{};
        for (int k = 0; k < node.shape.rank(); ++k) old[a.shape[k]] = to[k];
        at.push_back(offset(from, old));
      });
      break;
    case Op::kSlice:
      each(node.shape, [&](auto to, auto) { to[a.axis] += a.low, at.push_back(offset(from, to)); });
      break;
    case Op::kPad:
    case Op::kConcat: {
      std::int64_t behind = node.op == Op::kPad ? a.low : 0;
      for (const NodeId in : node.in) {
        const Shape& part = graph[in].shape;
        each(part, [&](auto to, auto) { to[a.axis] += behind, at.push_back(offset(node.shape, to)); });
        behind += part[static_cast<int>(a.axis)];
      }
      break;
    }
    default: break;
  }
  return at;
}

}  // namespace

Replay::Replay(const Fn& fn, std::span<const NodeId> variables, std::span<const Given> given,
               std::span<const NodeId> goals, std::int64_t batch)
    : batch_(batch), variables_(variables.begin(), variables.end()) {
  LIMN_CHECK(variables.size() <= 8 && batch >= 1);
  const Graph& graph = fn.graph;
  const auto nodes = static_cast<std::size_t>(graph.size());
  std::vector<bool> needed(nodes, false);
  for (const NodeId goal : goals) needed[static_cast<std::size_t>(goal)] = true;
  for (NodeId id = graph.size() - 1; id >= 0; --id)
    if (needed[static_cast<std::size_t>(id)])
      for (const NodeId in : graph[id].in) needed[static_cast<std::size_t>(in)] = true;
  for (const NodeId id : variables) needed[static_cast<std::size_t>(id)] = true;

  memory_.resize(nodes), place_.resize(nodes, nullptr), depends_.resize(nodes, 0);
  for (std::size_t i = 0; i < variables.size(); ++i) {
    room(variables[i], graph[variables[i]].shape.size());
    depends_[static_cast<std::size_t>(variables[i])] = static_cast<std::uint8_t>(1U << i);
  }
  for (const auto& [id, numbers] : given) {
    if (!needed[static_cast<std::size_t>(id)]) continue;
    LIMN_CHECK(static_cast<std::int64_t>(numbers.size()) == graph[id].shape.size());
    double* to = room(id, graph[id].shape.size());
    for (std::int64_t b = 0; b < batch; ++b) std::ranges::copy(numbers, to + b * graph[id].shape.size());
  }

  std::vector<std::size_t> step_at(nodes, SIZE_MAX);
  for (NodeId id = 0; id < graph.size(); ++id) {
    const Node& node = graph[id];
    const auto i = static_cast<std::size_t>(id);
    if (!needed[i] || place_[i]) continue;
    LIMN_CHECK(node.op != Op::kInput, "nothing is given for the input {}", graph.input_name(id));
    for (const NodeId in : node.in) depends_[i] |= depends_[static_cast<std::size_t>(in)];
    const double* first = node.in.empty() ? nullptr : place_[static_cast<std::size_t>(node.in[0])];
    if (node.op == Op::kReshape || node.op == Op::kStop) {
      place_[i] = first;
    } else if (node.op == Op::kSlice && node.shape.rank() == 1 && batch == 1) {
      place_[i] = first + node.attribute.low;  // where it lies
    } else {
      Step step = step_of(graph, id);
      if (step.depends == 0)
        run(step);
      else
        step_at[i] = steps_.size(), steps_.push_back(std::move(step));
    }
  }

  for (const NodeId goal : goals) {
    std::vector<bool> wanted(nodes, false);
    wanted[static_cast<std::size_t>(goal)] = true;
    Goal& made = goals_.emplace_back(Goal{{}, place_[static_cast<std::size_t>(goal)], graph[goal].shape.size()});
    for (NodeId id = goal; id >= 0; --id) {
      if (!wanted[static_cast<std::size_t>(id)]) continue;
      if (step_at[static_cast<std::size_t>(id)] != SIZE_MAX)
        made.steps.push_back(step_at[static_cast<std::size_t>(id)]);
      for (const NodeId in : graph[id].in) wanted[static_cast<std::size_t>(in)] = true;
    }
    std::ranges::reverse(made.steps);
  }
}

double* Replay::room(NodeId id, std::int64_t size) {
  auto& memory = memory_[static_cast<std::size_t>(id)];
  memory.resize(static_cast<std::size_t>(std::max<std::int64_t>(size * batch_, 1)));
  place_[static_cast<std::size_t>(id)] = memory.data();
  return memory.data();
}

Replay::Step Replay::step_of(const Graph& graph, NodeId id) {
  const Node& node = graph[id];
  const auto place = [&](std::size_t i) { return place_[static_cast<std::size_t>(node.in[i])]; };
  Step step{};
  step.op = node.op, step.id = id, step.depends = depends_[static_cast<std::size_t>(id)], step.stale = true;
  step.size = node.shape.size();
  step.y = room(id, step.size);
  if (!node.in.empty()) step.a = place(0), step.in = graph[node.in[0]].shape.size();
  if (node.in.size() > 1) step.b = place(1);
  if (node.in.size() > 2) step.c = place(2);
  if (info(node.op).pointwise) return step;
  switch (node.op) {
    case Op::kConstant: std::fill_n(step.y, batch_, node.attribute.value); break;
    case Op::kConcat:
      for (std::size_t i = 0; i < node.in.size(); ++i)
        step.parts.push_back(place(i)), step.part_sizes.push_back(graph[node.in[i]].shape.size());
      [[fallthrough]];
    case Op::kBroadcast:
    case Op::kSumTo:
    case Op::kTranspose:
    case Op::kSlice:
    case Op::kPad: step.at = moves(graph, node); break;
    case Op::kMatMul:
      step.transpose_a = node.attribute.transpose_a, step.transpose_b = node.attribute.transpose_b;
      step.rows = node.shape[0], step.width = node.shape[1];
      step.inner = graph[node.in[0]].shape[step.transpose_a ? 0 : 1];
      break;
    case Op::kGather:
    case Op::kScatterAdd:
      step.inner = graph[node.in[1]].shape.size();
      step.rows = node.op == Op::kGather ? graph[node.in[0]].shape[0] : node.attribute.high;
      step.width = (node.op == Op::kGather ? step.in : step.size) / std::max<std::int64_t>(step.rows, 1);
      break;
    default: LIMN_CHECK(false, "a replay does not know {}", name(node.op));
  }
  return step;
}

void Replay::set(std::size_t i, std::span<const double> numbers) {
  auto& memory = memory_[static_cast<std::size_t>(variables_[i])];
  LIMN_CHECK(numbers.size() == memory.size(), "variable {} has {} numbers, not {}", i, memory.size(), numbers.size());
  if (same_bits(memory.data(), numbers)) return;
  std::ranges::copy(numbers, memory.begin());
  for (Step& step : steps_) step.stale = step.stale || (step.depends >> i & 1) != 0;
}

std::span<const double> Replay::goal(std::size_t i) {
  const Goal& goal = goals_[i];
  for (const std::size_t at : goal.steps) {
    Step& step = steps_[at];
    if (!step.stale) continue;
    run(step);
    step.stale = false;
  }
  return {goal.numbers, static_cast<std::size_t>(goal.size * batch_)};
}

void Replay::run(const Step& step) const {
  if (const Loop loop = loop_of(step.op)) return loop(step.a, step.b, step.c, step.y, step.size * batch_);
  switch (step.op) {
    case Op::kConstant: return;
    case Op::kMatMul: return multiply(step);
    case Op::kGather:
    case Op::kScatterAdd: return by_index(step);
    default: move(step);
  }
}

void Replay::move(const Step& step) const {
  const auto count = static_cast<std::int64_t>(step.at.size());
  for (std::int64_t b = 0; b < batch_; ++b) {
    const double* x = step.a + b * step.in;
    double* y = step.y + b * step.size;
    switch (step.op) {
      case Op::kBroadcast:
        if (count == 0) {
          std::fill_n(y, step.size, *x);
          break;
        }
        [[fallthrough]];
      case Op::kTranspose:
      case Op::kSlice:
        for (std::int64_t i = 0; i < count; ++i) y[i] = x[step.at[i]];
        break;
      case Op::kSumTo: {
        std::fill_n(y, step.size, 0.0);
        if (count > 0) {
          for (std::int64_t i = 0; i < count; ++i) y[step.at[i]] += x[i];
          break;
        }
        double sum = 0;
        for (std::int64_t i = 0; i < step.in; ++i) sum += x[i];
        y[0] = sum;
        break;
      }
      case Op::kPad:
        std::fill_n(y, step.size, 0.0);
        for (std::int64_t i = 0; i < count; ++i) y[step.at[i]] = x[i];
        break;
      default: {  // concat
        const std::int64_t* to = step.at.data();
        for (std::size_t part = 0; part < step.parts.size(); ++part) {
          const std::int64_t size = step.part_sizes[part];
          const double* from = step.parts[part] + b * size;
          for (std::int64_t i = 0; i < size; ++i) y[to[i]] = from[i];
          to += size;
        }
      }
    }
  }
}

void Replay::multiply(const Step& step) const {
  const std::int64_t b_size = step.inner * step.width;
  for (std::int64_t batch = 0; batch < batch_; ++batch) {
    const double *left = step.a + batch * step.in, *right = step.b + batch * b_size;
    double* y = step.y + batch * step.size;
    std::fill_n(y, step.size, 0.0);
    for (std::int64_t i = 0; i < step.rows; ++i)
      for (std::int64_t k = 0; k < step.inner; ++k) {
        const double x = left[step.transpose_a ? k * step.rows + i : i * step.inner + k];
        for (std::int64_t j = 0; j < step.width; ++j)
          y[i * step.width + j] += x * right[step.transpose_b ? j * step.inner + k : k * step.width + j];
      }
  }
}

void Replay::by_index(const Step& step) const {
  const std::int64_t width = step.width;
  const bool gathers = step.op == Op::kGather;
  for (std::int64_t b = 0; b < batch_; ++b) {
    const double *x = step.a + b * step.in, *index = step.b + b * step.inner;
    double* y = step.y + b * step.size;
    std::fill_n(y, step.size, 0.0);
    for (std::int64_t i = 0; i < step.inner; ++i) {
      if (!(index[i] >= 0 && index[i] < static_cast<double>(step.rows))) continue;
      const std::int64_t row = static_cast<std::int64_t>(index[i]) * width;
      for (std::int64_t k = 0; k < width; ++k)
        if (gathers)
          y[i * width + k] = x[row + k];
        else
          y[row + k] += x[i * width + k];
    }
  }
}

}  // namespace limn
