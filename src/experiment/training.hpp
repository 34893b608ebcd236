// The settings that every training by gradients has, declared once; experiments add their own.
#pragma once
#include "experiment/parameter.hpp"
#include "train/settings.hpp"

namespace limn {

// All but arch, in the order in which they are read best: the rule, its rate over time, what restrains the weights, the
// loss, the batch, when to stop, which parameters, the data.
std::vector<ParameterSpec> training_parameters();

// Of these the optimiser's alone, and its settings: of what has no data, too.
std::vector<ParameterSpec> optimizer_parameters();
Settings optimizer_settings(const SettingValues& values);

// The typed settings of resolved values of those and arch; total_steps is left to the caller.
Settings training_settings(const SettingValues& values);

}  // namespace limn
