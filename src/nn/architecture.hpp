// The architecture text, "dense 512 | bn relu | dropout 0.2 | dense 10": parsed, checked, and built as graph.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "graph/value.hpp"
#include "nn/parameters.hpp"

namespace limn {

struct LayerSpec {
  enum class Kind { kDense, kDropout, kBatchNorm, kLayerNorm } kind = Kind::kDense;
  std::int64_t units = 0;             // dense
  int tied = 0;                       // dense: the layer whose weight, transposed, it takes; 0: it has its own
  std::string activation = "linear";  // all but dropout
  double rate = 0;                    // dropout
};

// Error: what the text says at which column, and what may stand there.
std::vector<LayerSpec> parse_architecture(std::string_view text);
std::string to_text(const std::vector<LayerSpec>& layers);  // the canonical text

// What building a model yields; every layer with parameters for those who want to look.
struct Activations {
  std::vector<Value> in;        // [batch, what enters it], behind dropout
  std::vector<Value> z, a;      // [batch, units] before and after the activation; a without dropout
  Value output;                 // a of the last layer
  Value logits;                 // z of the last layer
  std::vector<Value> of_batch;  // the batch's own means and variances in bn when training
  Value statistics;  // [statistics] behind a step of training; as given when not training; empty if there are none
};

class Network {
 public:
  // inputs: features of a row, >= 1. Layers with parameters are numbered from 1; they are named layerK.w (unless it is
  // tied) and layerK.b of dense, layerK.gamma and layerK.beta of bn and ln, the statistics of bn layerK.mean and
  // layerK.variance. Error: no dense layer at the end, tied to what is no fitting weight, or so large that it cannot be
  // meant (over 2^31 parameters).
  Network(std::string_view architecture, std::int64_t inputs);

  const std::vector<LayerSpec>& layers() const { return layers_; }
  const Parameters& parameters() const { return parameters_; }
  const Parameters& statistics() const { return statistics_; }  // kept from step to step, but not learned
  void initial_statistics(float* flat) const;                   // fills flat[0 .. statistics().size)
  std::int64_t inputs() const { return inputs_; }
  std::int64_t outputs() const { return outputs_; }

  // x [batch, inputs], theta [parameters], statistics [statistics] (an empty Value if there are none); dropout only
  // when training.
  Activations build(Value x, Value theta, Value statistics, bool training) const;

 private:
  std::vector<LayerSpec> layers_;
  Parameters parameters_, statistics_;
  std::int64_t inputs_, outputs_ = 0;
};

}  // namespace limn
