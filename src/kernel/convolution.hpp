// Convolutions of channels-last planes in their three roles, as matrix products of rows that are read where they lie.
// Windows over few channels are unfolded first. Every element of x and y is one chain of multiply-adds over the window
// and the channels; one of the weights is a chain over places, in a number of parts that depends on sizes alone.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/aligned_floats.hpp"
#include "kernel/kernels.hpp"
#include "kernel/meeting.hpp"

namespace limn {

enum class ConvRole { kForward, kData, kWeights };  // y from x and w; x from y and w; w from x and y

// x [batch, plane..., in], w [window..., in / groups, out], y [batch, places..., out]; for kData w is transposed,
// [window..., out, in / groups].
class Convolver {
 public:
  Convolver(ConvRole role, const Window& window, const Shape& x, const Shape& w, const Shape& y);

  int chunks() const { return chunks_; }
  std::int64_t scratch_floats() const;  // of all chunks

  // One chunk; a and b as the role reads them: x w, y w, x y. `done` is told the rows [batch * plane or places] of the
  // result that are complete; it is not called for weights. Chunks may run side by side.
  using Done = std::function<void(std::int64_t row0, std::int64_t row1)>;
  void run(int chunk, const float* a, const float* b, float* result, const Done& done) const;

 private:
  struct Room {  // what a chunk works in
    AlignedFloats packed, patches;
    std::vector<const float*> from;
    std::vector<float*> to;
    std::vector<OuterRun> runs;
  };
  struct Part {  // of the weights: images and taps
    std::int64_t image0, image1, tap0, tap1, number;
  };
  bool by_channel() const { return in_group_ == 1 && out_group_ == 1 && groups_ > 1; }
  bool unfolds() const { return groups_ == 1 && in_ <= 4 && role_ != ConvRole::kData; }
  std::int64_t depth() const { return in_group_ * window_.elements(); }
  std::int64_t lines_at_once() const;
  Part part_of(int chunk) const;
  void pack(const float* w, Room& room) const;
  void product(std::int64_t row0, std::int64_t row1, const float* a, const float* w, float* y, Room& room) const;
  void rows_from(const Taps& taps, const Meeting::Base& base, const float* plane, const float** to) const;
  void unfold(std::int64_t row0, std::int64_t row1, const float* x, float* patches) const;
  void weights(const Part& part, const float* x, const float* y, float* w, Room& room) const;
  void weights_unfolded(const Part& part, const float* x, const float* y, float* w, Room& room) const;
  void runs_of(std::int64_t tap, std::int64_t line0, std::int64_t line1, const float* x, const float* y,
               std::vector<OuterRun>& runs) const;

  ConvRole role_;
  Window window_;
  std::int64_t batch_, in_, out_, groups_, in_group_, out_group_;
  std::array<std::int64_t, 3> plane_, places_;
  Meeting meeting_;
  int chunks_, parts_ = 1;  // of the images, for weights
  mutable std::vector<Room> rooms_;
  AlignedFloats zeros_, partial_;  // partial_: [parts, weights]
  mutable std::atomic<int> left_;  // parts of the weights that are not yet done
};

}  // namespace limn
