#include "graph/json.hpp"

#include <nlohmann/json.hpp>

namespace limn {
namespace {

using Json = nlohmann::ordered_json;

Json dims(const Shape& shape) { return std::vector<std::int64_t>(shape.dims().begin(), shape.dims().end()); }

// Paths of the machine that compiled it say nothing to others.
std::string_view within_tree(std::string_view file) {
  const auto src = file.rfind("/src/");
  return src != file.npos ? file.substr(src + 1) : file.substr(file.rfind('/') + 1);
}

Json json_of(const Window& w) {
  const auto first = [&](const Window::PerAxis& of) { return std::vector<int>(of.begin(), of.begin() + w.axes); };
  return {{"size", first(w.size)}, {"stride", first(w.stride)}, {"dilation", first(w.dilation)},
          {"low", first(w.low)},   {"high", first(w.high)},     {"groups", w.groups}};
}

void add_attribute(Json& object, const Graph& graph, NodeId id) {
  const Attribute& attribute = graph[id].attribute;
  if (attribute.window.axes > 0) object["window"] = json_of(attribute.window);
  switch (graph[id].op) {
    case Op::kInput: object["name"] = graph.input_name(id); break;
    case Op::kConstant: object["value"] = attribute.value; break;
    case Op::kMatMul:
      object["transpose_a"] = attribute.transpose_a;
      object["transpose_b"] = attribute.transpose_b;
      break;
    case Op::kSlice:
    case Op::kPad:
      object["axis"] = attribute.axis;
      object["low"] = attribute.low;
      object["high"] = attribute.high;
      break;
    case Op::kConcat: object["axis"] = attribute.axis; break;
    case Op::kTranspose: object["order"] = dims(attribute.shape); break;
    case Op::kUniform: object["stream"] = fmt::format("{:016x}", attribute.stream); break;
    default: break;
  }
}

Json json_of(const Graph& graph, NodeId id) {
  const Node& node = graph[id];
  Json object = {{"id", id},
                 {"op", name(node.op)},
                 {"dtype", node.dtype == DType::kIndex ? "index" : "real"},
                 {"shape", dims(node.shape)},
                 {"scope", graph.scope(node)},
                 {"inputs", node.in},
                 {"origin", node.origin == kNoNode ? Json() : Json(node.origin)},
                 {"place", {{"file", within_tree(node.place.file_name())}, {"line", node.place.line()}}}};
  add_attribute(object, graph, id);
  return object;
}

}  // namespace

std::string to_json(const Fn& fn) {
  Json json = {{"nodes", Json::array()}, {"outputs", Json::array()}, {"states", Json::array()}};
  for (NodeId id = 0; id < fn.graph.size(); ++id) json["nodes"].push_back(json_of(fn.graph, id));
  for (const Output& output : fn.outputs) json["outputs"].push_back({{"name", output.name}, {"node", output.id}});
  for (const StatePair& state : fn.states)
    json["states"].push_back({{"name", fn.graph.input_name(state.in)}, {"in", state.in}, {"out", state.out}});
  return json.dump();
}

}  // namespace limn
