#include "train/loss.hpp"

#include <fmt/ranges.h>

#include <algorithm>

#include "nn/activation.hpp"

namespace limn {
namespace {

// Two classes and one output: both smoothing and weights are those of the two classes.
WeightedRows binary_cross_entropy(const LossInput& in) {
  const Value t = in.smoothing > 0 ? in.y * (1 - in.smoothing) + in.smoothing / 2 : in.y;
  const Value loss = logistic_cross_entropy(in.output, t);
  if (!in.class_weights) return {loss, {}};
  const Value label = reshape(in.y, loss.shape()), none = slice(in.class_weights, 0, 0, 1),
              one = slice(in.class_weights, 0, 1, 2);
  const Value weight = select(label, broadcast(one, loss.shape()), broadcast(none, loss.shape()));
  return {weight * loss, weight};
}

WeightedRows cross_entropy(const LossInput& in) {
  if (in.kind == TargetKind::kBinary) return binary_cross_entropy(in);
  if (in.kind == TargetKind::kInputs) return {logistic_cross_entropy(in.output, in.y), {}};  // of every number
  if (in.class_weights) return weighted_softmax_cross_entropy(in.output, in.y, in.class_weights, in.smoothing);
  return {softmax_cross_entropy(in.output, in.y, in.smoothing), {}};
}
Value probabilities(Value logits, TargetKind kind) {
  return kind == TargetKind::kLabels ? softmax(logits) : sigmoid(logits);
}

WeightedRows squared(const LossInput& in) {
  const bool labels = in.kind == TargetKind::kLabels;
  return {squared_error(in.output, labels ? one_hot(in.y, in.output.shape()[-1]) : in.y), {}};
}
WeightedRows absolute(const LossInput& in) { return {absolute_error(in.output, in.y), {}}; }
WeightedRows huber(const LossInput& in) { return {huber_error(in.output, in.y, in.delta), {}}; }
WeightedRows quantile(const LossInput& in) { return {quantile_error(in.output, in.y, in.quantile), {}}; }

WeightedRows poisson(const LossInput& in) { return {poisson_error(in.output, in.y), {}}; }
Value rate(Value log_rate, TargetKind) { return exp(log_rate); }

const Loss kLosses[] = {
    {"cross-entropy", "−Σ t·log p", true, false, true, true, false, cross_entropy, probabilities},
    {"squared", "mean (y − t)²", true, true, true, false, false, squared, nullptr},
    {"absolute", "|y − t|", false, true, true, false, false, absolute, nullptr},
    {"huber", "e²/2 up to |e| = δ, then δ·(|e| − δ/2), e = y − t", false, true, true, false, false, huber, nullptr},
    {"quantile", "q·(t − y) below t, (1 − q)·(y − t) above", false, true, false, false, false, quantile, nullptr},
    {"poisson", "exp(y) − t·y", false, true, false, false, true, poisson, rate},
};

}  // namespace

std::span<const Loss> losses() { return kLosses; }

const Loss& find_loss(std::string_view name) {
  const auto* const it = std::ranges::find(kLosses, name, &Loss::name);
  if (it != std::end(kLosses)) return *it;
  std::vector<std::string_view> names;
  for (const Loss& loss : kLosses) names.push_back(loss.name);
  throw Error(fmt::format("there is no loss \"{}\"", name), fmt::format("take one of {}", fmt::join(names, ", ")));
}

}  // namespace limn
