#include "autodiff/autodiff.hpp"

#include <algorithm>

#include "autodiff/rule.hpp"

namespace limn {
namespace {

Value zeros(Value like) { return broadcast(constant(like.graph(), 0), like.shape()); }

NodeId last_of(std::span<const Value> values) {
  NodeId last = kNoNode;
  for (const Value& v : values) last = std::max(last, v.id());
  return last;
}

// Marks the nodes 0 .. last that depend on one of the inputs, not only through what is held.
std::vector<bool> dependents(const Graph& graph, std::span<const Value> inputs, NodeId last,
                             std::span<const Value> held) {
  std::vector<bool> depends(last + 1, false);
  for (const Value& v : inputs)
    if (v.id() <= last) depends[v.id()] = true;
  for (NodeId id = 0; id <= last; ++id) {
    if (std::ranges::find(held, id, &Value::id) != held.end()) continue;
    for (NodeId in : graph[id].in)
      if (depends[in]) depends[id] = true;
  }
  return depends;
}

std::vector<Value> jvp_holding(std::span<const Value> outputs, std::span<const Value> inputs,
                               std::span<const Value> tangents, std::span<const Value> held) {
  LIMN_CHECK(inputs.size() == tangents.size() && !outputs.empty());
  Graph& graph = outputs[0].graph();
  const NodeId last = last_of(outputs);
  const auto depends = dependents(graph, inputs, last, held);
  std::vector<Value> tangent(last + 1);
  std::vector<bool> given(last + 1, false);
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (inputs[i].id() <= last) tangent[inputs[i].id()] = tangents[i], given[inputs[i].id()] = true;
  for (NodeId id = 0; id <= last; ++id) {
    if (!depends[id] || given[id]) continue;
    std::vector<Value> in;
    bool any = false;
    for (NodeId k : graph[id].in) in.push_back(tangent[k]), any = any || tangent[k];
    if (!any) continue;
    const Origin origin(graph, id);
    tangent[id] = tangent_of(graph, id, in);
  }
  std::vector<Value> result;
  for (const Value& output : outputs) result.push_back(tangent[output.id()] ? tangent[output.id()] : zeros(output));
  return result;
}

std::vector<Value> vjp_holding(std::span<const Value> outputs, std::span<const Value> cotangents,
                               std::span<const Value> inputs, std::span<const Value> held) {
  LIMN_CHECK(outputs.size() == cotangents.size() && !outputs.empty());
  Graph& graph = outputs[0].graph();
  const NodeId last = last_of(outputs);
  const auto depends = dependents(graph, inputs, last, held);
  std::vector<Value> cotangent(last + 1);
  auto add_to = [&](NodeId id, Value c) {
    if (c) cotangent[id] = cotangent[id] ? cotangent[id] + c : c;
  };
  for (std::size_t i = 0; i < outputs.size(); ++i) add_to(outputs[i].id(), cotangents[i]);
  for (NodeId id = last; id >= 0; --id) {
    if (!cotangent[id] || !depends[id]) continue;
    const Origin origin(graph, id);
    const auto in = graph[id].in;
    for (std::size_t i = 0; i < in.size(); ++i)
      if (depends[in[i]]) add_to(in[i], cotangent_of(graph, id, static_cast<int>(i), cotangent[id]));
  }
  std::vector<Value> result;
  for (const Value& input : inputs) {
    const bool reached = input.id() <= last && cotangent[input.id()];
    result.push_back(reached ? cotangent[input.id()] : zeros(input));
  }
  return result;
}

}  // namespace

std::vector<Value> jvp(std::span<const Value> outputs, std::span<const Value> inputs, std::span<const Value> tangents) {
  return jvp_holding(outputs, inputs, tangents, {});
}
std::vector<Value> vjp(std::span<const Value> outputs, std::span<const Value> cotangents,
                       std::span<const Value> inputs) {
  return vjp_holding(outputs, cotangents, inputs, {});
}

std::vector<Value> grad(Value scalar, std::span<const Value> inputs) {
  if (scalar.shape() != Shape{})
    throw Error(fmt::format("the gradient of a value of shape {}", to_string(scalar.shape())),
                "reduce it to one number, e.g. by sum or mean");
  const Value one = constant(scalar.graph(), 1);
  return vjp(std::span(&scalar, 1), std::span(&one, 1), inputs);
}
Value grad(Value scalar, Value input) { return grad(scalar, std::span(&input, 1))[0]; }

Value hvp(Value scalar, Value input, Value v) {
  const Value gradient = grad(scalar, input);
  return jvp(std::span(&gradient, 1), std::span(&input, 1), std::span(&v, 1))[0];
}

Value ggn(Value loss, Value output, Value input, Value v, std::span<const Value> held) {
  const Value moved = jvp_holding(std::span(&output, 1), std::span(&input, 1), std::span(&v, 1), held)[0];
  const Value curved = hvp(loss, output, moved);
  return vjp_holding(std::span(&output, 1), std::span(&curved, 1), std::span(&input, 1), held)[0];
}

}  // namespace limn
