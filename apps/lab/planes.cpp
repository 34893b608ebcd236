#include "lab/planes.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.hpp"
#include "lab/quantised.hpp"
#include "train/model.hpp"

namespace limn::lab {
namespace {

using Json = nlohmann::json;
using Kind = LayerSpec::Kind;

constexpr std::int64_t kMostShown = 64;  // channels of a layer

Json numbers(const Shape& shape) {
  Json list = Json::array();
  for (const std::int64_t n : shape.dims()) list.push_back(n);
  return list;
}

Json window_json(const LayerSpec& layer) {
  if (layer.window.axes == 0 || layer.kind == Kind::kResidual) return nullptr;
  const Window& w = layer.window;
  const auto pair = [](const Window::PerAxis& axes) { return Json{axes[0], axes[1]}; };
  return {{"size", pair(w.size)}, {"stride", pair(w.stride)},     {"low", pair(w.low)},
          {"high", pair(w.high)}, {"dilation", pair(w.dilation)}, {"groups", w.groups}};
}

// The channels of [height, width, channels] one after another, the first `shown` of them.
std::vector<float> by_channel(std::span<const float> values, const Shape& shape, std::int64_t shown) {
  const std::int64_t places = shape[0] * shape[1], channels = shape[2];
  std::vector<float> planes;
  planes.reserve(static_cast<std::size_t>(shown * places));
  for (std::int64_t c = 0; c < shown; ++c)
    for (std::int64_t i = 0; i < places; ++i) planes.push_back(values[static_cast<std::size_t>(i * channels + c)]);
  return planes;
}

const Network& network_of_planes(LiveRun& run) {
  const Network& network = run.session().model().network;
  if (!network.has_planes())
    throw Error(fmt::format("\"{}\" has no planes", run.session().settings().arch),
                "take a convolution: limn train cnn");
  return network;
}

}  // namespace

Json planes_json(const Network& network) {
  Json planes = Json::array();
  for (std::size_t place = 0; place < network.layers().size(); ++place) {
    const LayerSpec& layer = network.layers()[place];
    const Shape& in = network.entering(place);
    if (in.rank() != 3 || layer.drops_out() || layer.kind == Kind::kDense) continue;
    planes.push_back({{"name", network.names()[place]},
                      {"text", to_text({layer})},
                      {"activation", layer.activation},
                      {"in", numbers(in)},
                      {"shape", numbers(network.shapes()[place])},
                      {"window", window_json(layer)}});
  }
  return planes;
}

void draw_maps(const Json& view, LiveRun& run, Frame& frame) {
  const Network& network = network_of_planes(run);
  const Dataset& data = *run.data();
  const std::int64_t most = option(view, "channels", 16, 1, kMostShown);
  std::map<std::string, std::vector<float>> layers;
  if (view.contains("x")) {  // a drawn one
    const GivenRows rows(data, encoded(data, view.at("x").get<std::vector<float>>()));
    layers = run.session().inspect(rows.data, rows.rows, true);
    frame.head["of"] = nullptr;
  } else {
    const std::string of = view.value("of", "train/0");
    const std::int32_t row[] = {run.session().sample_row(of)};
    layers = run.session().inspect(data, row, true);
    frame.head["of"] = of;
  }
  frame.head["scale"] = Json::object();
  for (std::size_t place = 0; place < network.layers().size(); ++place) {
    const auto found = layers.find(network.names()[place] + ".a");
    const Shape& shape = network.shapes()[place];
    if (found == layers.end() || shape.rank() != 3) continue;
    const std::int64_t shown = std::min(shape[2], most);
    const auto planes = by_channel(found->second, shape, shown);
    const float scale = largest(planes);
    frame.head["scale"][network.names()[place]] = scale;
    frame.add(network.names()[place], {shown, shape[0], shape[1]}, quantised(planes, scale));
  }
  frame.add("input", {static_cast<std::int64_t>(layers.at("input").size())}, layers.at("input"));
  frame.add("output", {static_cast<std::int64_t>(layers.at("output").size())}, layers.at("output"));
}

void draw_filters(const Json& view, LiveRun& run, Frame& frame) {
  network_of_planes(run);
  const std::int64_t most = option(view, "channels", 16, 1, kMostShown);
  frame.head["scale"] = Json::object();
  for (const TensorView& w : run.session().state()) {
    if (!w.name.starts_with("layer")) break;  // parameters come first
    if (w.shape.rank() != 4) continue;
    const std::int64_t places = w.shape[0] * w.shape[1], in = w.shape[2], out = w.shape[3];
    const std::int64_t from = std::min(in, most), to = std::min(out, most);
    std::vector<float> slices, norms(static_cast<std::size_t>(out));
    for (std::int64_t u = 0; u < to; ++u)
      for (std::int64_t c = 0; c < from; ++c)
        for (std::int64_t i = 0; i < places; ++i)
          slices.push_back(w.values[static_cast<std::size_t>((i * in + c) * out + u)]);
    for (std::size_t i = 0; i < w.values.size(); ++i)
      norms[i % static_cast<std::size_t>(out)] += w.values[i] * w.values[i];
    for (float& norm : norms) norm = std::sqrt(norm);
    const float scale = usual(slices);
    frame.head["scale"][w.name] = scale;
    frame.add(w.name, {to, from, w.shape[0], w.shape[1]}, quantised(slices, scale));
    frame.add(w.name + ".norm", {out}, norms);
  }
}

}  // namespace limn::lab
