// A closed function: a graph with named inputs, named outputs and declared state. What trace() yields, what plan/
// compiles and what the interpreter runs.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "graph/value.hpp"

namespace limn {

struct Output {
  std::string name;
  NodeId id;
};

// A value that lives from step to step: read as the input, left as the output, in one place.
struct StatePair {
  NodeId in, out;
};

struct Fn {
  Graph graph;
  std::vector<Output> outputs;
  std::vector<StatePair> states;

  void output(std::string name, Value value) { outputs.push_back({std::move(name), value.id()}); }
  void state(Value in, Value out);                 // Error: the shapes differ, or `in` is no input
  NodeId find_input(std::string_view name) const;  // Error: no such input
};

// Throws a broken invariant unless every node stands behind its inputs with the shape its rule gives, and every
// output and state names a node.
void verify(const Fn& fn);

// Runs the model once on symbolic values: model(fn) adds inputs, outputs and states.
template <class Model>
Fn trace(Model&& model) {
  Fn fn;
  model(fn);
  verify(fn);
  return fn;
}

std::string to_text(const Fn& fn);  // one line a node: number, shape, operation, inputs, scope
std::string to_text(const Graph& graph, NodeId id);  // "matmul(1, 4)"
std::string to_dot(const Fn& fn);   // for Graphviz

}  // namespace limn
