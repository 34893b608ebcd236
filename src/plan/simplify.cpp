#include "plan/simplify.hpp"

#include <algorithm>
#include <numeric>

namespace limn {
namespace {

std::vector<bool> live_nodes(const Fn& fn) {
  std::vector<bool> live(fn.graph.size(), false);
  for (const Output& output : fn.outputs) live[output.id] = true;
  for (const StatePair& state : fn.states) live[state.out] = true;
  for (NodeId id = fn.graph.size() - 1; id >= 0; --id)
    if (live[id])
      for (NodeId in : fn.graph[id].in) live[in] = true;
  return live;
}

class Rebuild {
 public:
  Rebuild(const Fn& fn, std::vector<NodeId>& origin) : fn_(fn), origin_(origin), users_(fn.graph.size(), 0) {}

  Fn run() {
    const auto live = live_nodes(fn_);
    for (NodeId id = 0; id < fn_.graph.size(); ++id)
      if (live[id])
        for (NodeId in : fn_.graph[id].in) ++users_[in];
    find_sums_of_pads(live);
    to_.assign(fn_.graph.size(), kNoNode);
    for (NodeId id = 0; id < fn_.graph.size(); ++id) {
      const bool is_input = fn_.graph[id].op == Op::kInput;  // an unused input keeps its number
      if (!live[id] && !is_input) continue;
      to_[id] = is_input ? copy_input(id) : rebuilt(id);
      origin_.resize(out_.graph.size(), id);
    }
    for (const Output& output : fn_.outputs) out_.outputs.push_back({output.name, to_[output.id]});
    for (const StatePair& state : fn_.states) out_.states.push_back({to_[state.in], to_[state.out]});
    return std::move(out_);
  }

 private:
  NodeId copy_input(NodeId id) {
    const Node& node = fn_.graph[id];
    return out_.graph.add_input(fn_.graph.input_name(id), node.shape, node.dtype, node.place);
  }
  Value at(NodeId id) { return {out_.graph, to_[id]}; }

  NodeId rebuilt(NodeId id) {
    const Node& node = fn_.graph[id];
    if (const Value folded = fold(node)) return folded.id();
    if (!pads_[id].empty()) return join_pads(id).id();
    if (node.op == Op::kMatMul && node.attribute.transpose_b)
      return matmul({at(node.in[0]), node.place}, transpose(at(node.in[1]), {1, 0}), node.attribute.transpose_a, false)
          .id();
    if (node.op == Op::kConvData) return conv_data(node);
    if (const Value pooled = mask_before_scatter(node)) return pooled.id();
    std::vector<NodeId> in;
    for (NodeId k : node.in) in.push_back(to_[k]);
    return out_.graph.add(node.op, std::move(in), node.attribute, node.place);
  }

  // The weights are turned once a step: [window..., in / groups, out] to [window..., out, in / groups].
  NodeId conv_data(const Node& node) {
    const Value w = at(node.in[1]);
    std::vector<std::int64_t> order(static_cast<std::size_t>(w.shape().rank()));
    std::iota(order.begin(), order.end(), 0);
    std::swap(order.back(), order[order.size() - 2]);
    Attribute attribute = node.attribute;
    attribute.transpose_b = true;
    return out_.graph.add(node.op, {to_[node.in[0]], transpose({w, node.place}, Shape(order)).id()}, attribute,
                          node.place);
  }

  // What a pooling gives back is masked, as by relu, where there are as many numbers as it pooled to: the mask of x at
  // the elements that were taken from x, before these are scattered.
  Value mask_before_scatter(const Node& node) {
    double other = 1, bound = 0;
    if (node.op != Op::kSelect || !is_splat(at(node.in[2]), other) || other != 0) return {};
    const Node &mask = at(node.in[0]).node(), &scatter = at(node.in[1]).node();
    if (scatter.op != Op::kPlaneScatter || mask.op != Op::kLess || !is_splat(Value(out_.graph, mask.in[0]), bound) ||
        out_.graph[mask.in[1]].shape != node.shape)
      return {};
    for (NodeId id = scatter.in[1] + 1; id < out_.graph.size(); ++id)
      if (const Node& pool = out_.graph[id];
          pool.op == Op::kPlaneGather && pool.in[0] == mask.in[1] && pool.in[1] == scatter.in[1]) {
        const Value c{out_.graph, scatter.in[0]}, index{out_.graph, scatter.in[1]};
        const Value is_kept = less(constant(out_.graph, bound), Value{out_.graph, id});
        const Value masked = select(is_kept, c, broadcast(constant(out_.graph, 0), c.shape()));
        return plane_scatter({masked, node.place}, index, node.shape);
      }
    return {};
  }

  // The sum over all places of what is scattered to them, each to one, is that of what there was.
  Value sum_before_scatter(Value from, const Shape& to) {
    const bool keeps_channels = to.rank() > 0 && to[-1] == to.size() && to[-1] == from.shape()[-1];
    if (from.node().op != Op::kPlaneScatter || !keeps_channels) return {};
    const Value c{out_.graph, from.node().in[0]};
    const Node& index = out_.graph[from.node().in[1]];
    const Window& w = index.attribute.window;
    const bool is_inside = index.op == Op::kWindowArgmax && out_.graph[index.in[0]].shape == from.shape() &&
                           w.low == Window::PerAxis{} && w.high == Window::PerAxis{};
    return is_inside ? sum_by_runs(c, to) : Value{};
  }

  // What is known before running: arithmetic on constants, and moves that move nothing.
  Value fold(const Node& node) {
    if (info(node.op).pointwise) {
      double number[3] = {0, 0, 0};
      bool all = true;
      for (std::size_t i = 0; i < node.in.size(); ++i) all = is_splat(at(node.in[i]), number[i]) && all;
      // Rounded to float32 at every operation, as the kernels would have done.
      if (all) {
        for (double& n : number) n = static_cast<double>(static_cast<float>(n));
        const auto value =
            static_cast<double>(static_cast<float>(pointwise_value(node.op, number[0], number[1], number[2])));
        return broadcast(constant(out_.graph, value), node.shape);
      }
      return on_scalars(node);
    }
    double splat = 0;
    switch (node.op) {
      case Op::kStop: return at(node.in[0]);
      case Op::kBroadcast:
      case Op::kReshape:
      case Op::kTranspose:
      case Op::kSlice:
        if (is_splat(at(node.in[0]), splat)) return broadcast(constant(out_.graph, splat), node.shape);
        if (at(node.in[0]).shape() == node.shape && node.op != Op::kTranspose) return at(node.in[0]);
        if (node.op == Op::kReshape && at(node.in[0]).node().op == Op::kReshape)
          return reshape(Value(out_.graph, at(node.in[0]).node().in[0]), node.shape);
        return {};
      case Op::kSumTo:
        if (const Value sum = sum_before_scatter(at(node.in[0]), node.shape)) return sum;
        return sum_by_runs(at(node.in[0]), node.shape);
      default: return {};
    }
  }

  // An operation on numbers that are all repeated is done once, and its result repeated.
  Value on_scalars(const Node& node) {
    if (node.shape == Shape{}) return {};
    std::vector<NodeId> in;
    for (NodeId k : node.in) {
      Value v = at(k);
      while (v.node().op == Op::kBroadcast) v = Value(out_.graph, v.node().in[0]);
      if (v.shape().size() != 1) return {};
      in.push_back(reshape(v, {}).id());
    }
    return broadcast(Value(out_.graph, out_.graph.add(node.op, std::move(in), {}, node.place)), node.shape);
  }

  // Axes that do not lie side by side are summed one run after another; summing axes of size 1 is a reshape.
  Value sum_by_runs(Value from, const Shape& to) {
    if (from.size() == to.size()) return reshape(from, to);
    const auto [first, end] = last_summed_run(from.shape(), to);
    Shape middle = from.shape();
    for (int i = first; i < end; ++i) middle = middle.with(i, 1);
    return middle.size() == to.size() ? sum_to(from, to) : sum_by_runs(sum_to(from, middle), to);
  }

  // The leaves of a tree of additions in the order of their places, if they are pads of one axis that do not overlap;
  // else none. `inner` gets the additions below the top.
  std::vector<NodeId> disjoint_pads(NodeId top, std::vector<NodeId>& inner) const {
    std::vector<NodeId> leaves, open{top};
    while (!open.empty()) {
      const NodeId id = open.back();
      const Node& node = fn_.graph[id];
      open.pop_back();
      if (node.op == Op::kAdd && (id == top || users_[id] == 1)) {
        if (id != top) inner.push_back(id);
        open.insert(open.end(), node.in.begin(), node.in.end());
      } else if (node.op == Op::kPad) {
        leaves.push_back(id);
      } else {
        return {};
      }
    }
    auto pad_of = [&](NodeId leaf) -> const Attribute& { return fn_.graph[leaf].attribute; };
    std::ranges::sort(leaves, {}, [&](NodeId leaf) { return pad_of(leaf).low; });
    std::int64_t end = 0;
    for (NodeId leaf : leaves) {
      if (pad_of(leaf).axis != pad_of(leaves[0]).axis || pad_of(leaf).low < end) return {};
      end = pad_of(leaf).low + fn_.graph[fn_.graph[leaf].in[0]].shape[static_cast<int>(pad_of(leaf).axis)];
    }
    return leaves;
  }

  // From the last addition to the first, so that a tree is joined once, at its top, however long it is.
  void find_sums_of_pads(const std::vector<bool>& live) {
    std::vector<bool> is_inside(fn_.graph.size(), false);
    pads_.resize(fn_.graph.size());
    for (NodeId id = fn_.graph.size() - 1; id >= 0; --id) {
      if (!live[id] || is_inside[id] || fn_.graph[id].op != Op::kAdd) continue;
      std::vector<NodeId> inner;
      pads_[id] = disjoint_pads(id, inner);
      if (pads_[id].empty()) continue;
      for (NodeId k : inner) is_inside[k] = true;
    }
  }

  // Disjoint pads added up are one concat.
  Value join_pads(NodeId id) {
    const Shape& shape = fn_.graph[id].shape;
    const int axis = static_cast<int>(fn_.graph[pads_[id][0]].attribute.axis);
    std::vector<Value> parts;
    std::int64_t end = 0;
    auto fill_to = [&](std::int64_t low) {
      if (low > end) parts.push_back(broadcast(constant(out_.graph, 0), shape.with(axis, low - end)));
    };
    for (NodeId leaf : pads_[id]) {
      const Node& node = fn_.graph[leaf];
      fill_to(node.attribute.low);
      parts.push_back(at(node.in[0]));
      end = node.attribute.low + parts.back().shape()[axis];
    }
    fill_to(shape[axis]);
    return concat(parts, axis, fn_.graph[id].place);
  }

  const Fn& fn_;
  std::vector<NodeId>& origin_;
  std::vector<int> users_;
  std::vector<std::vector<NodeId>> pads_;  // of additions that become a concat: its parts, as pads
  std::vector<NodeId> to_;
  Fn out_;
};

// Drops what the rebuilding left without users.
Fn sweep(const Fn& fn, std::vector<NodeId>& origin) {
  const auto live = live_nodes(fn);
  Fn out;
  std::vector<NodeId> to(fn.graph.size(), kNoNode), kept;
  for (NodeId id = 0; id < fn.graph.size(); ++id) {
    const Node& node = fn.graph[id];
    if (node.op == Op::kInput) {
      to[id] = out.graph.add_input(fn.graph.input_name(id), node.shape, node.dtype, node.place);
    } else if (live[id]) {
      std::vector<NodeId> in;
      for (NodeId k : node.in) in.push_back(to[k]);
      to[id] = out.graph.add(node.op, std::move(in), node.attribute, node.place);
    } else {
      continue;
    }
    kept.push_back(origin[id]);
  }
  for (const Output& output : fn.outputs) out.outputs.push_back({output.name, to[output.id]});
  for (const StatePair& state : fn.states) out.states.push_back({to[state.in], to[state.out]});
  origin = std::move(kept);
  return out;
}

// Outputs and states that are the old value of a state get a copy of it: the update overwrites that memory.
void copy_old_values(Fn& fn, std::vector<NodeId>& origin) {
  Graph& graph = fn.graph;
  auto root = [&](NodeId id) {
    while (graph[id].op == Op::kReshape || graph[id].op == Op::kSlice) id = graph[id].in[0];
    return id;
  };
  auto copied = [&](NodeId id) {
    if (graph[id].dtype != DType::kReal) return id;
    const Value flat = reshape(Value(graph, id), {graph[id].shape.size()});
    const NodeId copy = reshape(concat(std::span(&flat, 1), 0), graph[id].shape).id();
    origin.resize(graph.size(), origin[id]);
    return copy;
  };
  for (Output& output : fn.outputs)
    if (std::ranges::count(fn.states, root(output.id), &StatePair::in) > 0) output.id = copied(output.id);
  for (StatePair& state : fn.states)
    if (state.out != state.in && graph[root(state.out)].op == Op::kInput) state.out = copied(state.out);
}

}  // namespace

std::pair<int, int> last_summed_run(const Shape& from, const Shape& to) {
  const int lead = from.rank() - to.rank();
  auto is_kept = [&](int i) { return from[i] != 1 && i >= lead && to[i - lead] != 1; };
  int end = from.rank();
  while (end > 0 && (from[end - 1] == 1 || is_kept(end - 1))) --end;
  int first = end;
  while (first > 0 && !is_kept(first - 1)) --first;
  return {first, end};
}

Fn simplify(const Fn& fn, std::vector<NodeId>& origin) {
  origin.clear();
  const Fn rebuilt = Rebuild(fn, origin).run();
#ifdef LIMN_VERIFY
  verify(rebuilt);
#endif
  Fn swept = sweep(join_products(rebuilt, origin), origin);
  copy_old_values(swept, origin);
  return swept;
}

}  // namespace limn
