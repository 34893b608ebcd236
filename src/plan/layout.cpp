#include "plan/layout.hpp"

#include <algorithm>

namespace limn {
namespace {

std::vector<bool> depend_on(const Graph& graph, NodeId data) {
  std::vector<bool> depends(graph.size(), false);
  for (NodeId id = 0; id < graph.size(); ++id)
    depends[id] = id == data || std::ranges::any_of(graph[id].in, [&](NodeId in) { return depends[in]; });
  return depends;
}

// What a step that moves has of the function's graph: a contraction's right-hand side, which it is named after, or its
// own.
NodeId moved(const Graph& graph, const Step& step) {
  const Node& node = graph[step.node];
  const OpInfo& op = info(node.op);
  return op.klass == OpClass::kBilinear && !op.pointwise ? node.in[1] : node.in.empty() ? step.node : node.in[0];
}

}  // namespace

LayoutCost layout_cost(const Plan& plan, const Fn& fn, std::string_view data) {
  const Graph& graph = fn.graph;
  const auto& inputs = graph.inputs();
  const auto found = std::ranges::find_if(inputs, [&](NodeId id) { return graph.input_name(id) == data; });
  LIMN_CHECK(found != inputs.end(), "no input {}", data);
  const auto depends = depend_on(graph, *found);
  const std::int64_t rows = graph[*found].shape[0];
  LayoutCost cost;
  for (const Step& step : plan.steps) {
    if (step.kind != StepKind::kMove && step.kind != StepKind::kCopy) continue;
    const NodeId id = moved(graph, step);
    const Shape& shape = graph[id].shape;
    Carried* const carried = depends[id] ? (shape.rank() > 1 && shape[0] == rows ? &cost.activations : nullptr)
                             : step.kind == StepKind::kMove ? &cost.weights
                                                            : nullptr;
    if (!carried) continue;
    ++carried->steps;
    carried->bytes += step.bytes;
  }
  return cost;
}

}  // namespace limn
