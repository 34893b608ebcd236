// Normalisation of features: plain functions that only build graph. x is [batch, features], or
// [batch, height, width, features], where every place of a plane is one more row; every vector is [features].
#pragma once
#include "graph/value.hpp"

namespace limn {

constexpr double kNormEpsilon = 1e-5, kNormMomentum = 0.1;  // as in PyTorch

struct BatchNorm {
  Value y;                       // as x
  Value mean, variance;          // the running ones behind this batch: moved by kNormMomentum towards its own
  Value own_mean, own_variance;  // of the batch; empty when not training
};

// gamma (x - mean) / sqrt(variance + epsilon) + beta for each feature, with the batch's own mean and variance when
// training, else with the running ones (Ioffe and Szegedy 2015, algorithms 1 and 2). The running variance takes the
// batch's unbiased one. Error: training on one row, which has no variance.
BatchNorm batch_norm(Value x, Value gamma, Value beta, Value running_mean, Value running_variance, bool training);

// The same for each row, over its features (Ba, Kiros and Hinton 2016, equation 4): no other row, no statistics. Of
// planes at each place over the channels (Liu et al. 2022, "A ConvNet for the 2020s").
Value layer_norm(Value x, Value gamma, Value beta);

}  // namespace limn
