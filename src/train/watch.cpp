#include "train/watch.hpp"

#include <algorithm>

namespace limn {

std::int64_t evaluation_interval(std::int64_t steps_per_epoch, std::int64_t total_steps) {
  const std::int64_t epoch = std::max<std::int64_t>(1, steps_per_epoch),
                     least = std::max<std::int64_t>(200, total_steps / 50);
  return (least + epoch - 1) / epoch * epoch;
}

bool Watch::observe(double loss, std::int64_t step) {
  const auto rounded = static_cast<float>(loss);
  if (!(rounded < numbers_[kBest])) {
    numbers_[kWaits] += 1;
    return false;
  }
  numbers_[kBest] = rounded, numbers_[kWaits] = 0;
  const std::int64_t high = step / kPart, low = step % kPart;
  numbers_[kStepHigh] = static_cast<float>(high), numbers_[kStepLow] = static_cast<float>(low);
  return true;
}

std::int64_t Watch::best_step() const {
  if (numbers_[kStepHigh] < 0) return -1;
  return static_cast<std::int64_t>(numbers_[kStepHigh]) * kPart + static_cast<std::int64_t>(numbers_[kStepLow]);
}

std::vector<TensorView> Watch::views(const std::string& name) {
  const std::span<float> all(numbers_);
  return {{name + "/best", {}, all.subspan(kBest, 1)},
          {name + "/waits", {}, all.subspan(kWaits, 1)},
          {name + "/drops", {}, all.subspan(kDrops, 1)},
          {name + "/step", {2}, all.subspan(kStepHigh, 2)}};
}

}  // namespace limn
