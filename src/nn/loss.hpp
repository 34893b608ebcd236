// Losses by row, [batch]: train on their mean. They take what stands before a last softmax, logistic or exponential
// function, so that nothing overflows. Losses of numbers are means over the outputs of each row.
#pragma once
#include "graph/value.hpp"

namespace limn {

// -sum_k t_k log softmax(logits)_k with t = (1 - smoothing) one-hot + smoothing / classes (Szegedy et al. 2016, section
// 7). logits [batch, classes], labels [batch] indices, smoothing in [0, 1).
Value softmax_cross_entropy(Value logits, Value labels, double smoothing = 0);

// Rows whose mean is not over their number but over their weights: sum(loss) / sum(weight).
struct WeightedRows {
  Value loss, weight;  // [batch]; the loss is weighted already
};
Value weighted_mean(const WeightedRows& rows);
// Class k counts class_weights[k] times, [classes]; smoothed parts count by their own class, as in PyTorch.
WeightedRows weighted_softmax_cross_entropy(Value logits, Value labels, Value class_weights, double smoothing = 0);

// Both [batch, outputs] below.
Value logistic_cross_entropy(Value logits, Value targets);     // softplus(z) - z t; targets in [0, 1]
Value squared_error(Value output, Value targets);              // (y - t)^2
Value absolute_error(Value output, Value targets);             // |y - t|
Value huber_error(Value output, Value targets, double delta);  // e^2 / 2, from |e| = delta > 0 on a line (Huber 1964)
Value quantile_error(Value output, Value targets,
                     double quantile);               // q (t - y) below the target, (1 - q) (y - t) above
                                                     // (Koenker and Bassett 1978); quantile in (0, 1)
Value poisson_error(Value log_rate, Value targets);  // exp(z) - t z: -log p(t) up to log t!; t >= 0

}  // namespace limn
