// The experiment `mlp`: a dense network on any table or image set, classes or numbers.
#pragma once
#include "experiment/experiment.hpp"

namespace limn {

Experiment mlp_experiment();

// What all experiments with a network of layers share.
std::vector<ParameterSpec> network_parameters();
struct NetworkDefaults {
  std::string arch, loss;
  double weight_decay = 0;
};
void resolve_network(Recipe& recipe, const Dataset& data, const NetworkDefaults& defaults);  // Experiment::resolve

}  // namespace limn
