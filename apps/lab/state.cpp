#include "lab/state.hpp"

#include <cmath>
#include <cstdio>

namespace limn::lab {
namespace {

using Json = nlohmann::json;

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json network_json(const LiveRun& live, const std::string& arch) {
  const Dataset& data = *live.data();
  Json inputs = Json::array(), layers = Json::array();
  for (const ColumnEncoding& column : data.preprocessing.columns) {
    if (column.categories.empty())
      inputs.push_back({{"name", column.name}, {"mean", column.mean}, {"deviation", column.deviation}});
    for (const std::string& category : column.categories)
      inputs.push_back({{"name", column.name + " = " + category}, {"mean", 0}, {"deviation", 1}});
  }
  for (const LayerSpec& layer : layers_of(arch))
    layers.push_back({{"name", fmt::format("layer{}", layers.size() + 1)},
                      {"units", layer.units},
                      {"activation", layer.activation}});
  Json sample = Json::array();
  for (int i = 0; i < data.sample.rank(); ++i) sample.push_back(data.sample[i]);
  return {{"inputs", inputs}, {"sample", sample}, {"layers", layers}, {"outputs", data.classes}};
}

}  // namespace

std::string to_text(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

Json error_json(const std::string& what, const std::string& hint) { return {{"error", what}, {"hint", hint}}; }

Json values_json(const SettingValues& values) {
  Json json = Json::object();
  for (const auto& [name, value] : values) std::visit([&](const auto& v) { json[name] = v; }, value);
  return json;
}

std::vector<LayerSpec> layers_of(const std::string& arch) {
  auto layers = parse_architecture(arch);
  std::erase_if(layers, [](const LayerSpec& layer) { return layer.kind == LayerSpec::Kind::kDropout; });
  for (std::size_t k = 1; k < layers.size(); ++k)
    if (layers[k].kind != LayerSpec::Kind::kDense) layers[k].units = layers[k - 1].units;
  return layers;
}

std::vector<std::string> operations(const LiveRun& live) {
  std::vector<std::string> all;
  const std::size_t layers = layers_of(std::get<std::string>(live.values().at("arch"))).size();
  for (std::size_t k = 1; k <= layers; ++k) all.push_back(fmt::format("layer{}.z", k));
  all.emplace_back("loss");
  for (std::size_t k = layers; k > 0; --k) all.push_back(fmt::format("layer{}.delta", k));
  all.emplace_back("update");
  return all;
}

Json state_json(Open& open) {
  LiveRun& live = open.live;
  const Run& run = live.run();
  const SettingValues values = live.values();
  Json flags = Json::array(), evals = Json::array(), quantities = Json::array();
  for (const JournalRecord& record : live.history().records) {
    Json text = Json::parse(record.text, nullptr, false);
    if (record.kind != RecordKind::kEvent)
      flags.push_back({{"step", record.step}, {"changes", std::move(text)}});
    else if (text.is_object() && text.value("event", "") == "eval") {
      text.erase("event");
      evals.push_back(std::move(text));
    }
  }
  for (const TensorView& tensor : live.session().state()) {
    Json shape = Json::array();
    for (int i = 0; i < tensor.shape.rank(); ++i) shape.push_back(tensor.shape[i]);
    quantities.push_back({{"name", tensor.name}, {"shape", shape}});
  }
  const auto& data = *live.data();
  Json state = {{"id", run.info.id},
                {"experiment", run.recipe.experiment},
                {"data", run.recipe.data},
                {"task", data.task == Task::kClassify ? "classify" : "regress"},
                {"seed", run.recipe.seed},
                {"parent", nullptr},
                {"state", open.state()},
                {"step", live.step()},
                {"head", live.head()},
                {"start", run.start()},
                {"until", open.until},
                {"total_steps", run.info.total_steps},
                {"epoch", live.session().cursor().epoch},
                {"steps_per_epoch", live.session().steps_per_epoch()},
                {"rate", open.rate},
                {"op", open.op},
                {"operations", operations(live)},
                {"loss", number(live.loss())},
                {"loss_hex", hex_float(live.loss())},
                {"fingerprint", live.session().fingerprint()},
                {"settings", values_json(values)},
                {"flags", flags},
                {"evals", evals},
                {"snapshots", live.snapshots()},
                {"branches", open.branches},
                {"error", nullptr},
                {"network", network_json(live, std::get<std::string>(values.at("arch")))},
                {"split", {{"train", data.train.size()}, {"valid", data.valid.size()}, {"test", data.test.size()}}},
                {"quantities", quantities}};
  if (run.info.parent)
    state["parent"] = {
        {"id", run.info.parent->run}, {"step", run.info.parent->step}, {"patch", values_json(run.info.parent->patch)}};
  if (open.error) state["error"] = {{"what", open.error->what()}, {"hint", open.error->hint()}};
  return state;
}

Json summary_json(const Run& run, const std::string& state, std::int64_t head) {
  Json parent = nullptr;
  if (run.info.parent) parent = {{"id", run.info.parent->run}, {"step", run.info.parent->step}};
  return {{"id", run.info.id},       {"experiment", run.recipe.experiment},
          {"data", run.recipe.data}, {"created", run.info.created},
          {"state", state},          {"head", head},
          {"parent", parent}};
}

std::string hex_float(float value) {
  char text[64];
  std::snprintf(text, sizeof text, "%a", static_cast<double>(value));
  return text;
}

std::vector<std::string> assignments(const Json& settings) {
  if (!settings.is_object()) throw Error("settings are no JSON object", R"(write {"settings": {"lr": 0.01}})");
  std::vector<std::string> all;
  for (const auto& [name, value] : settings.items()) {
    if (!value.is_string() && !value.is_number())
      throw Error(fmt::format("the setting {} is {}", name, value.dump()), "write a number or a text");
    all.push_back(name + "=" + (value.is_string() ? value.get<std::string>() : value.dump()));
  }
  return all;
}

}  // namespace limn::lab
