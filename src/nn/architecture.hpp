// The architecture text, "conv 32 3x3 relu | pool 2 | dense 128 relu | dropout 0.2 | dense 10": parsed, checked, and
// built as graph.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/window.hpp"
#include "graph/value.hpp"
#include "nn/parameters.hpp"

namespace limn {

// A layer of planes takes [height, width, channels] and gives such, or numbers if it is a global pool; all others take
// any features and keep their shape, but dense, which takes planes as the row of their numbers and gives `units`.
struct LayerSpec {
  enum class Kind {
    kDense,
    kDropout,
    kBatchNorm,
    kLayerNorm,
    kSpatialDropout,  // from here on of planes
    kConv,
    kConvTranspose,
    kPool,
    kGlobalPool,
    kUpsample,
    kPad,
    kResidual,
    kInception
  } kind = Kind::kDense;
  std::int64_t units = 0;              // dense: units; convolutions and blocks: channels they give
  int tied = 0;                        // dense: the layer whose weight, transposed, it takes; 0: it has its own
  std::string activation = "linear";   // of layers with parameters
  double rate = 0;                     // both dropouts
  Window window{};                     // of convolutions and pools; the stride of a residual block
  bool has_bias = true;                // convolutions
  bool takes_largest = true;           // both pools; else the mean
  bool reflects = false;               // pad; else zeros
  std::int64_t amount = 0;             // pad: on every side; upsample: the factor
  std::vector<std::int64_t> widths{};  // inception: 1x1, before 3x3, 3x3, before 5x5, 5x5, behind the pool
  std::size_t column = 0;              // where it begins in its text, from 1

  bool has_parameters() const;  // of its own; such layers are numbered from 1
  bool is_of_planes() const;
  bool drops_out() const { return kind == Kind::kDropout || kind == Kind::kSpatialDropout; }
  bool drops() const { return rate > 0; }
};

// Error: what the text says at which column, and what may stand there.
std::vector<LayerSpec> parse_architecture(std::string_view text);
std::string to_text(const std::vector<LayerSpec>& layers);  // the canonical text

// What building a model yields; every layer with parameters for those who want to look. Planes are [batch, height,
// width, channels].
struct Activations {
  std::vector<Value> in;    // [batch, what enters it...], behind dropout
  std::vector<Value> z, a;  // [batch, what leaves it...] before and after the activation; a without dropout
  std::vector<std::pair<std::string, Value>> moved;  // by name, what leaves layers of planes that learn nothing: pools
  Value output;                                      // [batch, outputs]: what leaves the last layer
  Value logits;                                      // [batch, outputs]: the same before its activation
  std::vector<Value> of_batch;                       // the batch's own means and variances in bn when training
  Value statistics;  // [statistics] behind a step of training; as given when not training; empty if there are none
};

class Network {
 public:
  // sample: the shape of a row: [features], or an image [height, width] or [channels, height, width]. Layers of planes
  // see an image as [height, width, channels], from the first layer on, if there is one before the first dense layer.
  // Layers with parameters are numbered from 1; theirs are named layerK.w (unless it is tied) and layerK.b of dense and
  // convolutions, layerK.gamma and layerK.beta of bn and ln, the statistics of bn layerK.mean and layerK.variance;
  // those of blocks have the number of the convolution within behind: layerK.w2, layerK.gamma2. Error: the last layer
  // is none that predicts, planes that a layer cannot take, tied to what is no fitting weight, or so large that it
  // cannot be meant (over 2^31 parameters or numbers of a row).
  Network(std::string_view architecture, const Shape& sample);
  Network(std::string_view architecture, std::int64_t inputs) : Network(architecture, Shape{inputs}) {}

  const std::vector<LayerSpec>& layers() const { return layers_; }
  const std::vector<Shape>& shapes() const { return shapes_; }  // what leaves each layer, of one row
  const Shape& entering(std::size_t place) const { return place == 0 ? first_ : shapes_[place - 1]; }
  // "layer1", and of layers without parameters their word and its count: "pool2", both dropouts "dropout1".
  const std::vector<std::string>& names() const { return names_; }
  int numbered() const;                    // how many have parameters
  std::size_t place_of(int number) const;  // of layer `number`, from 1, among all
  const Parameters& parameters() const { return parameters_; }
  const Parameters& statistics() const { return statistics_; }  // kept from step to step, but not learned
  void initial_statistics(float* flat) const;                   // fills flat[0 .. statistics().size)
  std::int64_t inputs() const { return sample_.size(); }
  std::int64_t outputs() const { return shapes_.back().size(); }
  bool has_planes() const { return has_planes_; }

  // x [batch, inputs], theta [parameters], statistics [statistics] (an empty Value if there are none); dropout only
  // when training. What leaves layer `number`, from 1, is what `retouch` makes of it, of the same shape.
  using Retouch = std::function<Value(int number, Value a)>;
  Activations build(Value x, Value theta, Value statistics, bool training, const Retouch& retouch = {}) const;

 private:
  std::vector<LayerSpec> layers_;
  std::vector<Shape> shapes_;
  Parameters parameters_, statistics_;
  std::vector<std::string> names_;
  Shape sample_, first_;  // of a row, as the data have it and as the first layer takes it
  bool has_planes_ = false;
};

}  // namespace limn
