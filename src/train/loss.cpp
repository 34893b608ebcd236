#include "train/loss.hpp"

#include <fmt/ranges.h>

#include <algorithm>

#include "nn/activation.hpp"
#include "nn/loss.hpp"

namespace limn {
namespace {

Value cross_entropy(Value logits, Value targets, TargetKind kind) {
  return kind == TargetKind::kBinary ? logistic_cross_entropy(logits, targets) : softmax_cross_entropy(logits, targets);
}
Value probabilities(Value logits, TargetKind kind) {
  return kind == TargetKind::kBinary ? sigmoid(logits) : softmax(logits);
}

Value squared(Value output, Value targets, TargetKind kind) {
  return squared_error(output, kind == TargetKind::kLabels ? one_hot(targets, output.shape()[-1]) : targets);
}

const Loss kLosses[] = {
    {"cross-entropy", true, false, true, cross_entropy, probabilities},
    {"squared", true, true, false, squared, nullptr},
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
