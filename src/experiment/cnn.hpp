// The experiment `cnn`: a convolutional network on any set of images, classes or numbers.
#pragma once
#include "experiment/experiment.hpp"

namespace limn {

Experiment cnn_experiment();

}  // namespace limn
