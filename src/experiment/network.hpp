// What all experiments that train a network of layers share: their parameters, and what "auto" means for any of them.
#pragma once
#include "experiment/experiment.hpp"

namespace limn {

std::vector<ParameterSpec> network_parameters(const Words& more = {});  // more: what is said of arch

// What "auto" means in one experiment alone.
struct NetworkDefaults {
  std::string arch, loss;
  double weight_decay = 0;
  double adam_rate = 0;                // the learning rate of adam and its kin; 0: as for all networks
  std::int64_t outputs = 0;            // of a ready network that arch names; 0: it may name none
  std::int64_t batch = 0, epochs = 0;  // of rules that take batches; 0: as for all networks
};
void resolve_network(Recipe& recipe, const Dataset& data, const NetworkDefaults& defaults);  // Experiment::resolve

// For who predicts the target: as many outputs as it has classes, or one; the usual loss; whether a loss suits it.
std::int64_t target_outputs(const Dataset& data);
std::string target_loss(const Dataset& data);
void check_loss(const Recipe& recipe, const Dataset& data);  // Error: it does not, naming those that do

bool is_images(const Dataset& data);

}  // namespace limn
