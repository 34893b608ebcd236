// The losses by name: what each fits, and how it is built from a network's output. Adding one is a row in loss.cpp.
// It must not know networks or data.
#pragma once
#include <span>
#include <string_view>

#include "nn/loss.hpp"

namespace limn {

// What the targets are, decided by the loss, the task and the number of outputs.
enum class TargetKind {
  kLabels,   // y [batch] class indices; the outputs are one number a class
  kBinary,   // y [batch, 1], 0 or 1; one output for two classes
  kNumbers,  // y [batch, 1], standardised
  kCounts,   // y [batch, 1], in their own units, 0 or more
  kInputs,   // y [batch, features] is x, as the network is given it
};

struct LossInput {
  Value output;  // [batch, outputs]
  Value y;       // as the kind says
  TargetKind kind = TargetKind::kLabels;
  double smoothing = 0, delta = 1, quantile = 0.5;
  Value class_weights = {};  // [classes], or empty: all classes count alike
};

struct Loss {
  std::string_view name;
  std::string_view formula;  // for readers, of one row: in t, the target, p, the prediction, and y, the output
  bool for_classes, for_numbers, for_inputs;
  bool takes_logits;  // takes what stands before a last softmax (one output: sigmoid), which then belongs to the loss
  bool of_counts;     // the targets are counts, the output the logarithm of their rate
  WeightedRows (*by_row)(const LossInput& in);         // loss [batch]; weight [batch], or empty: all rows count alike
  Value (*prediction)(Value output, TargetKind kind);  // what the outputs mean; null: what they say
};

std::span<const Loss> losses();
const Loss& find_loss(std::string_view name);  // Error: unknown, naming those there are

}  // namespace limn
