// Tracing: equal operations are one node, different ones are not; scopes and origins; what verify() and printing do.
#include <gtest/gtest.h>

#include <algorithm>

#include "graph/fn.hpp"

namespace limn {
namespace {

TEST(Graph, MakesTheSameOperationOnce) {
  Graph graph;
  const Value x = input(graph, "x", {4, 3}), w = input(graph, "w", {3, 2});
  const Value once = tanh(matmul(x, w)) * 2.0;
  const NodeId size = graph.size();
  EXPECT_EQ((tanh(matmul(x, w)) * 2.0).id(), once.id());
  EXPECT_EQ(slice(x, 1, 0, 2).id(), slice(x, 1, 0, 2).id());
  EXPECT_EQ(uniform(graph, {2}, "a").id(), uniform(graph, {2}, "a").id());
  EXPECT_EQ(step_number(graph).id(), step_number(graph).id());
  EXPECT_EQ(constant(graph, 2).id(), constant(graph, 2).id());
  EXPECT_EQ(graph.size(), size + 3);  // slice, uniform, step; the constant was there
}

TEST(Graph, KeepsApartWhatDiffersInAnything) {
  Graph graph;
  const Value x = input(graph, "x", {3, 3}), y = input(graph, "y", {3, 3});
  const std::vector<Value> all{
      x,
      y,
      input(graph, "x", {3, 3}),  // an input is never another one
      x + y,
      y + x,
      x - y,
      x * y,
      matmul(x, y),
      matmul(x, y, true),
      matmul(x, y, false, true),
      transpose(x, {1, 0}),
      slice(x, 0, 0, 2),
      slice(x, 1, 0, 2),
      slice(x, 1, 1, 3),
      pad(x, 0, 1, 7),
      pad(x, 0, 2, 7),
      pad(x, 0, 1, 8),
      pad(x, 0, 7, 12),  // the same hash as the next one
      pad(x, 0, 0, 17),
      reshape(x, {9}),
      reshape(x, {1, 9}),
      sum_to(x, {3}),
      sum_to(x, {3, 1}),
      uniform(graph, {3, 3}, "a"),
      uniform(graph, {3, 3}, "b"),
      uniform(graph, {9}, "a"),
      constant(graph, 1),
      constant(graph, 1 + 1e-15),
      reduce_max(x),
      gather(x, argmax(x)),
      scatter_add(x, argmax(x), 3),
      scatter_add(x, argmax(x), 4),
      one_hot(argmax(x), 3),
      one_hot(argmax(x), 4),
  };
  for (std::size_t i = 0; i < all.size(); ++i)
    for (std::size_t k = 0; k < i; ++k) EXPECT_NE(all[i].id(), all[k].id()) << "values " << k << " and " << i;
}

TEST(Graph, AddsNoNodeForWhatChangesNothing) {
  Graph graph;
  const Value x = input(graph, "x", {3, 2});
  for (const Value same : {x + 0.0, 0.0 + x, x - 0.0, x * 1.0, 1.0 * x, x / 1.0, broadcast(x, {3, 2}),
                           sum_to(x, {3, 2}), reshape(x, {3, 2}), x * broadcast(constant(graph, 1), {3, 2})})
    EXPECT_EQ(same.id(), x.id());
  EXPECT_NE((0.0 - x).id(), x.id());
  EXPECT_NE((1.0 / x).id(), x.id());
  EXPECT_NE(max(x, constant(graph, 0)).id(), x.id());
  EXPECT_NE(less(x, constant(graph, 1)).id(), x.id());
}

TEST(Graph, BroadcastsOperandsAsNumPyDoes) {
  struct Row {
    Shape a, b, result;
  };
  for (const Row& row :
       {Row{{3, 4}, {4}, {3, 4}}, Row{{4}, {3, 4}, {3, 4}}, Row{{3, 1}, {1, 4}, {3, 4}}, Row{{}, {2, 3}, {2, 3}},
        Row{{2, 1, 5}, {7, 1}, {2, 7, 5}}, Row{{1}, {}, {1}}, Row{{0, 3}, {1, 3}, {0, 3}}}) {
    Graph graph;
    const Value a = input(graph, "a", row.a), b = input(graph, "b", row.b);
    EXPECT_EQ((a + b).shape(), row.result) << to_string(row.a) << " and " << to_string(row.b);
    EXPECT_EQ(select(a, b, constant(graph, 0)).shape(), row.result);
  }
}

TEST(Graph, NotesScopeOriginAndPlaceOfEveryNode) {
  Graph graph;
  const Value x = input(graph, "x", {2}), rows = input(graph, "rows", {3, 2});
  Value inner, derived, beside, after;
  {
    const Scope lstm(graph, "lstm");
    const Scope gates(graph, "gates");
    inner = exp(x);
    {
      const Origin origin(graph, x.id());
      derived = exp(inner);
    }
    beside = cos(x);
  }
  const unsigned line = __LINE__ + 1;
  after = rows + x;
  EXPECT_EQ(graph.scope(inner.node()), "lstm/gates");
  EXPECT_EQ(inner.node().origin, kNoNode);
  EXPECT_EQ(graph.scope(derived.node()), "") << "a derivative stands in the scope of what it is derived from";
  EXPECT_EQ(derived.node().origin, x.id());
  EXPECT_EQ(graph.scope(beside.node()), "lstm/gates");
  EXPECT_EQ(beside.node().origin, kNoNode);
  EXPECT_EQ(graph.scope(after.node()), "");
  EXPECT_EQ(after.node().origin, kNoNode);
  for (const Node& node : {after.node(), graph[after.node().in[1]]}) {  // the sum, and the broadcast before it
    EXPECT_EQ(node.place.line(), line);
    EXPECT_NE(std::string(node.place.file_name()).find("graph_test.cpp"), std::string::npos);
  }
}

TEST(Fn, FindsInputsByNameAndSaysWhichThereAre) {
  Fn fn;
  const Value left = input(fn.graph, "left", {2}), right = input(fn.graph, "right", {2});
  EXPECT_EQ(fn.find_input("left"), left.id());
  EXPECT_EQ(fn.find_input("right"), right.id());
  try {
    fn.find_input("middle");
    ADD_FAILURE() << "found";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("middle"), std::string::npos);
    EXPECT_NE(error.hint().find("left, right"), std::string::npos) << error.hint();
  }
}

TEST(Fn, RefusesAStateThatIsNoInputOrChangesItsShape) {
  Fn fn;
  const Value x = input(fn.graph, "moments", {2, 3}), y = x * 2.0;
  EXPECT_THROW(fn.state(y, x), Error);
  try {
    fn.state(x, reshape(y, {6}));
    ADD_FAILURE() << "accepted";
  } catch (const Error& error) {
    for (const char* word : {"moments", "[2, 3]", "[6]"})
      EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what();
  }
  EXPECT_TRUE(fn.states.empty());
  fn.state(x, y);
  EXPECT_EQ(fn.states.size(), 1u);
}

// As a pass might leave it that went wrong: the graph itself offers no way to break it.
Node& broken(Fn& fn, NodeId id) { return const_cast<Node&>(fn.graph[id]); }

TEST(Verify, CatchesBrokenGraphs) {
  struct Row {
    const char* what;
    void (*harm)(Fn& fn, NodeId product, NodeId sum);
  };
  const Row rows[] = {
      {"nothing", [](Fn&, NodeId, NodeId) {}},
      {"a node that reads itself", [](Fn& fn, NodeId, NodeId sum) { broken(fn, sum).in[0] = sum; }},
      {"a node that reads a later one", [](Fn& fn, NodeId product, NodeId sum) { broken(fn, product).in[0] = sum; }},
      {"a node that reads nothing there is", [](Fn& fn, NodeId, NodeId sum) { broken(fn, sum).in[1] = kNoNode; }},
      {"a shape that is not the rule's", [](Fn& fn, NodeId product, NodeId) { broken(fn, product).shape = {3, 2}; }},
      {"operands that do not fit",
       [](Fn& fn, NodeId product, NodeId) { broken(fn, product).attribute.transpose_b = true; }},
      {"an origin that comes later", [](Fn& fn, NodeId product, NodeId sum) { broken(fn, product).origin = sum; }},
      {"an output without a node", [](Fn& fn, NodeId, NodeId) { fn.outputs.push_back({"lost", fn.graph.size()}); }},
      {"an output before the first node", [](Fn& fn, NodeId, NodeId) { fn.outputs.push_back({"lost", kNoNode}); }},
      {"a state that is no input", [](Fn& fn, NodeId product, NodeId sum) { fn.states.push_back({product, sum}); }},
      {"a state that changes its shape",
       [](Fn& fn, NodeId, NodeId sum) { fn.states.push_back({fn.graph.inputs()[0], sum}); }},
  };
  for (const Row& row : rows) {
    Fn fn;
    const Value x = input(fn.graph, "x", {2, 5}), w = input(fn.graph, "w", {5, 3}), product = matmul(x, w),
                sum = product + exp(product);
    fn.output("y", sum);
    row.harm(fn, product.id(), sum.id());
    if (&row == rows) {
      EXPECT_NO_THROW(verify(fn));
    } else {
      EXPECT_THROW(verify(fn), std::logic_error) << row.what;
    }
  }
}

Fn printed() {
  return trace([](Fn& fn) {
    const Value x = input(fn.graph, "x", {4, 3}), w = input(fn.graph, "w", {2, 3});
    const Scope scope(fn.graph, "layer1");
    const Value z = matmul(x, w, false, true);
    fn.output("y", slice(z * 0.5, 1, 0, 1));
    const Origin origin(fn.graph, z.id());
    fn.state(w, w - sum_to(exp(w), {2, 1}));
  });
}

TEST(Printing, ShowsEveryNodeWithShapeOperationInputsScopeAndOrigin) {
  const std::string text = to_text(printed());
  for (const char* line :
       {"%0 [4, 3] = input x()\n", "%1 [2, 3] = input w()\n", "%2 [4, 2] = matmul bT(0, 1)  # layer1\n",
        "= constant 0.5()", "slice axis 1 0..1(", "  d%2\n", "output y = %", "state w %1 <- %"})
    EXPECT_NE(text.find(line), std::string::npos) << line << " is not in\n" << text;
}

TEST(Printing, MakesAGraphThatGraphvizReads) {
  const Fn fn = printed();
  const std::string dot = to_dot(fn);
  EXPECT_EQ(dot.find("digraph"), 0u);
  EXPECT_EQ(std::ranges::count(dot, '{'), std::ranges::count(dot, '}'));
  EXPECT_EQ(std::ranges::count(dot, '"') % 2, 0);
  for (NodeId id = 0; id < fn.graph.size(); ++id) {
    EXPECT_NE(dot.find(fmt::format("  n{} [label=", id)), std::string::npos) << id;
    for (NodeId in : fn.graph[id].in) EXPECT_NE(dot.find(fmt::format("  n{} -> n{};", in, id)), std::string::npos);
  }
  EXPECT_NE(dot.find(fmt::format("n{} -> \"y\"", fn.outputs[0].id)), std::string::npos) << dot;
}

}  // namespace
}  // namespace limn
