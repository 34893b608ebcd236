// Sums of products with one destination become one product over a longer K: the weight gradients of a recurrent network
// are a product of all time steps at once.
#include <algorithm>

#include "plan/simplify.hpp"

namespace limn {
namespace {

class JoinProducts {
 public:
  JoinProducts(const Fn& fn, std::vector<NodeId>& origin)
      : fn_(fn), graph_(fn.graph), origin_(origin), users_(graph_.size(), 0), concat_of_(graph_.size(), kNoNode) {
    for (NodeId id = 0; id < graph_.size(); ++id)
      for (NodeId in : graph_[id].in) {
        ++users_[in];
        if (graph_[id].op == Op::kConcat && graph_[id].attribute.axis == 0) concat_of_[in] = id;
      }
  }

  Fn run() {
    std::vector<Sum> sums(graph_.size());
    std::vector<bool> inside(graph_.size(), false);
    for (NodeId id = graph_.size() - 1; id >= 0; --id)  // from the last addition: a tree is joined once, at its top
      if (graph_[id].op == Op::kAdd && !inside[id]) sums[id] = sum_at(id, inside);
    std::vector<NodeId> origins;
    to_.assign(graph_.size(), kNoNode);
    for (NodeId id = 0; id < graph_.size(); ++id) {
      const Node& node = graph_[id];
      if (node.op == Op::kInput)
        to_[id] = out_.graph.add_input(graph_.input_name(id), node.shape, node.dtype, node.place);
      else if (sums[id].products.size() > 1)
        to_[id] = joined(sums[id]).id();
      else
        to_[id] = out_.graph.add(node.op, moved(node.in), node.attribute, node.place);
      origins.resize(out_.graph.size(), origin_[id]);
    }
    for (const Output& output : fn_.outputs) out_.outputs.push_back({output.name, to_[output.id]});
    for (const StatePair& state : fn_.states) out_.states.push_back({to_[state.in], to_[state.out]});
    origin_ = std::move(origins);
    return std::move(out_);
  }

 private:
  struct Sum {
    std::vector<NodeId> products, rest;  // leaves of a tree of additions
  };

  // Both sides run along K by rows, so that parts lie one behind another. An input lies where its owner put it.
  bool joins(NodeId id) const {
    const Node& node = graph_[id];
    return node.op == Op::kMatMul && node.attribute.transpose_a && !node.attribute.transpose_b && users_[id] == 1 &&
           std::ranges::none_of(node.in, [&](NodeId in) { return graph_[in].op == Op::kInput; });
  }

  Sum sum_at(NodeId top, std::vector<bool>& inside) const {
    Sum sum;
    std::vector<NodeId> open{top}, inner;
    while (!open.empty()) {
      const NodeId id = open.back();
      open.pop_back();
      if (graph_[id].op == Op::kAdd && (id == top || users_[id] == 1)) {
        if (id != top) inner.push_back(id);
        open.insert(open.end(), graph_[id].in.begin(), graph_[id].in.end());
      } else {
        (joins(id) ? sum.products : sum.rest).push_back(id);
      }
    }
    for (NodeId id : inner) inside[id] = true;
    if (sum.products.size() < 2) return {};
    std::ranges::sort(sum.products, {}, [&](NodeId id) { return graph_[id].in[0]; });
    return sum;
  }

  std::vector<NodeId> moved(const std::vector<NodeId>& ids) const {
    std::vector<NodeId> result;
    for (NodeId id : ids) result.push_back(to_[id]);
    return result;
  }

  Value joined(const Sum& sum) {
    const auto& place = graph_[sum.products[0]].place;
    Value total = matmul({side(sum.products, 0), place}, side(sum.products, 1), true, false);
    for (NodeId id : sum.rest) total = total + Value(out_.graph, to_[id]);
    return total;
  }

  // One side of the products, one behind another: rows of a concat that there is already if it has them so.
  Value side(const std::vector<NodeId>& products, int i) {
    std::vector<NodeId> parts;
    for (NodeId id : products) parts.push_back(graph_[id].in[i]);
    std::int64_t low = 0, rows = 0;
    for (NodeId part : parts) rows += graph_[part].shape[0];
    if (const NodeId whole = concat_of_[parts[0]]; whole != kNoNode) {
      const auto& all = graph_[whole].in;
      const auto first = std::ranges::find(all, parts[0]);
      const bool made = std::ranges::none_of(all, [&](NodeId id) { return to_[id] == kNoNode; });
      if (made && all.end() - first >= std::ssize(parts) && std::equal(parts.begin(), parts.end(), first)) {
        for (auto it = all.begin(); it != first; ++it) low += graph_[*it].shape[0];
        parts = all;
      }
    }
    std::vector<Value> values;
    for (NodeId part : parts) values.emplace_back(out_.graph, to_[part]);
    const Value whole = concat(values, 0);
    return whole.shape()[0] == rows ? whole : slice(whole, 0, low, low + rows);
  }

  const Fn& fn_;
  const Graph& graph_;
  std::vector<NodeId>& origin_;
  std::vector<int> users_;
  std::vector<NodeId> concat_of_;  // a concat of rows that has the node as a part
  std::vector<NodeId> to_;
  Fn out_;
};

}  // namespace

Fn join_products(const Fn& fn, std::vector<NodeId>& origin) { return JoinProducts(fn, origin).run(); }

}  // namespace limn
