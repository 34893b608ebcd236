// An append-only, hash-consed graph in single-assignment form: static shapes, no control flow. Node numbers are dense
// and already in topological order. It must not know how anything is computed.
#pragma once
#include <source_location>
#include <string>
#include <unordered_map>
#include <vector>

#include "graph/op.hpp"

namespace limn {

using NodeId = std::int32_t;
constexpr NodeId kNoNode = -1;

struct Node {
  Op op;
  DType dtype;
  Shape shape;
  std::vector<NodeId> in;
  Attribute attribute;
  std::int32_t scope = 0;   // index into Graph::scopes()
  NodeId origin = kNoNode;  // the forward node that a derivative node came from
  std::source_location place;
};

class Graph {
 public:
  Graph();

  // Appends a node, or returns the equal one that is there already. Error: the shapes do not fit; it names them, the
  // operation, the scope and the place.
  NodeId add(Op op, std::vector<NodeId> in, Attribute attribute, const std::source_location& place);
  NodeId add_input(std::string name, Shape shape, DType dtype, const std::source_location& place);

  const Node& operator[](NodeId id) const { return nodes_[id]; }
  NodeId size() const { return static_cast<NodeId>(nodes_.size()); }
  const std::vector<NodeId>& inputs() const { return inputs_; }
  const std::string& input_name(NodeId id) const { return input_names_[nodes_[id].attribute.axis]; }
  const std::string& scope(const Node& node) const { return scopes_[node.scope]; }

 private:
  friend class Scope;
  friend class Origin;

  std::vector<Node> nodes_;
  std::vector<NodeId> inputs_;
  std::vector<std::string> input_names_;
  std::vector<std::string> scopes_{""};
  std::int32_t scope_ = 0;
  NodeId origin_ = kNoNode;
  std::unordered_multimap<std::size_t, NodeId> known_;  // hash of the contents -> node
};

// While it lives, nodes of the graph carry the scope "outer/name".
class Scope {
 public:
  Scope(Graph& graph, std::string_view name);
  ~Scope() { graph_.scope_ = outer_; }
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

 private:
  Graph& graph_;
  std::int32_t outer_;
};

// While it lives, nodes of the graph are noted as made by the derivative of `origin`, in the scope of `origin`.
class Origin {
 public:
  Origin(Graph& graph, NodeId origin);
  ~Origin();
  Origin(const Origin&) = delete;
  Origin& operator=(const Origin&) = delete;

 private:
  Graph& graph_;
  NodeId outer_;
  std::int32_t outer_scope_;
};

}  // namespace limn
