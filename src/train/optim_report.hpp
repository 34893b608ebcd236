// What the settings ask of a minimiser, and what it tells of a step as quantities "optim.NAME". The same for networks
// and functions.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "optim/minimiser.hpp"
#include "train/settings.hpp"

namespace limn {

// Error: no such line search.
MinimiserOptions minimiser_options(const Settings& settings);

// By name, without "optim.": value, gradient_norm, step, step_norm, initial_value, initial_slope, accepted, restarted,
// radius, damping, predicted, negative_curvature (MinimiserReport); evaluations, gradients, products and matrices,
// counted from the beginning; trials and residuals, how many there are of the lists trial_step, trial_value,
// trial_slope and residual.
std::vector<std::pair<std::string, std::vector<double>>> optim_numbers(const MinimiserReport& report);
bool is_list(std::string_view name);  // whether it has an index, "trial_step[0]"

}  // namespace limn
