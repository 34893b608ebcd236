// The network that an architecture text stands for: its parameters, its statistics and its graph.
#include <algorithm>

#include "nn/activation.hpp"
#include "nn/architecture.hpp"
#include "nn/layer.hpp"
#include "nn/norm.hpp"

namespace limn {
namespace {

constexpr std::int64_t kMaxParameters = std::int64_t{1} << 31;

// Takes the views of a flat vector one after another.
class Views {
 public:
  Views(const Parameters& parameters, Value flat) : parameters_(parameters), flat_(flat) {}
  Value next() {
    const Parameter& p = parameters_.list[at_++];
    return reshape(slice(flat_, 0, p.offset, p.offset + p.shape.size()), p.shape);
  }

 private:
  const Parameters& parameters_;
  Value flat_;
  std::size_t at_ = 0;
};

// A tied layer's weight is another's transposed: [inputs, units] must be what that one has as [units, inputs].
void check_tied(const LayerSpec& layer, int number, std::int64_t width, const Parameters& parameters) {
  const std::string wanted = fmt::format("layer{}.w", layer.tied);
  const auto found = std::ranges::find(parameters.list, wanted, &Parameter::name);
  if (found == parameters.list.end())
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

}  // namespace

Network::Network(std::string_view architecture, std::int64_t inputs)
    : layers_(parse_architecture(architecture)), inputs_(inputs) {
  std::int64_t width = inputs;
  int number = 0;
  for (const LayerSpec& layer : layers_) {
    if (layer.kind == LayerSpec::Kind::kDropout) continue;
    const std::string name = fmt::format("layer{}", ++number);
    if (layer.kind == LayerSpec::Kind::kDense) {
      if (layer.tied)
        check_tied(layer, number, width, parameters_);
      else
        parameters_.add(name + ".w", {width, layer.units}, true);
      parameters_.add(name + ".b", {layer.units}, false);
      width = layer.units;
    } else {
      parameters_.add(name + ".gamma", {width}, false, 1);
      parameters_.add(name + ".beta", {width}, false);
    }
    if (layer.kind == LayerSpec::Kind::kBatchNorm) {
      statistics_.add(name + ".mean", {width}, false);
      statistics_.add(name + ".variance", {width}, false, 1);
    }
    if (parameters_.size > kMaxParameters)
      throw Error(fmt::format("\"{}\" has more than {} parameters", architecture, kMaxParameters), "take fewer units");
  }
  if (layers_.back().kind != LayerSpec::Kind::kDense)
    throw Error(fmt::format("\"{}\" does not end with a dense layer", architecture),
                "end with one unit per class or target: ... | dense 10");
  outputs_ = width;
}

void Network::initial_statistics(float* flat) const {
  for (const Parameter& p : statistics_.list) std::fill_n(flat + p.offset, p.shape.size(), p.initial);
}

Activations Network::build(Value x, Value theta, Value statistics, bool training) const {
  LIMN_CHECK(statistics || statistics_.size == 0, "the statistics are missing");
  Graph& graph = x.graph();
  Activations result;
  Views parameters(parameters_, theta), running(statistics_, statistics);
  std::vector<Value> weights, next_statistics;  // weights: of layer K, at K - 1
  Value a = x;
  int dropouts = 0;
  for (const LayerSpec& layer : layers_) {
    if (layer.kind == LayerSpec::Kind::kDropout) {
      const auto stream = fmt::format("dropout{}", ++dropouts);
      const Scope scope(graph, stream);
      if (training) a = dropout(a, layer.rate, stream);
      continue;
    }
    const Scope scope(graph, fmt::format("layer{}", result.z.size() + 1));
    const Value first = layer.tied ? weights[layer.tied - 1] : parameters.next(), second = parameters.next();
    weights.push_back(first);
    result.in.push_back(a);
    Value z;
    if (layer.kind == LayerSpec::Kind::kDense) {
      z = layer.tied ? matmul(a, first, false, true) + second : dense(a, first, second);
    } else if (layer.kind == LayerSpec::Kind::kLayerNorm) {
      z = layer_norm(a, first, second);
    } else {
      const Value mean = running.next(), variance = running.next();
      const BatchNorm norm = batch_norm(a, first, second, mean, variance, training);
      z = norm.y;
      next_statistics.insert(next_statistics.end(), {norm.mean, norm.variance});
      if (training) result.of_batch.insert(result.of_batch.end(), {norm.own_mean, norm.own_variance});
    }
    a = activate(layer.activation, z);
    result.z.push_back(z);
    result.a.push_back(a);
  }
  result.output = result.a.back();
  result.logits = result.z.back();
  result.statistics = training && !next_statistics.empty() ? concat(next_statistics, 0) : statistics;
  return result;
}

}  // namespace limn
