#include "plan/draw.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace limn {
namespace {

using Json = nlohmann::ordered_json;

bool is_contraction(const Fn& fn, NodeId id) {
  const OpInfo& op = info(fn.graph[id].op);
  return op.klass == OpClass::kBilinear && !op.pointwise;
}

bool is_product(const Step& step) { return step.kind == StepKind::kContract || step.kind == StepKind::kConvolve; }

Json json_of(const Place& place) { return {{"buffer", place.buffer}, {"offset", place.offset}}; }

Json json_of(const Plan& plan, const Fn& fn, const Step& step) {
  const std::string text = to_text(step);  // begins with the kind's name
  Json in = Json::array(), out = Json::array();
  for (const Place& place : step.in) in.push_back(json_of(place));
  for (const TileOperand& operand : step.tile.operands)
    if (!operand.is_constant) in.push_back(json_of(operand.place));
  for (const Place& place : step.out) out.push_back(json_of(place));
  for (const TileStore& store : step.tile.stores) out.push_back(json_of(store.place));
  for (const TileSum& sum : step.tile.sums) out.push_back(json_of(sum.place));
  return {{"kind", text.substr(0, text.find(' '))},
          {"node", step.node},
          {"nodes", nodes_of(plan, fn, step)},
          {"stage", step.stage},
          {"chunks", nullptr},
          {"flops", step.flops},
          {"bytes", step.bytes},
          {"in", in},
          {"out", out},
          {"text", text}};
}

}  // namespace

std::vector<NodeId> nodes_of(const Plan& plan, const Fn& fn, const Step& step) {
  std::vector<NodeId> nodes;
  const auto add = [&](NodeId id) {
    if (std::ranges::find(nodes, id) == nodes.end()) nodes.push_back(id);
  };
  const auto has_its_own_step = [&](NodeId id) {
    return std::ranges::any_of(
        plan.steps, [&](const Step& other) { return other.node == id && is_product(other) && !other.has_epilogue; });
  };
  for (const TileSum& sum : step.tile.sums) add(sum.node);
  if (step.has_epilogue)  // such a step is named after the epilogue's last node
    for (const TileInstruction& instruction : step.tile.code)
      for (NodeId in : fn.graph[instruction.node].in)
        if (is_contraction(fn, in) && !has_its_own_step(in)) add(in);
  for (const TileInstruction& instruction : step.tile.code) add(instruction.node);
  if (is_product(step) || !is_contraction(fn, step.node)) add(step.node);
  return nodes;
}

std::string to_json(const Plan& plan, const Fn& fn, std::span<const int> chunks) {
  LIMN_CHECK(chunks.empty() || chunks.size() == plan.steps.size());
  Json json = {{"steps", Json::array()}, {"buffers", Json::array()}, {"flops", plan.flops()}, {"bytes", plan.bytes()}};
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    Json step = {{"id", i}};
    step.update(json_of(plan, fn, plan.steps[i]));
    if (!chunks.empty()) step["chunks"] = chunks[i];
    json["steps"].push_back(std::move(step));
  }
  json["buffers"].push_back({{"name", "arena"}, {"floats", plan.arena_floats}});
  for (NodeId id : fn.graph.inputs())
    json["buffers"].push_back({{"name", fn.graph.input_name(id)}, {"floats", fn.graph[id].shape.size()}});
  return json.dump();
}

std::string to_dot(const Plan& plan, const Fn& fn) {
  std::string text = "digraph limn {\n";
  std::vector<bool> framed(static_cast<std::size_t>(fn.graph.size()));
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    text += fmt::format("  subgraph cluster_{} {{ label=\"{}\"; ", i, to_text(plan.steps[i]));
    for (NodeId id : nodes_of(plan, fn, plan.steps[i])) {  // a node that several steps make is in the first one's frame
      if (framed[static_cast<std::size_t>(id)]) continue;
      framed[static_cast<std::size_t>(id)] = true;
      text += fmt::format("n{}; ", id);
    }
    text += "}\n";
  }
  const std::string graph = to_dot(fn);
  return text + graph.substr(graph.find('\n') + 1);
}

}  // namespace limn
