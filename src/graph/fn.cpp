#include "graph/fn.hpp"

#include <fmt/ranges.h>

namespace limn {

void Fn::state(Value in, Value out) {
  if (in.node().op != Op::kInput)
    throw Error("a state must start at an input", "declare it with input() and give its next value");
  if (in.shape() != out.shape())
    throw Error(fmt::format("state {} has shape {}, its next value {}", graph.input_name(in.id()),
                            to_string(in.shape()), to_string(out.shape())),
                "give the next value the same shape");
  states.push_back({in.id(), out.id()});
}

NodeId Fn::find_input(std::string_view name) const {
  std::vector<std::string> names;
  for (NodeId id : graph.inputs()) {
    if (graph.input_name(id) == name) return id;
    names.push_back(graph.input_name(id));
  }
  throw Error(fmt::format("there is no input \"{}\"", name), fmt::format("there are {}", fmt::join(names, ", ")));
}

void verify(const Fn& fn) {
  const Graph& graph = fn.graph;
  for (NodeId id = 0; id < graph.size(); ++id) {
    const Node& node = graph[id];
    std::vector<Shape> shapes;
    for (NodeId in : node.in) {
      LIMN_CHECK(in >= 0 && in < id, "node {} reads node {}", id, in);
      shapes.push_back(graph[in].shape);
    }
    std::string why;
    const Shape shape = info(node.op).shape(shapes, node.attribute, why);
    LIMN_CHECK(why.empty() && shape == node.shape, "node {} ({}): {}", id, name(node.op), why);
    LIMN_CHECK(node.origin < id, "node {} comes from node {}", id, node.origin);
  }
  for (const Output& output : fn.outputs)
    LIMN_CHECK(output.id >= 0 && output.id < graph.size(), "output {}", output.name);
  for (const StatePair& state : fn.states)
    LIMN_CHECK(graph[state.in].op == Op::kInput && graph[state.out].shape == graph[state.in].shape);
}

namespace {
std::string label(const Graph& graph, NodeId id) {
  const Node& node = graph[id];
  switch (node.op) {
    case Op::kInput: return fmt::format("input {}", graph.input_name(id));
    case Op::kConstant: return fmt::format("constant {}", node.attribute.value);
    case Op::kMatMul:
      return fmt::format("matmul{}{}", node.attribute.transpose_a ? " aT" : "",
                         node.attribute.transpose_b ? " bT" : "");
    case Op::kSlice:
    case Op::kPad:
      return fmt::format("{} axis {} {}..{}", name(node.op), node.attribute.axis, node.attribute.low,
                         node.attribute.high);
    default: return std::string(name(node.op));
  }
}
}  // namespace

std::string to_text(const Graph& graph, NodeId id) {
  return fmt::format("{}({})", label(graph, id), fmt::join(graph[id].in, ", "));
}

std::string to_text(const Fn& fn) {
  std::string text;
  for (NodeId id = 0; id < fn.graph.size(); ++id) {
    const Node& node = fn.graph[id];
    text += fmt::format("%{} {} = {}", id, to_string(node.shape), to_text(fn.graph, id));
    if (node.scope != 0) text += "  # " + fn.graph.scope(node);
    if (node.origin != kNoNode) text += fmt::format("  d%{}", node.origin);
    text += '\n';
  }
  for (const Output& output : fn.outputs) text += fmt::format("output {} = %{}\n", output.name, output.id);
  for (const StatePair& state : fn.states)
    text += fmt::format("state {} %{} <- %{}\n", fn.graph.input_name(state.in), state.in, state.out);
  return text;
}

std::string to_dot(const Fn& fn) {
  std::string text = "digraph limn {\n  node [shape=box];\n";
  for (NodeId id = 0; id < fn.graph.size(); ++id) {
    text += fmt::format("  n{} [label=\"{}\\n{}\"];\n", id, label(fn.graph, id), to_string(fn.graph[id].shape));
    for (NodeId in : fn.graph[id].in) text += fmt::format("  n{} -> n{};\n", in, id);
  }
  for (const Output& output : fn.outputs)
    text += fmt::format("  \"{0}\" [shape=oval];\n  n{1} -> \"{0}\";\n", output.name, output.id);
  return text + "}\n";
}

}  // namespace limn
