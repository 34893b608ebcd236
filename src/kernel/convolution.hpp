// Convolutions of channels-last planes in their three roles, as matrix products of rows that are read where they lie.
// Rows whose windows reach beyond the plane meet fewer taps; the weights' sums read a copy with zeros around instead.
// Every element of x and y is one chain of multiply-adds; one of the weights is a chain over places in a number of
// parts. Both depend on sizes alone.
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

  // One chunk; a and b as the role reads them: x w, y w, x y. `done` is told which rows [batch * plane or places] of
  // the result are complete; it is not called for weights. Chunks may run side by side.
  using Done = std::function<void(std::int64_t row0, std::int64_t row1)>;
  void run(int chunk, const float* a, const float* b, float* result, const Done& done) const;

 private:
  struct Room {  // what a chunk works in
    AlignedFloats packed, padded;
    std::int64_t first = 0, end = 0;  // the images that `padded` holds
    std::vector<const float*> from;
    std::vector<float*> to;
  };
  struct Phase {
    std::int64_t run;                   // taps that are read as one
    std::vector<std::int64_t> offsets;  // of each run in the source
    std::vector<std::size_t> rows;      // of the packed weights, where each run begins
  };
  struct Part {  // of the weights' sums: images and taps
    std::int64_t image0, image1, tap0, tap1, number;
  };
  struct Lines {  // of places: of so many planes, in the slab of each, so many from the first on
    std::int64_t planes, slab, first, count;
  };
  bool by_channel() const { return groups_ > 1 && in_ == groups_ && out_ == groups_; }
  // Between one channel and few, the places of a line are a vector.
  bool by_line() const {
    const bool steps = std::ranges::all_of(window_.stride, [](std::int32_t s) { return s == 1; });
    return role_ != ConvRole::kData && in_ == 1 && out_ <= 8 && steps;
  }
  bool copies() const { return meeting_.reaches_out() || by_line(); }
  std::int64_t source_channels() const { return role_ == ConvRole::kData ? out_ : in_; }
  std::int64_t target_channels() const { return role_ == ConvRole::kData ? in_ : out_; }
  std::int64_t depth() const { return in_ / groups_ * window_.elements(); }
  std::int64_t lines_at_once() const;
  std::int64_t planes_at_once() const;
  std::int64_t packed_columns() const;

  void find_phases();
  void make_rooms();
  std::int64_t packed_row(std::int64_t tap) const;
  void pack(const float* w, Room& room) const;
  void hold(std::int64_t first, std::int64_t end, std::int64_t last, const float* source, Room& room) const;
  const float* image_of(std::int64_t image, const float* source, const Room& room) const;
  void product(std::int64_t row0, std::int64_t row1, const float* source, float* result, Room& room) const;
  void lines(std::int64_t row0, std::int64_t row1, const float* x, const float* w, float* y, Room& room) const;
  Part part_of(int chunk) const;
  void weights(const Part& part, const float* x, const float* y, float* w, Room& room) const;
  std::array<std::int64_t, 2> inside(const Lines& lines, std::int64_t tap) const;
  void add_line_sums(const Part& part, const float* x, const float* y, const Lines& lines, float* w, Room& room) const;
  void add_lines(const Part& part, const float* x, const float* y, const Lines& lines, float* w, Room& room) const;

  ConvRole role_;
  Window window_;
  std::int64_t batch_, in_, out_, groups_;
  Meeting meeting_;
  std::vector<Phase> phases_;
  std::int64_t piece_;      // rows of the result at a time: whole lines
  int chunks_, parts_ = 1;  // parts of the images, for weights
  mutable std::vector<Room> rooms_;
  AlignedFloats partial_;          // [parts, weights]
  mutable std::atomic<int> left_;  // chunks of the weights that are not yet done
};

}  // namespace limn
