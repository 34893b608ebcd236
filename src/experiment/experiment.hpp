// An experiment is a declared thing: a name, explained parameters, and how a recipe becomes a training.
// The registry is a plain function; adding an experiment is adding one line to it.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/dataset.hpp"
#include "experiment/parameter.hpp"
#include "experiment/recipe.hpp"
#include "train/settings.hpp"

namespace limn {

inline constexpr std::int64_t kMostSteps = 1'000'000'000'000;  // of a training, and the most epochs

struct Experiment {
  std::string name;
  Words title, help;
  std::vector<ParameterSpec> parameters;
  bool wants_data = true;  // else its recipes' data are kNoData
  bool has_page = true;    // else the lab refuses its runs
  // Replaces every "auto" and missing value of a recipe by what suits the data, so that the recipe says all.
  // Error: settings that cannot work with this data.
  void (*resolve)(Recipe& recipe, const Dataset& data) = nullptr;
  // The typed settings of a resolved recipe; total_steps is left to the caller.
  Settings (*settings)(const SettingValues& values) = nullptr;
};

std::span<const Experiment> experiments();
const Experiment& find_experiment(std::string_view name);  // Error: there is none; the hint names them

// What to load for a recipe, resolved or not. `location` stands for the recipe's data when it is not empty.
DataRequest data_request(const Recipe& recipe, const std::string& location = "");

// Steps of one pass over the training rows, and of a whole resolved recipe.
std::int64_t steps_per_epoch(const Recipe& recipe, const Dataset& data);
std::int64_t total_steps(const Recipe& recipe, const Dataset& data);

}  // namespace limn
