#include "lab/histograms.hpp"

#include <algorithm>

#include "lab/state.hpp"
#include "train/model.hpp"

namespace limn::lab {
namespace {

using Json = nlohmann::json;

struct Spread {  // of a layer; null where there is none
  std::optional<Histogram> weights, activations, gradients;
  std::optional<IdleUnits> units;
};
using Spreads = std::vector<Spread>;  // of layer k at k - 1

const std::pair<const char*, std::optional<Histogram> Spread::*> kParts[] = {
    {"weights", &Spread::weights}, {"activations", &Spread::activations}, {"gradients", &Spread::gradients}};

// Of what a layer weighs by: the weights of dense, the factors of a normalisation. `mark` stands before their names.
std::optional<Histogram> of_weights(const std::vector<TensorView>& tensors, std::size_t layer, const char* mark) {
  for (const TensorView& tensor : tensors)
    for (const char* name : {"w", "gamma"})
      if (tensor.name == fmt::format("layer{}.{}{}", layer + 1, mark, name)) return histogram(tensor.values);
  return {};
}

Spreads spreads_of(Session& session, const Dataset& data, const std::function<void()>& settle) {
  const auto layers = layers_of(session.model().network);
  Spreads spreads(layers.size());
  const auto state = session.state(), gradient = session.gradient();
  for (std::size_t k = 0; k < layers.size(); ++k) {
    spreads[k].weights = of_weights(state, k, "");
    spreads[k].gradients = of_weights(gradient, k, "d");
  }
  settle();
  const auto rows = probe_rows(data);
  const auto said = session.inspect(data, rows, false);
  for (std::size_t k = 0; k < layers.size(); ++k) {
    const auto& a = said.at(fmt::format("layer{}.a", k + 1));
    spreads[k].activations = histogram(a);
    if (can_idle(layers[k].activation)) spreads[k].units = idle_units(layers[k].activation, a, layers[k].units);
  }
  return spreads;
}

Json to_json(const Histogram& h) {
  return {{"low", h.low},   {"high", h.high},          {"mean", h.mean}, {"deviation", h.deviation},
          {"zero", h.zero}, {"nonfinite", h.nonfinite}};
}

Json to_json(const Spreads& spreads, const Dataset& data, bool with_counts) {
  Json layers = Json::array();
  for (const Spread& spread : spreads) {
    Json layer = {{"name", fmt::format("layer{}", layers.size() + 1)}, {"units", nullptr}};
    for (const auto& [name, part] : kParts) {
      layer[name] = spread.*part ? to_json(*(spread.*part)) : Json();
      if (with_counts && spread.*part) layer[name]["count"] = (spread.*part)->count;
    }
    if (spread.units)
      layer["units"] = {{"of", spread.units->of},
                        {"dead", spread.units->dead.size()},
                        {"saturated", spread.units->saturated.size()},
                        {"dead_units", spread.units->dead},
                        {"saturated_units", spread.units->saturated}};
    layers.push_back(std::move(layer));
  }
  return {{"layers", layers}, {"rows", probe_rows(data).size()}, {"split", data.valid.empty() ? "train" : "valid"}};
}

}  // namespace

Json histograms(Session& session, const Dataset& data, const std::function<void()>& settle) {
  return to_json(spreads_of(session, data, settle), data, true);
}

void draw_histograms(LiveRun& run, Frame& frame) {
  const Spreads spreads = spreads_of(run.session(), *run.data(), [] {});
  frame.head.update(to_json(spreads, *run.data(), false));
  for (std::size_t k = 0; k < spreads.size(); ++k)
    for (const auto& [name, part] : kParts)
      if (const auto& h = spreads[k].*part)
        frame.add(fmt::format("layer{}.{}", k + 1, name), {static_cast<std::int64_t>(h->count.size())},
                  std::span<const std::int32_t>(h->count));
}

}  // namespace limn::lab
