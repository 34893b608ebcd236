#include "nn/norm.hpp"

namespace limn {
namespace {

Value inverse_deviation(Value variance) { return 1.0 / sqrt(variance + kNormEpsilon); }
Value moved(Value running, Value batch) { return (1 - kNormMomentum) * running + kNormMomentum * batch; }

}  // namespace

BatchNorm batch_norm(Value x, Value gamma, Value beta, Value running_mean, Value running_variance, bool training) {
  if (!training) {  // one row to multiply by and one to add
    const Value scale = gamma * inverse_deviation(running_variance);
    return {x * scale + (beta - running_mean * scale), running_mean, running_variance, {}, {}};
  }
  const std::int64_t rows = x.size() / gamma.size();
  const auto n = static_cast<double>(rows);
  if (rows < 2)
    throw Error(
        fmt::format("batch normalisation of a batch of {} row", rows),
        "train on batches of at least 2 rows, the last one of an epoch too; or take ln, which looks at one row");
  const Value mean = sum_to(x, gamma.shape()) / n, centred = x - mean;
  const Value variance = sum_to(centred * centred, gamma.shape()) / n;
  return {centred * (gamma * inverse_deviation(variance)) + beta, moved(running_mean, mean),
          moved(running_variance, variance * (n / (n - 1))), mean, variance};
}

Value layer_norm(Value x, Value gamma, Value beta) {
  const Shape column = x.shape().with(-1, 1);
  const auto n = static_cast<double>(x.shape()[-1]);
  const Value centred = x - sum_to(x, column) / n, variance = sum_to(centred * centred, column) / n;
  return centred * inverse_deviation(variance) * gamma + beta;
}

}  // namespace limn
