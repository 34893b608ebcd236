// From scheduled units to a plan: where every value lives, and one step (or none, where a value is already in place)
// for every unit.
#include <algorithm>

#include <array>

#include "plan/arena.hpp"
#include "plan/plan.hpp"
#include "plan/simplify.hpp"
#include "plan/unit.hpp"

namespace limn {
namespace {

constexpr int kForever = 1 << 30;

class Compiler {
 public:
  Compiler(const Fn& fn, const std::vector<NodeId>& origin)
      : fn_(fn),
        graph_(fn.graph),
        origin_(origin),
        units_(group(fn)),
        in_place_(schedule(fn, units_)),
        home_(graph_.size()) {
    for (const Unit& unit : units_.list) last_stage_ = std::max(last_stage_, unit.stage);
  }

  Plan run() {
    plan_.buffers = 1 + static_cast<std::int32_t>(graph_.inputs().size());
    choose_homes();
    lay_out_arena();
    for (const Unit& unit : units_.list) emit(unit);
    for (std::size_t s = 0; s < fn_.states.size(); ++s)
      if (!in_place_[s]) copy_state(fn_.states[s]);
    std::ranges::stable_sort(plan_.steps, {}, &Step::stage);
    for (Step& step : plan_.steps) step.node = origin_[step.node];
    for (const Output& output : fn_.outputs) plan_.outputs.push_back(place(output.id));
    return std::move(plan_);
  }

 private:
  // A root lives in its own memory, or `offset` floats into another root's; there its rows may lie `pitch` floats
  // apart.
  struct Home {
    NodeId owner = kNoNode;
    std::int64_t offset = 0, pitch = 0;
    Place place{};
  };

  std::pair<NodeId, std::int64_t> owner_of(NodeId root) const {
    std::int64_t offset = 0;
    while (home_[root].owner != root) offset += home_[root].offset, root = home_[root].owner;
    return {root, offset};
  }
  bool is_output(NodeId root) const {
    return std::ranges::any_of(fn_.outputs, [&](const Output& o) { return units_.view[o.id].root == root; }) ||
           std::ranges::any_of(fn_.states, [&](const StatePair& s) { return units_.view[s.out].root == root; });
  }
  bool movable(NodeId root) const {
    return graph_[root].op != Op::kInput && home_[root].owner == root && !is_output(root) &&
           units_.producers[root].size() == 1;
  }

  void choose_homes() {
    for (NodeId id = 0; id < graph_.size(); ++id) home_[id].owner = id;
    for (std::size_t s = 0; s < fn_.states.size(); ++s)
      if (in_place_[s]) home_[fn_.states[s].out].owner = fn_.states[s].in;
    std::vector<int> readers(graph_.size(), 0);
    for (const Unit& unit : units_.list)
      for (NodeId root : unit.reads) ++readers[root];
    for (const Unit& unit : units_.list)
      if (unit.kind == StepKind::kCopy && graph_[unit.nodes[0]].op == Op::kConcat) join_parts(unit.nodes[0], readers);
    // The raw product that only its epilogue wants lies where the epilogue's first result will overwrite it.
    for (const Unit& unit : units_.list)
      if (unit.contraction != kNoNode && readers[unit.contraction] == 0 && !is_output(unit.contraction))
        for (NodeId id : unit.writes)
          if (id != unit.contraction && home_[id].pitch == 0) {
            home_[unit.contraction].owner = id;
            break;
          }
  }

  // Parts of a contiguous concat are made where the concat wants them; columns only by tile programs, and only where
  // nobody else reads the part.
  void join_parts(NodeId id, const std::vector<int>& readers) {
    const Shape& shape = graph_[id].shape;
    const int axis = static_cast<int>(graph_[id].attribute.axis);
    const auto [outer, inner] = around(shape, axis);
    if (outer != 1 && axis + 1 != shape.rank()) return;
    std::int64_t offset = 0;
    for (NodeId in : graph_[id].in) {
      const View view = units_.view[in];
      const std::int64_t size = graph_[in].shape.size();
      const bool whole = view.offset == 0 && graph_[view.root].shape.size() == size && movable(view.root);
      if (whole && outer == 1)
        home_[view.root] = {id, offset};
      else if (whole && view.root == in && info(graph_[in].op).pointwise && readers[in] == 1 &&
               std::ranges::count(graph_[id].in, in) == 1)
        home_[in] = {id, offset, shape[-1]};
      offset += outer == 1 ? size : graph_[in].shape[axis];
    }
  }

  static std::pair<std::int64_t, std::int64_t> around(const Shape& shape, int axis) {
    std::int64_t outer = 1, inner = 1;
    for (int i = 0; i < axis; ++i) outer *= shape[i];
    for (int i = axis + 1; i < shape.rank(); ++i) inner *= shape[i];
    return {outer, inner};
  }

  void lay_out_arena() {
    std::vector<Lifetime> lives(graph_.size(), {0, kForever, -1, 0});
    auto touch = [&](NodeId root, int stage) {
      Lifetime& life = lives[owner_of(root).first];
      life.first = std::min(life.first, stage);
      life.last = std::max(life.last, stage);
    };
    for (const Unit& unit : units_.list) {
      for (NodeId root : unit.reads) touch(root, unit.stage);
      for (NodeId root : unit.writes) touch(root, unit.stage);
    }
    for (NodeId id = 0; id < graph_.size(); ++id)
      if (is_kept(id)) touch(id, kForever);
    std::vector<Lifetime> wanted;
    std::vector<NodeId> who;
    for (NodeId id = 0; id < graph_.size(); ++id)
      if (lives[id].last >= 0 && graph_[id].op != Op::kInput) {
        lives[id].floats = graph_[id].shape.size();
        wanted.push_back(lives[id]);
        who.push_back(id);
      }
    plan_.arena_floats = lay_out(wanted);
    for (std::size_t i = 0; i < who.size(); ++i) home_[who[i]].place = {kArena, wanted[i].offset};
    for (std::size_t i = 0; i < graph_.inputs().size(); ++i)
      home_[graph_.inputs()[i]].place = {static_cast<std::int32_t>(i) + 1, 0};
  }
  bool is_kept(NodeId id) const { return kept_.empty() ? (fill_kept(), kept_[id]) : kept_[id]; }
  void fill_kept() const {
    kept_.assign(graph_.size(), false);
    for (const Output& o : fn_.outputs) kept_[units_.view[o.id].root] = true;
    for (const StatePair& s : fn_.states) kept_[units_.view[s.out].root] = true;
  }

  Place root_place(NodeId root) const {
    const auto [owner, offset] = owner_of(root);
    return {home_[owner].place.buffer, home_[owner].place.offset + offset};
  }
  Place place(View view) const {
    Place p = root_place(view.root);
    p.offset += view.offset;
    return p;
  }
  Place place(NodeId id) const { return place(units_.view[id]); }

  Step& add(StepKind kind, const Unit& unit) {
    plan_.steps.push_back({kind, unit.nodes.back()});
    Step& step = plan_.steps.back();
    step.stage = unit.stage;
    for (NodeId root : unit.reads) step.bytes += 4.0 * static_cast<double>(graph_[root].shape.size());
    for (NodeId root : unit.writes) step.bytes += 4.0 * static_cast<double>(graph_[root].shape.size());
    return step;
  }

  void emit(const Unit& unit) {
    const NodeId id = unit.nodes.back();
    const Node& node = graph_[id];
    if (unit.kind == StepKind::kContract || unit.kind == StepKind::kConvolve) return emit_contraction(unit);
    if (unit.kind == StepKind::kCopy) return emit_copies(unit, node);
    Step& step = add(unit.kind, unit);
    const Shape from = node.in.empty() ? Shape{} : graph_[node.in[0]].shape;
    const std::int64_t last = from.rank() > 0 ? from[-1] : 1;
    if (unit.kind != StepKind::kTile && unit.kind != StepKind::kFill)
      for (NodeId in : node.in) step.in.push_back(place(in));
    if (unit.kind != StepKind::kTile) step.out.push_back(place(id));
    step.columns = node.shape.size();
    step.flops += info(node.op).flops * static_cast<double>(std::max(node.shape.size(), from.size()));
    switch (unit.kind) {
      case StepKind::kTile:
        step.flops = 0;
        fill_tile(step, unit);
        break;
      case StepKind::kSum: sum_extents(step, from, node.shape); break;
      case StepKind::kMax:
        step.rows = last == 0 ? 0 : from.size() / last, step.columns = last;
        step.index_only = node.op == Op::kArgmax;
        break;
      case StepKind::kOneHot: step.rows = from.size(), step.columns = node.attribute.high; break;
      case StepKind::kGather:
      case StepKind::kScatterAdd: {
        const Shape& table = node.op == Op::kGather ? from : node.shape;
        step.rows = graph_[node.in[1]].shape.size(), step.inner = table[0];
        step.columns = table[0] == 0 ? 0 : table.size() / table[0];
        break;
      }
      case StepKind::kWindow:
      case StepKind::kPlane: {
        const bool to_planes = node.op == Op::kWindowSpread || node.op == Op::kPlaneScatter;
        step.x = to_planes ? node.shape : from, step.y = to_planes ? from : node.shape;
        step.op = node.op, step.window = node.attribute.window;
        break;
      }
      case StepKind::kUniform: step.stream = node.attribute.stream; break;
      case StepKind::kFill: {
        const bool is_splatted = is_splat(graph_, id, step.value);
        LIMN_CHECK(is_splatted);
        break;
      }
      case StepKind::kMove:
        move_strides(step, node, from);
        step.bytes = 4.0 * static_cast<double>(from.size() + node.shape.size());  // of a slice, not of all it is from
        break;
      default: break;
    }
  }

  // The summed axes are one run (simplify saw to that): [outer, summed, kept].
  static void sum_extents(Step& step, const Shape& from, const Shape& to) {
    const auto [first, end] = last_summed_run(from, to);
    step.rows = step.columns = step.inner = 1;
    for (int i = 0; i < from.rank(); ++i) (i < first ? step.rows : i < end ? step.inner : step.columns) *= from[i];
  }

  void move_strides(Step& step, const Node& node, const Shape& from) {
    std::vector<std::int64_t> strides(from.rank(), 1);
    for (int i = from.rank() - 2; i >= 0; --i) strides[i] = strides[i + 1] * from[i + 1];
    step.dims.assign(node.shape.dims().begin(), node.shape.dims().end());
    for (int i = 0; i < node.shape.rank(); ++i) {
      const int k =
          node.op == Op::kTranspose ? static_cast<int>(node.attribute.shape[i]) : i - (node.shape.rank() - from.rank());
      const bool repeats = node.op == Op::kBroadcast && (k < 0 || from[k] == 1);
      step.strides.push_back(repeats ? 0 : strides[k]);
    }
  }

  void emit_contraction(const Unit& unit) {
    const NodeId id = unit.contraction != kNoNode ? unit.contraction : unit.nodes.back();
    const Node& node = graph_[id];
    Step& step = add(unit.kind, unit);
    step.in = {place(node.in[0]), place(node.in[1])};
    step.out = {place(id)};
    if (unit.kind == StepKind::kConvolve)
      convolution_sizes(step, node);
    else
      product_sizes(step, node);
    if (unit.contraction == kNoNode && unit.sums.empty()) return;
    step.has_epilogue = true;
    fill_tile(step, unit);
  }

  void product_sizes(Step& step, const Node& node) const {
    step.transpose_a = node.attribute.transpose_a;
    step.rows = node.shape[0], step.columns = node.shape[1];
    step.inner = graph_[node.in[0]].shape[step.transpose_a ? 0 : 1];
    step.flops =
        2.0 * static_cast<double>(step.rows) * static_cast<double>(step.columns) * static_cast<double>(step.inner);
  }

  void convolution_sizes(Step& step, const Node& node) const {
    const Shape &first = graph_[node.in[0]].shape, &second = graph_[node.in[1]].shape;
    step.op = node.op, step.window = node.attribute.window;
    step.x = node.op == Op::kConvData ? node.shape : first;
    step.w = node.op == Op::kConvWeights ? node.shape : second;
    step.y = node.op == Op::kConv ? node.shape : node.op == Op::kConvData ? first : second;
    // A product for every weight and place.
    const std::int64_t places = step.y.size() / step.y[-1];
    step.flops = 2.0 * static_cast<double>(places) * static_cast<double>(step.w.size());
  }

  void emit_copies(const Unit& unit, const Node& node) {
    const int axis = static_cast<int>(node.attribute.axis);
    const auto [outer, inner] = around(node.shape, axis);
    std::int64_t low = 0;
    for (NodeId in : node.in) {
      const std::int64_t width = graph_[in].shape[axis] * inner;
      Place from = place(in), to = place(unit.nodes[0]);
      if (node.op == Op::kConcat) to.offset += low;
      if (node.op == Op::kSlice) from.offset += node.attribute.low * inner;
      low += width;
      if (from == to && (outer == 1 || home_[in].pitch != 0)) continue;  // made in place
      Step& step = add(StepKind::kCopy, unit);
      step.in = {from}, step.out = {to};
      step.rows = outer, step.ld_in = width, step.ld_out = node.shape[axis] * inner;
      step.columns = std::min(width, step.ld_out);
      if (node.op == Op::kPad) step.before = node.attribute.low * inner, step.after = step.ld_out - width - step.before;
      step.bytes = 4.0 * static_cast<double>(outer * (2 * step.columns + step.before + step.after));
    }
  }

  void copy_state(const StatePair& state) {
    const View view = units_.view[state.out];
    if (view.root == state.in && view.offset == 0) return;  // unchanged
    LIMN_CHECK(graph_[view.root].op != Op::kInput, "the next value of a state is another input");
    Unit unit{StepKind::kCopy, {state.out}};
    unit.stage = last_stage_ + 1;
    Step& step = add(StepKind::kCopy, unit);
    step.in = {place(state.out)}, step.out = {place(state.in)};
    step.columns = step.ld_in = step.ld_out = graph_[state.in].shape.size();
    step.bytes = 8.0 * static_cast<double>(step.columns);
  }

  void fill_tile(Step& step, const Unit& unit) {
    TileProgram& tile = step.tile;
    const Shape& shape = graph_[unit.nodes.back()].shape;
    std::vector<std::pair<NodeId, std::int32_t>> made;  // instruction of each member
    bool has_rows = unit.contraction != kNoNode || !unit.sums.empty();
    const bool is_program = unit.kind == StepKind::kTile || unit.contraction != kNoNode;
    struct Reference {
      std::int32_t instruction, operand;
    };
    std::vector<std::array<Reference, 3>> references;
    for (NodeId id : unit.nodes) {
      if (!is_program) break;
      const Node& node = graph_[id];
      TileInstruction instruction{name(node.op), origin_[id]};
      auto& refs = references.emplace_back(std::array<Reference, 3>{{{-1, -1}, {-1, -1}, {-1, -1}}});
      for (std::size_t i = 0; i < node.in.size(); ++i) {
        const Access access = access_of(graph_, units_.view, node.in[i], node.shape);
        const auto member = std::ranges::find(made, node.in[i], &std::pair<NodeId, std::int32_t>::first);
        if (!access.is_constant && access.direct && member != made.end()) {
          refs[i].instruction = member->second;
          continue;
        }
        TileOperand operand;
        operand.is_constant = access.is_constant, operand.value = access.value;
        operand.walk = access.is_constant ? Walk::kScalar : access.walk;
        operand.pitch = access.pitch;
        if (!access.is_constant) operand.place = place(access.view);
        has_rows = has_rows || operand.walk == Walk::kRow || operand.walk == Walk::kColumn || operand.pitch != 0;
        refs[i].operand = operand_index(tile, operand);
      }
      made.emplace_back(id, static_cast<std::int32_t>(tile.code.size()));
      if (std::ranges::find(unit.writes, id) != unit.writes.end()) {
        instruction.store = static_cast<std::int32_t>(tile.stores.size());
        tile.stores.push_back({place(id), home_[id].pitch});
        has_rows = has_rows || home_[id].pitch != 0;
      }
      tile.code.push_back(instruction);
      step.flops += info(node.op).flops * static_cast<double>(shape.size());
    }
    for (NodeId id : unit.sums) {  // of an instruction's result, or of what lies in memory
      const NodeId in = graph_[id].in[0];
      const auto member = std::ranges::find(made, in, &std::pair<NodeId, std::int32_t>::first);
      TileSum sum{place(id), origin_[id]};
      if (member == made.end()) sum.of = operand_index(tile, {.walk = Walk::kFull, .place = place(in)});
      tile.sums.push_back(sum);
      step.flops += static_cast<double>(shape.size());
    }
    const auto operands = static_cast<std::int32_t>(tile.operands.size());
    for (std::size_t i = 0; i < unit.sums.size(); ++i)
      if (tile.sums[i].of < 0)
        tile.sums[i].of =
            operands +
            std::ranges::find(made, graph_[unit.sums[i]].in[0], &std::pair<NodeId, std::int32_t>::first)->second;
    for (std::size_t i = 0; i < tile.code.size(); ++i) {
      auto index = [&](const Reference& r) { return r.instruction >= 0 ? operands + r.instruction : r.operand; };
      tile.code[i].a = index(references[i][0]), tile.code[i].b = index(references[i][1]),
      tile.code[i].c = index(references[i][2]);
    }
    tile.columns = has_rows ? (shape.rank() > 0 ? shape[-1] : 1) : shape.size();
    tile.rows = tile.columns == 0 ? 0 : shape.size() / tile.columns;
  }

  static std::int32_t operand_index(TileProgram& tile, const TileOperand& operand) {
    for (std::size_t i = 0; i < tile.operands.size(); ++i) {
      const TileOperand& known = tile.operands[i];
      if (known.is_constant == operand.is_constant && known.walk == operand.walk && known.pitch == operand.pitch &&
          (operand.is_constant ? known.value == operand.value : known.place == operand.place))
        return static_cast<std::int32_t>(i);
    }
    tile.operands.push_back(operand);
    return static_cast<std::int32_t>(tile.operands.size()) - 1;
  }

  const Fn& fn_;
  const Graph& graph_;
  const std::vector<NodeId>& origin_;
  Units units_;
  std::vector<bool> in_place_;
  std::vector<Home> home_;
  mutable std::vector<bool> kept_;
  int last_stage_ = 0;
  Plan plan_;
};

}  // namespace

Plan compile(const Fn& fn) {
  std::vector<NodeId> origin;
  const Fn simple = simplify(fn, origin);
#ifdef LIMN_VERIFY
  verify(simple);
#endif
  return Compiler(simple, origin).run();
}

double Plan::flops() const {
  double sum = 0;
  for (const Step& step : steps) sum += step.flops;
  return sum;
}
double Plan::bytes() const {
  double sum = 0;
  for (const Step& step : steps) sum += step.bytes;
  return sum;
}

}  // namespace limn
