// Watches the validation loss: when the plateau schedule drops the rate, and when training stops early. Its numbers are
// part of a training's state, so that every resume, replay and branch decides alike. It must not know who measures.
#pragma once
#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "interop/tensor.hpp"

namespace limn {

// The validation loss is measured after every multiple of this many steps: whole epochs, at least 200 steps, about
// fifty times in a run. Steps alone decide, never the clock.
std::int64_t evaluation_interval(std::int64_t steps_per_epoch, std::int64_t total_steps);

// Counts the measurements since the lowest one so far. Lower is lower in float32, by however little.
class Watch {
 public:
  // True if this is the lowest loss so far. A loss that is not finite is never lower.
  bool observe(double loss, std::int64_t step);

  std::int64_t waits() const { return static_cast<std::int64_t>(numbers_[kWaits]); }  // since the lowest
  std::int64_t drops() const { return static_cast<std::int64_t>(numbers_[kDrops]); }  // of the plateau schedule
  void drop() { numbers_[kDrops] += 1, numbers_[kWaits] = 0; }
  std::int64_t best_step() const;  // of the lowest; -1 before the first

  // Live views "NAME/best", "NAME/waits", "NAME/drops", and "NAME/step" in two parts that float32 holds exactly.
  std::vector<TensorView> views(const std::string& name);

 private:
  enum { kBest, kWaits, kDrops, kStepHigh, kStepLow, kNumbers };
  static constexpr std::int64_t kPart = 1 << 20;
  std::array<float, kNumbers> numbers_ = {std::numeric_limits<float>::max(), 0, 0, -1, 0};
};

}  // namespace limn
