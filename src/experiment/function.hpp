// The experiment "function": a function of a few numbers goes down, by any rule or minimiser.
#pragma once
#include "experiment/experiment.hpp"

namespace limn {

Experiment function_experiment();

}  // namespace limn
