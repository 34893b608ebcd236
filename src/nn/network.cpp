// The network that an architecture text stands for: its shapes, its parameters, its statistics and its graph.
#include <algorithm>
#include <map>

#include "nn/activation.hpp"
#include "nn/block.hpp"
#include "nn/layer.hpp"
#include "nn/layer_reader.hpp"
#include "nn/layer_shape.hpp"
#include "nn/plane.hpp"

namespace limn {
namespace {

using Kind = LayerSpec::Kind;

constexpr std::int64_t kMost = std::int64_t{1} << 31;  // parameters

// A tied layer's weight is another's transposed: [inputs, units] must be what that one has as [units, inputs].
void check_tied(const LayerSpec& layer, int number, std::int64_t width, const Parameters& parameters) {
  const std::string wanted = fmt::format("layer{}.w", layer.tied);
  const auto found = std::ranges::find(parameters.list, wanted, &Parameter::name);
  if (found == parameters.list.end() || found->shape.rank() != 2)
    throw Error(fmt::format("layer {} is tied to layer {}, which is no dense layer before it with a weight of its own",
                            number, layer.tied),
                "layers with parameters are numbered from 1, dropout is not counted");
  if (found->shape != Shape{layer.units, width})
    throw Error(
        fmt::format("layer {} needs a weight {}, but layer {} has {}, transposed {}", number,
                    to_string(Shape{width, layer.units}), layer.tied, to_string(found->shape),
                    to_string(Shape{found->shape[1], found->shape[0]})),
        fmt::format("a layer tied to layer {} goes from {} to {} units", layer.tied, found->shape[1], found->shape[0]));
}

// Adds what layer `number` learns and keeps; `in` is what enters it, of one row.
void add_parameters(const LayerSpec& layer, int number, const Shape& in, Parameters& parameters,
                    Parameters& statistics) {
  const std::string name = fmt::format("layer{}", number);
  const std::int64_t features = in[-1];
  switch (layer.kind) {
    case Kind::kDense:
      if (layer.tied)
        check_tied(layer, number, in.size(), parameters);
      else
        parameters.add(name + ".w", {in.size(), layer.units}, true);
      parameters.add(name + ".b", {layer.units}, false);
      return;
    case Kind::kBatchNorm: add_statistics(name, "", features, statistics); [[fallthrough]];
    case Kind::kLayerNorm: return add_norm(name, "", features, parameters);
    case Kind::kConv:
    case Kind::kConvTranspose:
      (layer.kind == Kind::kConv ? add_conv : add_conv_transpose)(name + ".w", layer.window, features, layer.units,
                                                                  parameters);
      if (layer.has_bias) parameters.add(name + ".b", {layer.units}, false);
      return;
    case Kind::kResidual: return add_residual(layer, name, features, parameters, statistics);
    case Kind::kInception: return add_inception(layer, name, features, parameters);
    default: LIMN_CHECK(false, "a layer without parameters");
  }
}

// What stands before the activation of a layer with parameters.
Value layer_z(const LayerSpec& layer, Value x, Value tied, Builder& builder, Value& weight) {
  if (layer.kind == Kind::kResidual) return residual(layer, x, builder);
  if (layer.kind == Kind::kInception) return inception(layer, x, builder);
  const Value first = weight = tied ? tied : builder.next();
  if (!layer.has_bias)
    return layer.kind == Kind::kConv ? conv(x, first, layer.window) : conv_transpose(x, first, layer.window);
  const Value second = builder.next();
  switch (layer.kind) {
    case Kind::kBatchNorm: return builder.batch_norm(x, first, second);
    case Kind::kLayerNorm: return layer_norm(x, first, second);
    case Kind::kConv: return conv(x, first, layer.window) + second;
    case Kind::kConvTranspose: return conv_transpose(x, first, layer.window) + second;
    default: return tied ? matmul(x, first, false, true) + second : dense(x, first, second);
  }
}

// What leaves a layer without parameters that does the same in training and outside of it.
Value moved(const LayerSpec& layer, Value x) {
  switch (layer.kind) {
    case Kind::kPool: return layer.takes_largest ? window_max(x, layer.window) : average_pool(x, layer.window);
    case Kind::kGlobalPool: return layer.takes_largest ? global_max(x) : global_average(x);
    case Kind::kUpsample: return upsample(x, layer.amount);
    case Kind::kPad: return layer.reflects ? pad_reflected(x, layer.amount) : pad_zeros(x, layer.amount);
    default: LIMN_CHECK(false, "a layer with parameters"); return x;
  }
}

}  // namespace

Network::Network(std::string_view architecture, const Shape& sample)
    : layers_(parse_architecture(architecture)), sample_(sample) {
  has_planes_ = sees_planes(layers_);
  first_ = has_planes_ ? plane_shape(architecture, layers_, sample) : Shape{sample.size()};
  Shape shape = first_;
  int number = 0;
  std::map<std::string_view, int> counts;  // of layers without parameters
  for (const LayerSpec& layer : layers_) {
    const Shape in = shape;
    shapes_.push_back(shape = shape_behind(architecture, layer, in));
    if (!layer.has_parameters()) {
      const std::string_view word = layer.drops_out() ? "dropout" : word_of(layer.kind).word;
      names_.push_back(fmt::format("{}{}", word, ++counts[word]));
      continue;
    }
    names_.push_back(fmt::format("layer{}", number + 1));
    add_parameters(layer, ++number, in, parameters_, statistics_);
    if (parameters_.size > kMost)
      throw Error(fmt::format("\"{}\" has more than {} parameters", architecture, kMost), "take fewer units");
  }
  if (parameters_.size == 0)
    throw Error(fmt::format("\"{}\" has nothing to learn", architecture), "end with a dense layer: ... | dense 10");
  if (!predicts(layers_.back()))
    throw Error(fmt::format("\"{}\" does not end with a dense layer", architecture),
                has_planes_
                    ? "end with one unit per class or target, ... | dense 10, or with a convolution or a global pool"
                    : "end with one unit per class or target: ... | dense 10");
}

int Network::numbered() const { return static_cast<int>(std::ranges::count_if(layers_, &LayerSpec::has_parameters)); }
std::size_t Network::place_of(int number) const {
  std::size_t place = 0;
  while (number -= layers_[place].has_parameters(), number > 0) ++place;
  return place;
}

void Network::initial_statistics(float* flat) const {
  for (const Parameter& p : statistics_.list) std::fill_n(flat + p.offset, p.shape.size(), p.initial);
}

Activations Network::build(Value x, Value theta, Value statistics, bool training, const Retouch& retouch) const {
  LIMN_CHECK(statistics || statistics_.size == 0, "the statistics are missing");
  Graph& graph = x.graph();
  Activations result;
  Builder builder(*this, theta, statistics, training);
  std::vector<Value> weights;  // of layer K, at K - 1
  Value a = has_planes_ ? to_planes(x, sample_) : x;
  for (std::size_t place = 0; place < layers_.size(); ++place) {
    const LayerSpec& layer = layers_[place];
    const std::string& name = names_[place];
    const Scope scope(graph, name);
    if (layer.drops_out()) {
      if (training) a = (layer.kind == Kind::kDropout ? dropout : spatial_dropout)(a, layer.rate, name);
      continue;
    }
    if (!layer.has_parameters()) {
      result.moved.emplace_back(name, a = moved(layer, a));
      continue;
    }
    if (layer.kind == Kind::kDense && a.shape().rank() > 2) a = flatten(a);
    result.in.push_back(a);
    const Value tied = layer.tied ? weights[static_cast<std::size_t>(layer.tied - 1)] : Value();
    const Value z = layer_z(layer, a, tied, builder, weights.emplace_back());
    a = activate(layer.activation, z);
    if (retouch) a = retouch(static_cast<int>(result.z.size() + 1), a);
    result.z.push_back(z);
    result.a.push_back(a);
  }
  result.output = to_rows(a);
  result.logits = layers_.back().has_parameters() ? to_rows(result.z.back()) : result.output;
  result.of_batch = builder.of_batch;
  result.statistics = builder.statistics();
  return result;
}

}  // namespace limn
