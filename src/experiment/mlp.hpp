// The experiment `mlp`: a dense network on any table or image set, classes or numbers.
#pragma once
#include "experiment/experiment.hpp"

namespace limn {

Experiment mlp_experiment();

}  // namespace limn
