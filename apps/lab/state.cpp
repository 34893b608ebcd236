#include "lab/state.hpp"

#include <cstdio>
#include <ctime>

namespace limn::lab {

using Json = nlohmann::json;

std::string to_text(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

Json error_json(const std::string& what, const std::string& hint) { return {{"error", what}, {"hint", hint}}; }

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

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
