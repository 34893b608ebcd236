#include "plan/draw.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "exec/chunk.hpp"
#include "graph/json.hpp"
#include "kernel/isa.hpp"
#include "plan/network.hpp"

namespace limn {
namespace {

using Json = nlohmann::json;

const Fn& step() {
  static const Fn fn = testing::training_fn(Network("dense 40 relu | dropout 0.25 | dense 3", 17), 24, "adam");
  return fn;
}

TEST(GraphJson, HasEveryNodeWithEdgesToEarlierNodesAlone) {
  const Json json = Json::parse(to_json(step()));
  const Graph& graph = step().graph;
  ASSERT_EQ(json["nodes"].size(), static_cast<std::size_t>(graph.size()));
  for (NodeId id = 0; id < graph.size(); ++id) {
    const Json& node = json["nodes"][static_cast<std::size_t>(id)];
    EXPECT_EQ(node["id"], id);
    EXPECT_EQ(node["op"], name(graph[id].op));
    EXPECT_EQ(node["inputs"].get<std::vector<NodeId>>(), graph[id].in);
    for (const Json& in : node["inputs"]) EXPECT_LT(in.get<NodeId>(), id);
    EXPECT_EQ(node["shape"].get<std::vector<std::int64_t>>().size(), static_cast<std::size_t>(graph[id].shape.rank()));
    EXPECT_TRUE(node["origin"].is_null() || node["origin"].get<NodeId>() < id);
    EXPECT_GT(node["place"]["line"].get<int>(), 0);
    EXPECT_NE(node["place"]["file"].get<std::string>().front(), '/');
  }
  EXPECT_EQ(json["outputs"][0], (Json{{"name", "loss"}, {"node", step().outputs[0].id}}));
  ASSERT_EQ(json["states"].size(), 3u);
  EXPECT_EQ(json["states"][0]["name"], "theta");
  EXPECT_EQ(json["nodes"][0]["name"], "theta");
}

TEST(GraphJson, SaysWhatAnOperationNeedsBesideItsInputs) {
  const Fn fn = trace([](Fn& f) {
    const Value x = input(f.graph, "x", {3, 4});
    const Value y = transpose(slice(x, 1, 1, 3), {1, 0}) * -0.5;
    f.output("y", matmul(y, pad(x, 1, 2, 8), false, false) + uniform(f.graph, {2, 8}, "noise"));
  });
  std::map<std::string, Json> by_op;
  const Json json = Json::parse(to_json(fn));
  for (const Json& node : json["nodes"]) by_op[node["op"]] = node;
  EXPECT_EQ(by_op["slice"]["axis"], 1);
  EXPECT_EQ(by_op["slice"]["low"], 1);
  EXPECT_EQ(by_op["slice"]["high"], 3);
  EXPECT_EQ(by_op["transpose"]["order"], (Json{1, 0}));
  EXPECT_EQ(by_op["constant"]["value"], -0.5);
  EXPECT_EQ(by_op["matmul"]["transpose_a"], false);
  EXPECT_EQ(by_op["uniform"]["stream"].get<std::string>().size(), 16u);
}

TEST(PlanJson, HasEveryStepWithItsPlacesInsideTheirBuffers) {
  select_isa("auto");
  const Plan plan = compile(step());
  const auto chunks = chunks_of(plan);
  const Json json = Json::parse(to_json(plan, step(), chunks));
  ASSERT_EQ(json["steps"].size(), plan.steps.size());
  std::set<NodeId> matmuls;
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    const Json& s = json["steps"][i];
    EXPECT_EQ(s["id"], i);
    EXPECT_EQ(s["chunks"], chunks[i]);
    EXPECT_GE(chunks[i], 1);
    EXPECT_EQ(s["stage"], plan.steps[i].stage);
    EXPECT_EQ(s["flops"], plan.steps[i].flops);
    EXPECT_EQ(s["text"].get<std::string>(), to_text(plan.steps[i]));
    const auto nodes = s["nodes"].get<std::vector<NodeId>>();
    EXPECT_TRUE(nodes.empty() || nodes.back() == plan.steps[i].node) << s.dump();
    EXPECT_TRUE(s["kind"] != "contract" || step().graph[nodes.at(0)].op == Op::kMatMul) << s.dump();
    for (const NodeId node : nodes) {
      ASSERT_LT(node, step().graph.size());
      if (step().graph[node].op != Op::kMatMul) continue;
      EXPECT_EQ(s["kind"], "contract");
      EXPECT_TRUE(matmuls.insert(node).second) << "two steps make one product";
    }
    for (const char* side : {"in", "out"})
      for (const Json& place : s[side]) {
        const Json& buffer = json["buffers"].at(place["buffer"].get<std::size_t>());
        EXPECT_GE(place["offset"], 0);
        EXPECT_LT(place["offset"], buffer["floats"]) << s.dump();
      }
  }
  std::size_t contractions = 0;
  for (const Step& s : plan.steps) contractions += s.kind == StepKind::kContract ? 1 : 0;
  EXPECT_EQ(matmuls.size(), contractions);
  EXPECT_EQ(json["flops"], plan.flops());
  EXPECT_EQ(json["buffers"][1]["name"], "theta");
}

TEST(PlanDot, FramesEveryNodeOnce) {
  const Plan plan = compile(step());
  const std::string dot = to_dot(plan, step());
  EXPECT_EQ(dot, to_dot(compile(step()), step()));
  EXPECT_EQ(std::ranges::count(dot, '{'), std::ranges::count(dot, '}'));
  for (const Step& s : plan.steps) {
    if (s.kind == StepKind::kCopy || nodes_of(plan, step(), s).empty()) continue;
    const std::string framed = fmt::format(" n{}; ", s.node);
    const auto first = dot.find(framed);
    EXPECT_NE(first, dot.npos) << s.node;
    EXPECT_EQ(dot.find(framed, first + 1), dot.npos) << s.node;
  }
}

}  // namespace
}  // namespace limn
