#include <algorithm>
#include <numeric>

#include "plan/simplify.hpp"
#include "plan/unit.hpp"

namespace limn {

View compute_view(const Graph& graph, const std::vector<View>& views, NodeId id);

namespace {

constexpr std::size_t kMaxMembers = 40;  // a tile program keeps its registers in L1

StepKind kind_of(const Node& node) {
  switch (node.op) {
    case Op::kMatMul: return StepKind::kContract;
    case Op::kSumTo: return StepKind::kSum;
    case Op::kReduceMax:
    case Op::kArgmax: return StepKind::kMax;
    case Op::kTranspose:
    case Op::kBroadcast: return StepKind::kMove;
    case Op::kUniform: return StepKind::kUniform;
    case Op::kOneHot: return StepKind::kOneHot;
    case Op::kGather: return StepKind::kGather;
    case Op::kScatterAdd: return StepKind::kScatterAdd;
    case Op::kConv:
    case Op::kConvData:
    case Op::kConvWeights: return StepKind::kConvolve;
    case Op::kWindowSum:
    case Op::kWindowSpread:
    case Op::kWindowArgmax: return StepKind::kWindow;
    case Op::kPlaneGather:
    case Op::kPlaneScatter: return StepKind::kPlane;
    case Op::kStep: return StepKind::kStepNumber;
    case Op::kConstant: return StepKind::kFill;
    default: return StepKind::kCopy;  // slice, pad, concat
  }
}

void add_once(std::vector<NodeId>& list, NodeId id) {
  if (std::ranges::find(list, id) == list.end()) list.push_back(id);
}

// One pass from the last node to the first: when a node's turn comes, all its users have found their units.
class Grouping {
 public:
  explicit Grouping(const Fn& fn)
      : fn_(fn), graph_(fn.graph), in_memory_(graph_.size(), false), groups_of_(graph_.size()) {
    for (NodeId id = 0; id < graph_.size(); ++id) units_.view.push_back(compute_view(graph_, units_.view, id));
  }

  Units run() {
    for (const Output& output : fn_.outputs) need(output.id);
    for (const StatePair& state : fn_.states) need(state.out);
    for (NodeId id = graph_.size() - 1; id >= 0; --id) {
      const Node& node = graph_[id];
      if (info(node.op).pointwise)
        place_pointwise(id);
      else if (in_memory_[id] && node.op != Op::kInput)
        add_unit(id);
    }
    std::ranges::reverse(units_.list);
    for (Unit& unit : units_.list) finish(unit);
    return std::move(units_);
  }

 private:
  void need(NodeId id) { in_memory_[units_.view[id].root] = true; }

  void add_unit(NodeId id) {
    units_.list.push_back({kind_of(graph_[id]), {id}});
    double splat = 0;
    const bool fill = graph_[id].op == Op::kBroadcast && is_splat(graph_, id, splat);
    if (fill)
      units_.list.back().kind = StepKind::kFill;
    else
      for (NodeId in : graph_[id].in) need(in);
  }

  void place_pointwise(NodeId id) {
    auto& groups = groups_of_[id];
    std::ranges::sort(groups);
    groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
    const bool cheap = graph_[id].op == Op::kLess;  // a mask is made again in every program that wants it
    auto fits = [&](int g) { return units_.list[g].nodes.size() < kMaxMembers; };
    if (in_memory_[id] || groups.empty() || (groups.size() > 1 && !cheap) || !std::ranges::all_of(groups, fits)) {
      if (!in_memory_[id] && groups.empty()) return;  // nobody wants it
      in_memory_[id] = true;
      groups = {static_cast<int>(units_.list.size())};
      units_.list.push_back({StepKind::kTile, {}});
    }
    for (int g : groups) units_.list[g].nodes.push_back(id);
    for (NodeId in : graph_[id].in) {
      const Access access = access_of(graph_, units_.view, in, graph_[id].shape);
      if (access.is_constant) continue;
      if (access.direct)
        groups_of_[in].insert(groups_of_[in].end(), groups.begin(), groups.end());
      else
        in_memory_[access.view.root] = true;
    }
  }

  // What a unit reads from memory and writes to it.
  void finish(Unit& unit) {
    std::ranges::sort(unit.nodes);
    for (NodeId id : unit.nodes) {
      if (unit.kind != StepKind::kTile) {
        if (unit.kind != StepKind::kFill)
          for (NodeId in : graph_[id].in) add_once(unit.reads, units_.view[in].root);
        add_once(unit.writes, id);
        continue;
      }
      if (in_memory_[id]) add_once(unit.writes, id);
      for (NodeId in : graph_[id].in) {
        const Access access = access_of(graph_, units_.view, in, graph_[id].shape);
        if (!access.is_constant && !std::ranges::binary_search(unit.nodes, access.direct ? in : kNoNode))
          add_once(unit.reads, access.view.root);
      }
    }
  }

  const Fn& fn_;
  const Graph& graph_;
  std::vector<bool> in_memory_;
  std::vector<std::vector<int>> groups_of_;  // programs that compute with a pointwise node
  Units units_;
};

class Merging {
 public:
  Merging(const Fn& fn, Units units)
      : fn_(fn), graph_(fn.graph), units_(std::move(units)), producer_(graph_.size(), -1) {
    order_.resize(units_.list.size());
    std::iota(order_.begin(), order_.end(), 0);
    position_ = order_;
    for (int u = 0; u < count(); ++u)
      for (NodeId id : unit(u).writes) producer_[id] = u;
  }

  Units run() {
    for (int u = 0; u < count(); ++u)
      if (unit(u).kind == StepKind::kTile) join_feeding_programs(u);
    for (int u = 0; u < count(); ++u)
      if (unit(u).kind == StepKind::kTile) become_epilogue(u);
    for (int u = 0; u < count(); ++u)
      if (unit(u).kind == StepKind::kSum) sum_on_the_way(u);
    std::erase_if(units_.list, [](const Unit& unit) { return unit.nodes.empty(); });
    forget_unread();
    return std::move(units_);
  }

 private:
  // What only its own program read need not be stored any more.
  void forget_unread() {
    std::vector<bool> wanted(graph_.size(), false);
    for (const Output& output : fn_.outputs) wanted[units_.view[output.id].root] = true;
    for (const StatePair& state : fn_.states) wanted[units_.view[state.out].root] = true;
    for (const Unit& unit : units_.list)
      for (NodeId root : unit.reads) wanted[root] = true;
    for (Unit& unit : units_.list)
      std::erase_if(unit.writes, [&](NodeId id) { return !wanted[id] && id != unit.contraction; });
  }

  int count() const { return static_cast<int>(units_.list.size()); }
  Unit& unit(int u) { return units_.list[u]; }

  template <class Visit>
  void each_source(const Unit& unit, Visit visit) const {
    std::vector<NodeId> roots = unit.reads;
    while (!roots.empty()) {
      const NodeId root = roots.back();
      roots.pop_back();
      if (producer_[root] >= 0) visit(producer_[root]);
      if (graph_[root].op == Op::kConcat)
        for (NodeId in : graph_[root].in) roots.push_back(units_.view[in].root);
    }
  }

  // Is there a way from unit `from` to unit `to` other than the direct one? It lies between them in the order.
  bool detour(int from, int to) {
    std::vector<int> open;
    std::vector<bool> seen(units_.list.size(), false);
    auto push = [&](int u) {
      if (!seen[u] && position_[u] >= position_[from]) seen[u] = true, open.push_back(u);
    };
    each_source(unit(to), [&](int u) {
      if (u != from && u != to) push(u);
    });
    while (!open.empty()) {
      const int u = open.back();
      open.pop_back();
      if (u == from) return true;
      each_source(unit(u), push);
    }
    return false;
  }

  // Before `from` is joined with `to`: what stands between them and needs `from` moves behind `to`.
  void make_room(int from, int to) {
    std::vector<int> early, late{from};
    for (int p = position_[from] + 1; p < position_[to]; ++p) {
      const int u = order_[p];
      bool needs = false;
      each_source(unit(u), [&](int source) { needs = needs || std::ranges::find(late, source) != late.end(); });
      (needs ? late : early).push_back(u);
    }
    early.push_back(from);
    early.push_back(to);
    early.insert(early.end(), late.begin() + 1, late.end());
    const int first = position_[from];
    for (std::size_t i = 0; i < early.size(); ++i) {
      order_[first + static_cast<int>(i)] = early[i];
      position_[early[i]] = first + static_cast<int>(i);
    }
  }

  const Shape& space(const Unit& unit) const { return graph_[unit.nodes.back()].shape; }

  // A program that reads what another one of the same space made computes it itself, and stores it for the others.
  void join_feeding_programs(int u) {
    for (bool again = true; again;) {
      again = false;
      for (NodeId root : unit(u).reads) {
        const int f = producer_[root];
        if (f < 0 || f == u || unit(f).kind != StepKind::kTile || !(space(unit(f)) == space(unit(u)))) continue;
        const auto direct = [&](NodeId made) { return read_directly(unit(u), made); };  // none of it through a view
        if (unit(f).nodes.size() + unit(u).nodes.size() > kMaxMembers || !std::ranges::all_of(unit(f).writes, direct) ||
            detour(f, u))
          continue;
        absorb(f, u);
        again = true;
        break;
      }
    }
  }

  bool read_directly(const Unit& unit, NodeId root) const {
    for (NodeId id : unit.nodes)
      for (NodeId in : graph_[id].in) {
        const Access access = access_of(graph_, units_.view, in, graph_[id].shape);
        if (!access.is_constant && access.view.root == root && (in != root || access.walk != Walk::kFull)) return false;
      }
    return true;
  }

  void absorb(int f, int u) {
    make_room(f, u);
    Unit &from = unit(f), &to = unit(u);
    to.nodes.insert(to.nodes.end(), from.nodes.begin(), from.nodes.end());
    std::ranges::sort(to.nodes);
    to.nodes.erase(std::unique(to.nodes.begin(), to.nodes.end()), to.nodes.end());
    for (NodeId id : from.writes) to.writes.push_back(id), producer_[id] = u;
    std::ranges::sort(to.writes);
    std::erase_if(to.reads, [&](NodeId id) { return std::ranges::find(from.writes, id) != from.writes.end(); });
    for (NodeId id : from.reads) add_once(to.reads, id);
    from = {from.kind, {}};
  }

  // A product whose rows are complete one after another.
  bool makes_rows(const Unit& unit) const {
    return unit.kind == StepKind::kContract ||
           (unit.kind == StepKind::kConvolve && graph_[unit.nodes[0]].op != Op::kConvWeights);
  }

  void become_epilogue(int u) {
    const auto reads = unit(u).reads;
    for (auto it = reads.rbegin(); it != reads.rend(); ++it) {
      const int f = producer_[*it];
      if (f < 0 || !makes_rows(unit(f)) || unit(f).contraction != kNoNode || !(graph_[*it].shape == space(unit(u))))
        continue;
      if (!read_directly(unit(u), *it) || detour(f, u)) continue;
      make_room(f, u);
      unit(u).kind = unit(f).kind;
      unit(u).contraction = *it;
      unit(u).writes.push_back(*it);
      std::ranges::sort(unit(u).writes);
      std::erase(unit(u).reads, *it);
      for (NodeId id : unit(f).reads) add_once(unit(u).reads, id);
      producer_[*it] = u;
      unit(f) = {unit(f).kind, {}};
      return;
    }
  }

  // The sum over all rows of what a tile program or a convolution makes is done while its tiles are in the cache.
  void sum_on_the_way(int u) {
    const NodeId id = unit(u).nodes[0], in = graph_[id].in[0];
    const Shape& from = graph_[in].shape;
    const int f = producer_[units_.view[in].root];
    const bool makes =
        f >= 0 && (unit(f).kind == StepKind::kTile || (unit(f).kind == StepKind::kConvolve && makes_rows(unit(f))));
    if (!makes || units_.view[in].root != in || from.rank() < 2 || from[-1] < 2 ||
        graph_[id].shape.size() != from[-1] ||
        last_summed_run(from, graph_[id].shape) != std::pair(0, from.rank() - 1) || !(space(unit(f)) == from))
      return;
    unit(f).sums.push_back(id);
    unit(f).writes.push_back(id);
    producer_[id] = f;
    unit(u) = {unit(u).kind, {}};
  }

  const Fn& fn_;
  const Graph& graph_;
  Units units_;
  std::vector<int> producer_;          // of every root
  std::vector<int> order_, position_;  // the units, sources first, and where each stands
};

}  // namespace

Units group(const Fn& fn) { return Merging(fn, Grouping(fn).run()).run(); }

}  // namespace limn
