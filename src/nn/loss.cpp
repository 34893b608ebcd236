#include "nn/loss.hpp"

#include "nn/activation.hpp"

namespace limn {
namespace {

Value sum_last(Value x) { return sum_to(x, x.shape().with(-1, 1)); }
Value by_row(Value x) { return reshape(x, {x.shape()[0]}); }
Value mean_by_row(Value x) { return by_row(sum_last(x) / static_cast<double>(x.shape()[-1])); }

// Selected, not multiplied: a class ruled out by a logit of -inf costs nothing while it is not the label.
Value of_label(Value log_p, Value labels) {
  return sum_last(select(one_hot(labels, log_p.shape()[-1]), log_p, constant(log_p.graph(), 0)));
}

void check_smoothing(double smoothing) {
  if (!(smoothing >= 0 && smoothing < 1))
    throw Error(fmt::format("a label smoothing of {}", smoothing), "take a number from 0 up to, not including, 1");
}

}  // namespace

Value softmax_cross_entropy(Value logits, Value labels, double smoothing) {
  check_smoothing(smoothing);
  const Value log_p = log_softmax(logits);
  const Value sharp = by_row(-of_label(log_p, labels));
  return smoothing == 0 ? sharp : (1 - smoothing) * sharp + smoothing * mean_by_row(-log_p);
}

WeightedRows weighted_softmax_cross_entropy(Value logits, Value labels, Value class_weights, double smoothing) {
  check_smoothing(smoothing);
  const Value log_p = log_softmax(logits), weight = gather(class_weights, labels);
  Value loss = -(weight * by_row(of_label(log_p, labels)));
  if (smoothing > 0) loss = (1 - smoothing) * loss + smoothing * mean_by_row(-(log_p * class_weights));
  return {loss, weight};
}
Value weighted_mean(const WeightedRows& rows) { return sum(rows.loss) / sum(rows.weight); }

Value logistic_cross_entropy(Value logits, Value targets) { return mean_by_row(softplus(logits) - logits * targets); }
Value squared_error(Value output, Value targets) {
  const Value difference = output - targets;
  return mean_by_row(difference * difference);
}
Value absolute_error(Value output, Value targets) { return mean_by_row(abs(output - targets)); }
Value huber_error(Value output, Value targets, double delta) {
  if (!(delta > 0)) throw Error(fmt::format("a Huber loss with delta {}", delta), "take a number above 0");
  const Value distance = abs(output - targets), inner = min(distance, constant(output.graph(), delta));
  return mean_by_row(inner * (distance - 0.5 * inner));
}
Value quantile_error(Value output, Value targets, double quantile) {
  if (!(quantile > 0 && quantile < 1))
    throw Error(fmt::format("a quantile of {}", quantile), "take a number between 0 and 1");
  const Value missing = targets - output;
  return mean_by_row(max(quantile * missing, (quantile - 1) * missing));
}
Value poisson_error(Value log_rate, Value targets) { return mean_by_row(exp(log_rate) - targets * log_rate); }

}  // namespace limn
