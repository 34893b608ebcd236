// Activation maximisation: the picture ascends the gradient, step by step, until a class, a channel or a unit
// says most. Equal networks, targets and settings make equal bits. It must not know who watches.
// Sources: Erhan et al., "Visualizing higher-layer features of a deep network" (2009); Simonyan et al. (2013), section
// 2; Yosinski et al., "Understanding neural networks through deep visualization" (2015), section 3.
#pragma once
#include <array>
#include <optional>

#include "explain/frozen.hpp"
#include "interop/tensor.hpp"

namespace limn {

// What is to grow: the score of a class; or of a layer before its activation a channel's mean over all places, or what
// stands at one of them.
struct AscentTarget {
  std::int64_t score = -1;
  int layer = 0;  // from 1; 0: a score
  std::int64_t channel = 0;
  std::optional<std::array<std::int64_t, 2>> place;  // row, column
};

// A step: the picture x is rolled by a jitter of at most so many pixels each way, g is the gradient of
//   value = target(rolled x) - l2 |x|^2 - tv V(x),   V: the sum of the squared differences of neighbouring pixels,
// by x, and x becomes x + lr g / rms(g), kept within low and high. Every blur_every-th step then blurs it.
struct AscentSettings {
  double lr = 0.05;  // the root mean square of a step, in units of pixels
  double l2 = 0, tv = 0;
  double blur = 0;  // the deviation of a Gaussian, in pixels; 0: none
  std::int64_t blur_every = 4;
  std::int64_t jitter = 0;
  double start = 0.5, noise = 0.02;  // the first picture: uniform from start - noise to start + noise
  double low = 0, high = 1;
  std::int64_t patience = 50;  // steps without a higher value before it stops; 0: it goes on
  std::uint64_t seed = 1;

  friend bool operator==(const AscentSettings&, const AscentSettings&) = default;
};

class Maximiser {
 public:
  // Error: there is no such target, or a setting out of range.
  Maximiser(std::shared_ptr<const FrozenNetwork> net, const AscentTarget& target, const AscentSettings& settings);

  // One step. Returns the value where it began.
  float advance();
  std::int64_t step() const { return step_; }
  float value() const { return value_; }            // of the last step, where it began; NaN before the first
  float activation() const { return activation_; }  // the same without what is subtracted
  float best() const { return best_; }              // the highest so far, and the step that began there
  std::int64_t best_step() const { return best_step_; }
  std::span<const float> picture() const { return x_; }  // [features], as it is now
  // Why it stands: "" while it goes on, else "not finite", "flat" (no pixel changes the target) or "not rising".
  const std::string& stop_reason() const { return stopped_; }
  const FrozenNetwork& net() const { return *net_; }

  std::string fingerprint() const;  // 16 hex digits over picture and step
  // Everything that a step depends on, and the way back. Error: it is of another picture size.
  std::vector<Tensor> state() const;
  void restore(const std::vector<Tensor>& state);

 private:
  void add_penalties(std::span<float> gradient, double& value) const;
  void blur();
  void watch();

  std::shared_ptr<const FrozenNetwork> net_;
  AscentSettings settings_;
  Shape image_;           // [channels, height, width]
  std::vector<float> x_;  // [features]
  std::int64_t step_ = 0, best_step_ = 0;
  float value_, activation_, best_;
  std::string stopped_;
  std::unique_ptr<Question> question_;
};

}  // namespace limn
