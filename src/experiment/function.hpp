// The experiment "function": a function of a few numbers goes down, by any rule or minimiser.
#pragma once
#include <span>

#include "experiment/experiment.hpp"
#include "optim/objective.hpp"

namespace limn {

Experiment function_experiment();

// Fills what of optimizer_parameters() (training.hpp) is "auto": as suits the optimiser, and a first rate as suits
// `function` at `start`, so that a race can be watched; 0 for minimisers, which find their own.
void suit_function(SettingValues& values, Objective<double>& function, std::span<const double> start);

}  // namespace limn
