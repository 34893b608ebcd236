#include "lab/state.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <span>
#include <utility>

#include "experiment/experiment.hpp"
#include "lab/wish.hpp"

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

std::vector<LayerSpec> layers_of(const Network& network) {
  std::vector<LayerSpec> layers;
  for (std::size_t place = 0; place < network.layers().size(); ++place) {
    if (!network.layers()[place].has_parameters()) continue;
    layers.push_back(network.layers()[place]);
    layers.back().units = network.shapes()[place][-1];
  }
  return layers;
}

std::vector<std::string> operations(const LiveRun& live) {
  std::vector<std::string> all;
  const auto specs = parse_architecture(std::get<std::string>(live.values().at("arch")));
  const auto layers = static_cast<std::size_t>(std::ranges::count_if(specs, &LayerSpec::has_parameters));
  for (std::size_t k = 1; k <= layers; ++k) all.push_back(fmt::format("layer{}.z", k));
  all.emplace_back("loss");
  for (std::size_t k = layers; k > 0; --k) all.push_back(fmt::format("layer{}.delta", k));
  all.emplace_back("update");
  return all;
}

Json flag_json(const Run& run, const JournalRecord& record, SettingValues& values) {
  Json flag = {{"step", record.step}, {"changes", Json::parse(record.text, nullptr, false)}};
  if (record.kind != RecordKind::kAction) return flag;
  if (values.empty()) values = values_at(run, {}, run.start());
  SettingValues before;
  for (const auto& [name, value] : settings_from_json(run.recipe.experiment, record.text))
    before[name] = std::exchange(values[name], value);
  flag["before"] = values_json(before);
  return flag;
}

Json evaluation_json(const JournalRecord& record) {
  if (record.kind != RecordKind::kEvent) return nullptr;
  Json json = Json::parse(record.text, nullptr, false);
  if (!json.is_object() || json.value("event", "") != "eval") return nullptr;
  json.erase("event");
  return json;
}

Json shortest(float value) {
  if (!std::isfinite(value)) return nullptr;
  const std::string text = fmt::format("{}", value);
  double wide = 0;
  std::from_chars(text.data(), text.data() + text.size(), wide);
  return wide;
}

Json curve_json(const JournalContent& journal, std::size_t column, std::int64_t from, std::int64_t to,
                std::int64_t points) {
  Json out = {{"step", Json::array()}, {"low", Json::array()}, {"high", Json::array()}};
  const std::int64_t count = std::max<std::int64_t>(0, to - from + 1), used = std::min(points, count);
  for (std::int64_t c = 0; c < used; ++c) {
    const std::int64_t begin = from + count * c / used, end = from + count * (c + 1) / used;
    const auto part =
        std::span<const float>(journal.values[column])
            .subspan(static_cast<std::size_t>(begin - journal.start - 1), static_cast<std::size_t>(end - begin));
    const auto [low, high] = std::ranges::minmax(part);
    out["step"].push_back(begin), out["low"].push_back(low), out["high"].push_back(high);
  }
  return out;
}

std::int64_t step_of(const LiveRun& live, const std::string& at) {
  const std::int64_t step = at == "now" ? live.step() : whole(at, "the step", 0, kMostSteps);
  if (step < live.run().start() || step > live.head())
    throw Error(fmt::format("{} has no step {}", live.run().info.id, step),
                fmt::format("it has the steps from {} to {}", live.run().start(), live.head()));
  return step;
}

Json summary_json(const Run& run, const std::string& state, std::int64_t head, double seconds) {
  Json parent = nullptr;
  if (const auto& from = run.info.parent)
    parent = {{"id", from->run}, {"step", from->step}, {"patch", values_json(from->patch)}};
  return {{"id", run.info.id},
          {"experiment", run.recipe.experiment},
          {"data", run.recipe.data},
          {"seed", run.recipe.seed},
          {"created", run.info.created},
          {"state", state},
          {"head", head},
          {"seconds", seconds},
          {"parent", parent}};
}

std::string hex_float(double value) {
  char text[64];
  std::snprintf(text, sizeof text, "%a", value);
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
