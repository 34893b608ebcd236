// How often a network is right about the rows of a split when all pictures are moved alike, or when channels of its
// layers are ablated. It must not know who asks.
#pragma once
#include "data/augment.hpp"
#include "explain/frozen.hpp"

namespace limn {

// A channel of a layer, or a unit, that is ablated: what leaves it is 0.
struct Channel {
  int layer = 0;             // from 1
  std::int64_t channel = 0;  // from 0
};
// Reads "layer1.unit[3] layer2.unit[0]", apart by spaces or commas. Error: no such layer or channel, or one of the last
// layer, whose units are the answers.
std::vector<Channel> parse_channels(std::string_view words, const FrozenNetwork& net);

// What leaves the layer while all those are ablated, [height, width, channels] or [units].
std::vector<float> layer_of(const FrozenNetwork& net, std::span<const float> picture, int layer,
                            std::span<const Channel> ablated);

// What moves all pictures alike: by pixels to the right or down, or by degrees clockwise.
enum class Move { kRight, kDown, kTurn };
// From -most to most in steps of `by`, with 0 among them. Error: parts of pixels, beyond the picture's side or half a
// turn, or more than `count`.
std::vector<Motion> motions(Move move, double most, double by, const FrozenNetwork& net, std::int64_t count);

class Count {
 public:
  // Error: the network learns no classes, or there are no rows.
  Count(const FrozenNetwork& net, std::span<const std::int32_t> rows, const Motion& motion,
        std::vector<Channel> ablated = {});

  bool go_on();  // one batch of rows; false: it is done
  // Of the rows so far: their share that is right, and [classes, classes], how many of the first are taken for the
  // second.
  double accuracy() const;
  const std::vector<std::int64_t>& confusion() const { return confusion_; }

 private:
  struct Batch {
    std::unique_ptr<Feed> feed;
    std::unique_ptr<Executable> executable;
  };
  const Batch& batch_of(std::int64_t size);

  const FrozenNetwork& net_;
  std::vector<std::int32_t> rows_;
  Motion motion_;
  std::vector<Channel> ablated_;
  std::size_t done_ = 0;
  std::vector<std::int64_t> confusion_;
  std::vector<Batch> batches_;
};

}  // namespace limn
