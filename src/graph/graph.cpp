#include "graph/graph.hpp"

#include <fmt/ranges.h>

#include <bit>

namespace limn {
namespace {

std::size_t mix(std::size_t h, std::uint64_t v) { return (h ^ v) * 0x9E3779B97F4A7C15 + (h >> 29); }

std::size_t hash_of(Op op, const std::vector<NodeId>& in, const Attribute& a) {
  std::size_t h = static_cast<std::size_t>(op);
  for (NodeId id : in) h = mix(h, static_cast<std::uint64_t>(id));
  for (auto dim : a.shape.dims()) h = mix(h, static_cast<std::uint64_t>(dim));
  h = mix(h, std::bit_cast<std::uint64_t>(a.value));
  h = mix(h, static_cast<std::uint64_t>(a.axis * 3 + a.low * 5 + a.high * 7));
  for (int i = 0; i < a.window.axes; ++i)
    for (const std::int64_t number : {a.window.size[i], a.window.stride[i], a.window.dilation[i], a.window.low[i],
                                      a.window.high[i], a.window.groups})
      h = mix(h, static_cast<std::uint64_t>(number));
  return mix(h, a.stream * 4 + a.transpose_a * 2 + a.transpose_b);
}

DType dtype_of(Op op, const std::vector<Node>& nodes, const std::vector<NodeId>& in) {
  if (op == Op::kArgmax || op == Op::kWindowArgmax) return DType::kIndex;
  if (op == Op::kOneHot || in.empty()) return DType::kReal;
  return nodes[in[0]].dtype;
}

}  // namespace

Graph::Graph() { nodes_.reserve(256); }

NodeId Graph::add(Op op, std::vector<NodeId> in, Attribute attribute, const std::source_location& place) {
  const OpInfo& op_info = info(op);
  LIMN_CHECK(op_info.arity < 0 ? !in.empty() : static_cast<int>(in.size()) == op_info.arity, "{} got {} inputs",
             op_info.name, in.size());
  const std::size_t hash = hash_of(op, in, attribute);
  if (op != Op::kInput)
    for (auto [it, end] = known_.equal_range(hash); it != end; ++it) {
      const Node& node = nodes_[it->second];
      if (node.op == op && node.in == in && node.attribute == attribute) return it->second;
    }

  std::vector<Shape> shapes;
  for (NodeId id : in) shapes.push_back(nodes_[id].shape);
  std::string why;
  const Shape shape = op_info.shape(shapes, attribute, why);
  const DType dtype = dtype_of(op, nodes_, in);
  for (std::size_t i = 0; i < in.size(); ++i) {
    const DType wanted = wanted_dtype(op, i);
    if (nodes_[in[i]].dtype != wanted)
      why = wanted == DType::kIndex ? "wants indices" : "wants real numbers, not indices";
  }
  if (!why.empty()) {
    std::vector<std::string> names;
    for (const Shape& s : shapes) names.push_back(to_string(s));
    throw Error(fmt::format("{} of {}{}: {}", op_info.name, fmt::join(names, " and "),
                            scopes_[scope_].empty() ? "" : " in " + scopes_[scope_], why),
                fmt::format("see {}:{}, where this operation is written", place.file_name(), place.line()));
  }
  nodes_.push_back({op, dtype, shape, std::move(in), attribute, scope_, origin_, place});
  known_.emplace(hash, size() - 1);
  return size() - 1;
}

NodeId Graph::add_input(std::string name, Shape shape, DType dtype, const std::source_location& place) {
  Attribute attribute;
  attribute.shape = shape;
  attribute.axis = static_cast<std::int64_t>(inputs_.size());
  const NodeId id = add(Op::kInput, {}, attribute, place);
  nodes_[id].dtype = dtype;
  inputs_.push_back(id);
  input_names_.push_back(std::move(name));
  return id;
}

Scope::Scope(Graph& graph, std::string_view name) : graph_(graph), outer_(graph.scope_) {
  const std::string& outer = graph.scopes_[outer_];
  graph.scopes_.push_back(outer.empty() ? std::string(name) : fmt::format("{}/{}", outer, name));
  graph.scope_ = static_cast<std::int32_t>(graph.scopes_.size()) - 1;
}

Origin::Origin(Graph& graph, NodeId origin) : graph_(graph), outer_(graph.origin_), outer_scope_(graph.scope_) {
  graph.origin_ = origin;
  graph.scope_ = graph[origin].scope;
}
Origin::~Origin() {
  graph_.origin_ = outer_;
  graph_.scope_ = outer_scope_;
}

}  // namespace limn
