// What speaks for a class in one picture: the gradient of its score by the pixels, the score while a patch hides a
// place, and the planes of a layer weighed by their gradients. It must not know who asks, or how it is shown.
#pragma once
#include "explain/frozen.hpp"

namespace limn {

// A grid of numbers over a picture or a plane, row after row.
struct Grid {
  std::int64_t height = 0, width = 0;
  std::vector<float> values;
};

// Simonyan, Vedaldi, Zisserman, "Deep inside convolutional networks" (2013), section 3.
struct Saliency {
  std::vector<float> gradient;  // [features]: d score / d pixel, with its sign
  Grid magnitude;               // the largest |gradient| over a pixel's channels
};
Saliency saliency(const FrozenNetwork& net, std::span<const float> picture, std::int64_t score);

// Zeiler and Fergus, "Visualizing and understanding convolutional networks" (2014), section 4.2.
struct Patch {
  std::int64_t size = 0, stride = 1;  // pixels; it lies within the picture
  float fill = 0;                     // of all its pixels and channels
};
class Occlusion {
 public:
  // Error: a patch larger than the picture, no stride, a fill that is not finite, more than kMostPlaces.
  static constexpr std::int64_t kMostPlaces = 1 << 16;
  Occlusion(const FrozenNetwork& net, std::span<const float> picture, std::int64_t score, const Patch& patch);

  bool go_on();  // one batch of places; false: it is done
  const Grid& score() const { return score_; }
  const Grid& p() const { return p_; }

 private:
  void hide(std::int64_t place, std::span<float> picture) const;

  std::vector<float> picture_;
  Shape image_;  // [channels, height, width]
  Patch patch_;
  std::int64_t number_, scores_, batch_, done_ = 0;
  Grid score_, p_;
  std::unique_ptr<Question> question_;
};

// Selvaraju et al., "Grad-CAM" (2017), equations 1 and 2, of what leaves a layer behind its activation.
struct GradCam {
  int layer = 0;
  std::vector<float> weights;  // [channels]: the mean over places of d score / d a
  Grid plane;                  // relu of the weighted sum over channels
  Grid shown;                  // the same as large as the picture, bilinear between the places' centres
};
// layer 0: the last one that gives planes. Error: it gives none, or nothing of the score comes through it.
GradCam grad_cam(const FrozenNetwork& net, std::span<const float> picture, std::int64_t score, int layer);

// Each new place takes the four nearest old ones, by how far their centres are from its own; beyond the outermost
// centres their value.
Grid resized_bilinear(const Grid& grid, std::int64_t height, std::int64_t width);

}  // namespace limn
