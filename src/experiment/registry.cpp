#include <algorithm>

#include "base/error.hpp"
#include "experiment/autoencoder.hpp"
#include "experiment/cnn.hpp"
#include "experiment/experiment.hpp"
#include "experiment/function.hpp"
#include "experiment/mlp.hpp"

namespace limn {

std::span<const Experiment> experiments() {
  static const std::vector<Experiment> all = {mlp_experiment(), cnn_experiment(), autoencoder_experiment(),
                                              function_experiment()};
  return all;
}

const Experiment& find_experiment(std::string_view name) {
  const auto all = experiments();
  const auto found = std::ranges::find(all, name, &Experiment::name);
  if (found != all.end()) return *found;
  std::vector<std::string> names;
  for (const Experiment& experiment : all) names.push_back(experiment.name);
  throw Error(fmt::format("there is no experiment '{}'", name), suggestion(name, names, "experiments"));
}

namespace {

std::string text_or(const SettingValues& values, const std::string& name, const std::string& otherwise) {
  const auto found = values.find(name);
  return found == values.end() ? otherwise : std::get<std::string>(found->second);
}

}  // namespace

DataRequest data_request(const Recipe& recipe, const std::string& location) {
  const auto target = text_or(recipe.settings, "target", "auto");
  return {location.empty() ? recipe.data : location, target == "auto" ? "" : target,
          text_or(recipe.settings, "split", "auto"), recipe.seed,
          text_or(recipe.settings, "normalize", "none") == "channels"};
}

std::int64_t steps_per_epoch(const Recipe& recipe, const Dataset& data) {
  if (!recipe.settings.contains("batch")) return 1;
  const auto whole = [&](const char* name) { return std::get<std::int64_t>(recipe.settings.at(name)); };
  const std::int64_t batch = whole("batch") * (recipe.settings.contains("accumulate") ? whole("accumulate") : 1);
  return (static_cast<std::int64_t>(data.train.size()) + batch - 1) / batch;
}

std::int64_t total_steps(const Recipe& recipe, const Dataset& data) {
  if (recipe.steps) return *recipe.steps;
  const std::int64_t epoch = steps_per_epoch(recipe, data);
  return *recipe.epochs > kMostSteps / epoch ? kMostSteps : *recipe.epochs * epoch;
}

}  // namespace limn
