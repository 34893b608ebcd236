// Samples varied anew in every epoch: images shifted, turned, scaled, flipped, bent and covered, noise on any numbers.
// What becomes of a sample is a function of the seed, the epoch and its row alone, with the same bits everywhere: no
// library functions, only arithmetic that IEEE 754 rounds exactly. It must not know who trains.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/shape.hpp"
#include "data/warp.hpp"

namespace limn {

// The strengths; 0 is off.
struct Augmentation {
  std::int64_t shift = 0;   // at most so many whole pixels in each direction
  std::int64_t crop = 0;    // so many zeros are put around the image and its own size is cut out anywhere within
  double rotate = 0;        // at most so many degrees to either side
  double scale = 0;         // at most this much larger or smaller: 0.1 is 10 %
  double elastic = 0;       // every pixel's displacement: uniform from -1 to 1, smoothed, times so many pixels (alpha)
  double sigma = 4;         // the deviation of that smoothing in pixels
  double noise = 0;         // the deviation of what is added to every number; bounded at 4.9 times that
  std::int64_t cutout = 0;  // the side of a square of zeros about any pixel, which may reach over the borders
  bool flip = false;        // left and right changed for every other sample on average

  bool moves() const { return shift > 0 || crop > 0 || rotate > 0 || scale > 0 || elastic > 0 || flip; }
  bool any() const { return moves() || noise > 0 || cutout > 0; }
  friend bool operator==(const Augmentation&, const Augmentation&) = default;
};

// Reads "shift 2 crop 4 rotate 10 scale 0.1 elastic 34 4 noise 0.1 cutout 8 flip" in any order; "" and "none" are
// nothing. Tables take noise alone. Sources: elastic by Simard, Steinkraus, Platt (2003), cutout by DeVries, Taylor,
// "Improved regularization of convolutional neural networks with cutout" (2017).
// Error: an unknown word, one twice, a strength that is missing or out of range, a table that should be moved.
Augmentation parse_augmentation(const std::string& text, bool images);

// The movement of one sample in one epoch; a crop is a part of its shift.
Motion draw_motion(const Augmentation& augmentation, std::uint64_t key, std::int64_t epoch, std::int64_t row);

struct AugmentRoom {  // memory that is kept from call to call
  std::vector<float> image, down, right, work;
};

// Augments one sample in place: moved, then noise, then covered. key: stream_key(seed, "augment").
void augment(const Augmentation& augmentation, const Shape& shape, std::uint64_t key, std::int64_t epoch,
             std::int64_t row, std::span<float> sample, AugmentRoom& room);

}  // namespace limn
