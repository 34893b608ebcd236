// The experiment `autoencoder`: a network that learns to say what it was given, through a layer that is narrower.
#pragma once
#include "experiment/experiment.hpp"

namespace limn {

Experiment autoencoder_experiment();

}  // namespace limn
