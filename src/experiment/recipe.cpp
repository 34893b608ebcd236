#include "experiment/recipe.hpp"

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "experiment/experiment.hpp"

namespace limn {
namespace {

using Json = nlohmann::json;  // an ordered map: keys come out sorted

constexpr const char* kExample =
    R"(a recipe looks like {"data":"iris","epochs":100,"experiment":"mlp","seed":1,"settings":{"lr":0.01}})";

[[noreturn]] void refuse(const std::string& why) { throw Error(fmt::format("the recipe is wrong: {}", why), kExample); }

Json json_of(const SettingValues& settings) {
  Json json = Json::object();
  for (const auto& [name, value] : settings) std::visit([&](const auto& v) { json[name] = v; }, value);
  return json;
}

SettingValues values_of(const Experiment& experiment, const Json& json) {
  if (!json.is_object()) refuse("settings is not an object");
  SettingValues settings;
  for (const auto& [name, value] : json.items()) {
    const ParameterSpec& parameter = find_parameter(experiment.parameters, name);
    SettingValue typed;
    if (value.is_string()) {
      typed = value.get<std::string>();
    } else if (value.is_number_integer() && (!value.is_number_unsigned() || value.get<std::uint64_t>() <= INT64_MAX)) {
      typed = value.get<std::int64_t>();
    } else if (value.is_number()) {
      typed = value.get<double>();
    } else {
      throw Error(fmt::format("{} cannot be {}", name, value.dump()),
                  fmt::format("{} is {}", name, allowed(parameter)));
    }
    settings[name] = check_value(parameter, typed);
  }
  return settings;
}

Json parse(const std::string& text) {
  try {
    // A depth this small is all a recipe has; a hostile file must not exhaust the stack.
    return Json::parse(text, [](int depth, Json::parse_event_t, Json&) {
      if (depth > 16) refuse("it is nested too deeply");
      return true;
    });
  } catch (const Json::exception&) {
    refuse("it is not JSON");
  }
}

std::int64_t positive(const Json& json, const char* key) {
  if (!json.is_number_unsigned() || json.get<std::uint64_t>() < 1 || json.get<std::uint64_t>() > kMostSteps)
    refuse(fmt::format("{} is not a whole number from 1 to {}", key, kMostSteps));
  return json.get<std::int64_t>();
}

}  // namespace

std::string to_json(const SettingValues& settings) { return json_of(settings).dump(); }

SettingValues settings_from_json(const std::string& experiment, const std::string& text) {
  return values_of(find_experiment(experiment), parse(text));
}

std::string to_json(const Recipe& recipe) {
  Json json = {{"experiment", recipe.experiment},
               {"data", recipe.data},
               {"seed", recipe.seed},
               {"settings", json_of(recipe.settings)}};
  if (recipe.epochs) json["epochs"] = *recipe.epochs;
  if (recipe.steps) json["steps"] = *recipe.steps;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Recipe recipe_from_json(const std::string& text) {
  const Json json = parse(text);
  if (!json.is_object()) refuse("it is not an object");
  Recipe recipe;
  for (const auto& [key, value] : json.items()) {
    if (key == "experiment" && value.is_string())
      recipe.experiment = value.get<std::string>();
    else if (key == "data" && value.is_string())
      recipe.data = value.get<std::string>();
    else if (key == "seed" && value.is_number_unsigned())
      recipe.seed = value.get<std::uint64_t>();
    else if (key == "epochs")
      recipe.epochs = positive(value, "epochs");
    else if (key == "steps")
      recipe.steps = positive(value, "steps");
    else if (key != "settings")
      refuse(fmt::format("\"{}\" is no key of a recipe, or not of its type", key));
  }
  if (recipe.experiment.empty()) refuse("it names no experiment");
  if (recipe.data.empty()) refuse("it names no data");
  if (recipe.epochs && recipe.steps) refuse("it has both epochs and steps");
  const Experiment& experiment = find_experiment(recipe.experiment);
  if (json.contains("settings")) recipe.settings = values_of(experiment, json["settings"]);
  return recipe;
}

std::string recipe_id(const Recipe& recipe) { return sha256_hex(to_json(recipe)).substr(0, 12); }

SettingValues difference(const SettingValues& from, const SettingValues& to) {
  SettingValues changes;
  for (const auto& [name, value] : to)
    if (!from.contains(name) || from.at(name) != value) changes[name] = value;
  return changes;
}

}  // namespace limn
