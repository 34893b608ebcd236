#include "lab/origin.hpp"

#include <algorithm>

#include "lab/receipt_slip.hpp"

namespace limn::lab {
namespace {

using Json = nlohmann::json;

// The words that layer k of those with parameters comes from: first character and the one behind the last.
Json word_of(const std::string& arch, int layer) {
  std::size_t begin = 0;
  for (const LayerSpec& spec : parse_architecture(arch)) {
    const std::size_t end = std::min(arch.find('|', begin), arch.size());
    if (spec.has_parameters() && --layer == 0) {
      constexpr const char* kBlank = " \t\n";
      const std::size_t from = arch.find_first_not_of(kBlank, begin), to = arch.find_last_not_of(kBlank, end - 1) + 1;
      return {{"text", arch.substr(from, to - from)}, {"from", from}, {"to", to}};
    }
    begin = end + 1;
  }
  return nullptr;
}

// Where it was traced, below the folder of sources: "nn/network.cpp:110".
std::string place_of(const Node& node) {
  const std::string file = node.place.file_name();
  const std::size_t src = file.rfind("src/");
  return fmt::format("{}:{}", src == std::string::npos ? file : file.substr(src + 4), node.place.line());
}

// The first node that cuts the parameter's part out of the flat vector, or with kPad puts its derivative there.
NodeId flat_part(const Graph& graph, Op op, std::int64_t offset, std::int64_t size) {
  for (NodeId id = 0; id < graph.size(); ++id) {
    const Node& node = graph[id];
    const Attribute& a = node.attribute;
    if (node.op != op || a.low != offset || node.shape.rank() != 1) continue;
    const std::int64_t part = op == Op::kPad ? graph[node.in[0]].shape.size() : a.high - a.low;
    if (part == size && (op == Op::kPad || graph[node.in[0]].op != Op::kSlice)) return id;
  }
  return kNoNode;
}

struct Nodes {
  Fn fn;
  std::vector<NodeId> list;
  Shape shape;  // of the quantity
};

NodeId output_of(const Fn& fn, const std::string& name) {
  const auto found = std::ranges::find(fn.outputs, name, &Output::name);
  return found == fn.outputs.end() ? kNoNode : found->id;
}

// The forward nodes that make `last` in its own scope, and it.
std::vector<NodeId> of_scope(const Graph& graph, NodeId last) {
  std::vector<NodeId> list{last};
  for (std::size_t i = 0; i < list.size(); ++i)
    for (const NodeId in : graph[list[i]].in)
      if (graph[in].scope == graph[last].scope && graph[in].op != Op::kInput &&
          graph[in].origin == graph[last].origin && std::ranges::find(list, in) == list.end())
        list.push_back(in);
  std::ranges::sort(list);
  return list;
}

Nodes of_sample(const Session& session, const Name& n) {
  const Mode mode = n.sample.starts_with("step/") ? Mode::kTraining : Mode::kEvaluation;
  const std::int64_t rows = mode == Mode::kTraining ? std::max<std::int64_t>(2, session.settings().batch) : 1;
  Nodes nodes{inspection(session.model(), session.settings(), rows, true, mode), {}, {}};
  const std::string prefix = n.layer > 0 ? fmt::format("layer{}.", n.layer) : "";
  const bool in_units = n.tensor == "prediction" || n.tensor == "error";  // the output, in units of the target
  const NodeId id =
      n.tensor == "input" ? nodes.fn.find_input("x") : output_of(nodes.fn, prefix + (in_units ? "output" : n.tensor));
  if (id == kNoNode) return nodes;
  const Node& node = nodes.fn.graph[id];
  nodes.list = n.tensor == "delta" || n.tensor == "a" ? std::vector{id} : of_scope(nodes.fn.graph, id);
  nodes.shape = {node.shape.size() / rows};
  return nodes;
}

Nodes of_parameter(const Session& session, const Name& n, bool slope) {
  const std::string name = fmt::format("layer{}.{}", n.layer, slope ? n.tensor.substr(1) : n.tensor);
  const Settings& settings = session.settings();
  Nodes nodes{n.sample.empty() ? session.step_function() : row_gradient(session.model(), settings, 1), {}, {}};
  for (const Parameters* list : {&session.model().network.parameters(), &session.model().network.statistics()})
    for (const Parameter& p : list->list) {
      if (p.name != name) continue;
      const Graph& graph = nodes.fn.graph;
      const NodeId part = flat_part(graph, slope ? Op::kPad : Op::kSlice, p.offset, p.shape.size());
      nodes.shape = p.shape;
      if (part == kNoNode) return nodes;
      if (!slope) {
        nodes.list = {part};
        for (NodeId id = part + 1; id < graph.size(); ++id)
          if (graph[id].op == Op::kReshape && graph[id].in[0] == part && nodes.list.size() == 1)
            nodes.list.push_back(id);
        return nodes;
      }
      for (NodeId id = graph[part].in[0];; id = graph[id].in[0]) {
        nodes.list.insert(nodes.list.begin(), id);
        if (graph[id].op != Op::kReshape) break;
      }
      return nodes;
    }
  return nodes;
}

}  // namespace

Json origin(LiveRun& live, const std::string& name) {
  const Session& session = live.session();
  const Name n(name);
  const bool is_counted = n.sample.empty() && (n.layer == 0 || n.tensor == "dead" || n.tensor == "saturated");
  const bool slope = n.tensor.starts_with("d") && n.tensor != "delta";
  Nodes nodes;
  if (!is_counted && n.state.empty())
    nodes = n.sample.empty() || slope ? of_parameter(session, n, slope) : of_sample(session, n);
  else if (!n.state.empty())
    nodes = of_parameter(session, n, false);  // of what it belongs to
  else if (name == "train.loss")
    nodes.fn = session.step_function(), nodes.list = {output_of(nodes.fn, "loss")};
  else
    session.quantity(name);  // throws where there is none
  bool fits = static_cast<int>(n.index.size()) == nodes.shape.rank() || is_counted;
  for (std::size_t i = 0; fits && !is_counted && i < n.index.size(); ++i)
    fits = n.index[i] >= 0 && n.index[i] < nodes.shape[static_cast<int>(i)];
  if (!fits || (!is_counted && nodes.list.empty()))
    throw Error(fmt::format("there is no quantity \"{}\"", name),
                "write it like layer1.w[3,4] or layer2.z[3]@train/17");
  Json list = Json::array(), shape = Json::array();
  const Graph& graph = nodes.fn.graph;
  for (const NodeId id : nodes.list) {
    Json its = Json::array();
    for (int i = 0; i < graph[id].shape.rank(); ++i) its.push_back(graph[id].shape[i]);
    const NodeId from = graph[id].origin;
    list.push_back({{"node", id},
                    {"op", std::string(limn::name(graph[id].op))},
                    {"formula", to_text(graph, id)},
                    {"shape", its},
                    {"scope", graph.scope(graph[id])},
                    {"place", place_of(graph[id])},
                    {"derivative_of", from == kNoNode ? Json() : Json(from)}});
  }
  for (int i = 0; i < nodes.shape.rank(); ++i) shape.push_back(nodes.shape[i]);
  return {{"name", name},
          {"arch", session.settings().arch},
          {"word", n.layer > 0 ? word_of(session.settings().arch, n.layer) : Json()},
          {"shape", shape},
          {"nodes", list}};
}

}  // namespace limn::lab
