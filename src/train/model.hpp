// The functions that a training runs: one step (gradient and update) and the evaluation of rows, both as graph.
#pragma once
#include "graph/fn.hpp"
#include "nn/architecture.hpp"
#include "train/settings.hpp"

namespace limn {

// What the targets are, decided by the loss, the task and the number of outputs.
enum class TargetKind {
  kLabels,   // y [batch] class indices; the outputs are one number a class
  kBinary,   // y [batch, 1], 0 or 1; one output for two classes
  kNumbers,  // y [batch, 1], standardised
};

struct ModelSpec {
  Network network;
  bool cross_entropy = true;  // else squared
  TargetKind target = TargetKind::kLabels;
};

// Inputs, in this order: theta [parameters] (state), the rule's moments (states), decay_mask [parameters], x [batch,
// features], y, lr, momentum, beta2, epsilon, weight_decay. Outputs: loss [], gradient [parameters]. Without decay the
// mask and weight_decay are not read.
Fn training_step(const ModelSpec& model, const Settings& settings, std::int64_t batch, bool decay);

// Inputs: theta, x, y. Outputs: loss [batch] by row; output [batch, outputs]: probabilities of a cross-entropy, else
// the network's own numbers.
Fn evaluation(const ModelSpec& model, std::int64_t batch);

}  // namespace limn
