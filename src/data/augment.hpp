// Samples varied anew in every epoch: images shifted, turned, scaled and flipped, noise on any numbers. What becomes of
// a sample is a function of the seed, the epoch and its row alone, with the same bits everywhere: no library functions,
// only arithmetic that IEEE 754 rounds exactly. It must not know who trains.
#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "base/shape.hpp"

namespace limn {

// The strengths; 0 is off.
struct Augmentation {
  std::int64_t shift = 0;  // at most so many whole pixels in each direction
  double rotate = 0;       // at most so many degrees to either side
  double scale = 0;        // at most this much larger or smaller: 0.1 is 10 %
  double noise = 0;        // the deviation of what is added to every number; bounded at 4.9 times that
  bool flip = false;       // left and right changed for every other sample on average

  bool moves() const { return shift > 0 || rotate > 0 || scale > 0 || flip; }
  bool any() const { return moves() || noise > 0; }
  friend bool operator==(const Augmentation&, const Augmentation&) = default;
};

// Reads "shift 2 rotate 10 scale 0.1 noise 0.1 flip" in any order; "" and "none" are nothing. Tables take noise alone.
// Error: an unknown word, one twice, a strength that is missing or out of range, a table that should be moved.
Augmentation parse_augmentation(const std::string& text, bool images);

// One movement of an image about its centre: flipped first, then scaled, turned, shifted.
struct Motion {
  bool flip = false;
  double scale = 1;
  double degrees = 0;                // clockwise as it is seen, rows counted downwards
  std::int64_t right = 0, down = 0;  // pixels
};

// The movement of one sample in one epoch.
Motion draw_motion(const Augmentation& augmentation, std::uint64_t key, std::int64_t epoch, std::int64_t row);

// Draws the image [height, width] or [channels, height, width] moved over `to`, interpolated between the four nearest
// pixels; beyond its borders it is 0. `from` and `to` do not overlap. Whole pixels and quarter turns are exact.
void move_image(std::span<const float> from, const Shape& shape, const Motion& motion, std::span<float> to);

// Augments one sample in place; `room` is as large as the sample. key: stream_key(seed, "augment").
void augment(const Augmentation& augmentation, const Shape& shape, std::uint64_t key, std::int64_t epoch,
             std::int64_t row, std::span<float> sample, std::span<float> room);

}  // namespace limn
