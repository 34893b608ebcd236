#include "lab/picture.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "lab/histograms.hpp"
#include "lab/mistakes.hpp"
#include "lab/planes.hpp"
#include "lab/quantised.hpp"
#include "train/model.hpp"

namespace limn::lab {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t kMostInputs = 64;  // of a layer whose weights are sent one by one
constexpr std::int64_t kMostGrid = 128;
constexpr std::int64_t kMostTiles = 256;

void want_table(const Dataset& data, std::int64_t feature) {
  if (data.preprocessing.kind != "table" || feature < 0 || feature >= data.sample.size())
    throw Error(fmt::format("{} has no numeric feature {} to lay a map over", data.name, feature),
                data.preprocessing.kind == "table" ? fmt::format("features are 0 to {}", data.sample.size() - 1)
                                                   : "take a table, such as penguins or spirals");
}

std::pair<float, float> range_of(const Dataset& data, std::int64_t feature) {
  float low = data.values[static_cast<std::size_t>(feature)], high = low;
  for (std::int64_t i = 0; i < data.size; ++i) {
    const float v = data.values[static_cast<std::size_t>(i * data.sample.size() + feature)];
    low = std::min(low, v), high = std::max(high, v);
  }
  const float margin = std::max(0.06f * (high - low), 1e-3f);
  return {low - margin, high + margin};
}

double raw(const Dataset& data, std::int64_t feature, double encoded) {
  return data.preprocessing.raw_value(feature, encoded);
}

struct Grid {
  std::int64_t x, y, size;
  std::pair<float, float> across, up;

  Grid(const Json& view, const Dataset& data, std::int64_t initial)
      : x(option(view, "x", 0, 0, 1'000'000)),
        y(option(view, "y", 1, 0, 1'000'000)),
        size(option(view, "size", initial, 2, kMostGrid)) {
    want_table(data, x), want_table(data, y);
    across = range_of(data, x), up = range_of(data, y);
  }
  std::vector<float> rows(std::int64_t width) const {  // row 0 is the highest y
    std::vector<float> values(static_cast<std::size_t>(size * size * width), 0.0f);
    const auto n = static_cast<float>(size - 1);
    for (std::int64_t i = 0; i < size; ++i)
      for (std::int64_t j = 0; j < size; ++j) {
        const std::int64_t row = (i * size + j) * width;
        values[static_cast<std::size_t>(row + x)] =
            across.first + (across.second - across.first) * static_cast<float>(j) / n;
        values[static_cast<std::size_t>(row + y)] = up.second - (up.second - up.first) * static_cast<float>(i) / n;
      }
    return values;
  }
  void corners(const Dataset& data, Json& head) const {
    head["low"] = {raw(data, x, across.first), raw(data, y, up.first)};
    head["high"] = {raw(data, x, across.second), raw(data, y, up.second)};
  }
};

void draw_map(const Json& view, LiveRun& run, Frame& frame) {
  const Dataset& data = *run.data();
  const Grid grid(view, data, 64);
  const GivenRows rows(data, grid.rows(data.sample.size()));
  const std::vector<float> out = run.session().predict(rows.data, rows.rows);
  grid.corners(data, frame.head);
  const std::vector<std::int64_t> shape = {grid.size, grid.size};
  if (data.task == Task::kRegress) return frame.add("value", shape, out);
  const std::size_t classes = out.size() / rows.rows.size();
  std::vector<std::uint8_t> winner, confidence;
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    const auto* p = out.data() + i * classes;
    const auto best = std::max_element(p, p + classes);
    winner.push_back(static_cast<std::uint8_t>(best - p));
    confidence.push_back(static_cast<std::uint8_t>(std::lround(std::clamp(*best, 0.0f, 1.0f) * 255)));
  }
  frame.add("class", shape, winner);
  frame.add("confidence", shape, confidence);
}

void draw_units(const Json& view, LiveRun& run, Frame& frame) {
  const Dataset& data = *run.data();
  const Grid grid(view, data, 24);
  const std::int64_t most = option(view, "units", 12, 1, 64);
  const GivenRows rows(data, grid.rows(data.sample.size()));
  const auto count = static_cast<std::int64_t>(rows.rows.size());
  grid.corners(data, frame.head);
  frame.head["scale"] = Json::object();
  for (const auto& [name, values] : run.session().inspect(rows.data, rows.rows, false)) {
    if (!name.ends_with(".a")) continue;
    const std::string layer = name.substr(0, name.size() - 2);
    const std::int64_t units = static_cast<std::int64_t>(values.size()) / count, shown = std::min(units, most);
    std::vector<float> by_unit;
    for (std::int64_t u = 0; u < shown; ++u)
      for (std::int64_t i = 0; i < count; ++i) by_unit.push_back(values[static_cast<std::size_t>(i * units + u)]);
    const float scale = largest(by_unit);
    frame.head["scale"][layer] = scale;
    frame.add(layer, {shown, grid.size, grid.size}, quantised(by_unit, scale));
  }
}

void draw_weights(const Json& view, LiveRun& run, Frame& frame) {
  const std::int64_t most = option(view, "units", 12, 1, 64);
  for (const TensorView& tensor : run.session().state()) {
    if (!tensor.name.starts_with("layer")) break;  // parameters come first
    if (tensor.shape.rank() > 2) continue;         // the view `filters` shows these
    if (tensor.shape.rank() == 1) {
      const std::int64_t shown = std::min(tensor.shape[0], most);
      frame.add(tensor.name, {shown}, std::span<const float>(tensor.values).first(static_cast<std::size_t>(shown)));
      continue;
    }
    const std::int64_t inputs = tensor.shape[0], units = tensor.shape[1], shown = std::min(units, most);
    const bool is_first = tensor.name == "layer1.w";
    if (is_first && inputs > kMostInputs) continue;  // the view `tiles` shows these
    const std::int64_t from = is_first ? inputs : std::min(inputs, most);
    std::vector<float> part;
    for (std::int64_t i = 0; i < from; ++i)
      for (std::int64_t j = 0; j < shown; ++j) part.push_back(tensor.values[static_cast<std::size_t>(i * units + j)]);
    const float scale = usual(part);
    frame.add(tensor.name, {from, shown}, part);
    frame.add(tensor.name.substr(0, tensor.name.size() - 1) + "q", {1}, std::span<const float>(&scale, 1));
  }
}

void draw_confusion(const Json& view, LiveRun& run, Frame& frame) {
  const Dataset& data = *run.data();
  if (data.task != Task::kClassify)
    throw Error(fmt::format("{} has no classes to confuse", data.name), "it predicts numbers");
  const std::string name = view.value("split", "valid");
  const Split split = parse_split(name);
  const auto& rows = split == Split::kTrain ? data.train : split == Split::kValid ? data.valid : data.test;
  const std::vector<float> out = run.session().predict(data, rows);
  const std::size_t classes = data.classes.size();
  std::vector<std::int32_t> count(classes * classes, 0);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto* p = out.data() + i * classes;
    const auto best = static_cast<std::size_t>(std::max_element(p, p + classes) - p);
    count[static_cast<std::size_t>(data.labels[static_cast<std::size_t>(rows[i])]) * classes + best] += 1;
  }
  const auto side = static_cast<std::int64_t>(classes);
  frame.head["split"] = name;
  frame.add("count", {side, side}, count);
}

void draw_tiles(const Json& view, LiveRun& run, Frame& frame) {
  const Dataset& data = *run.data();
  if (data.preprocessing.kind != "images") throw Error(fmt::format("{} has no images", data.name), "take mnist");
  const auto state = run.session().state();
  const TensorView& w = state.front();  // layer1.w
  const bool is_of_pixels = w.shape.rank() == 4 || (w.shape.rank() == 2 && w.shape[0] == data.sample.size());
  if (!is_of_pixels)
    throw Error(fmt::format("{} does not weigh the pixels of an image", w.name),
                "begin with a dense layer or a convolution");
  const Shape& of = w.shape.rank() == 4 ? w.shape : data.sample;  // [height, width, channels, units] of windows
  const int rank = w.shape.rank() == 4 ? 2 : data.sample.rank();
  const std::int64_t height = of[rank - 2], width = of[rank - 1], units = w.shape[-1];
  const std::int64_t every = w.shape.rank() == 4 ? w.shape[2] : 1;  // of colour images the first channel
  const std::int64_t shown = std::min(units, option(view, "units", 64, 1, kMostTiles));
  std::vector<float> tiles;
  for (std::int64_t u = 0; u < shown; ++u)
    for (std::int64_t i = 0; i < height * width; ++i)
      tiles.push_back(w.values[static_cast<std::size_t>(i * every * units + u)]);
  const float scale = usual(tiles);
  frame.head["scale"] = scale;
  frame.add("tiles", {shown, height, width}, quantised(tiles, scale));
}

// One sample on its way through the network and back: the numbers behind @train/17, for the eyes.
void draw_sample(const Json& view, LiveRun& run, Frame& frame) {
  const Dataset& data = *run.data();
  const std::string of = view.value("of", "train/0");
  const auto most = static_cast<std::size_t>(option(view, "units", 12, 1, 1024));
  const std::int32_t row[] = {run.session().sample_row(of)};
  const auto at = static_cast<std::size_t>(row[0]);
  const auto layers = run.session().inspect(data, row, true);
  frame.head["of"] = of;
  frame.head["row"] = row[0];
  if (data.task == Task::kClassify)
    frame.head["label"] = data.labels[at];
  else
    frame.head["label"] = data.preprocessing.raw_target(data.targets[at]);
  if (data.task == Task::kRegress) frame.add("prediction", {1}, run.session().judge(data, row).said);
  for (const auto& [name, values] : layers) {
    const bool is_said = name == "input" || name == "output" || name.ends_with(".z") || name.ends_with(".delta") ||
                         (name.starts_with("layer") && name.ends_with(".a"));
    if (!is_said || run.session().model().row_shape(name, values.size()).rank() == 3) continue;  // planes: `maps`
    const std::size_t shown = name.starts_with("layer") ? std::min(values.size(), most) : values.size();
    frame.add(name, {static_cast<std::int64_t>(shown)}, std::span(values).first(shown));
  }
}

}  // namespace

std::int64_t option(const Json& view, const char* name, std::int64_t initial, std::int64_t low, std::int64_t high) {
  if (!view.contains(name)) return initial;
  const Json& value = view.at(name);
  if (!value.is_number_integer() || value.get<std::int64_t>() < low || value.get<std::int64_t>() > high)
    throw Error(fmt::format("the option {} of a view is {}", name, value.dump()),
                fmt::format("write a whole number from {} to {}", low, high));
  return value.get<std::int64_t>();
}

void draw(const Json& view, LiveRun& run, Frame& frame) {
  const std::string name = view.value("view", "");
  if (name == "weights") return draw_weights(view, run, frame);
  if (name == "map") return draw_map(view, run, frame);
  if (name == "units") return draw_units(view, run, frame);
  if (name == "confusion") return draw_confusion(view, run, frame);
  if (name == "tiles") return draw_tiles(view, run, frame);
  if (name == "sample") return draw_sample(view, run, frame);
  if (name == "histograms") return draw_histograms(run, frame);
  if (name == "mistakes") return draw_mistakes(view, run, frame);
  if (name == "maps") return draw_maps(view, run, frame);
  if (name == "filters") return draw_filters(view, run, frame);
  throw Error(fmt::format("there is no view '{}'", name),
              "the views are: weights, map, units, confusion, tiles, sample, histograms, mistakes, maps, filters");
}

Json points(const LiveRun& run, std::int64_t x, std::int64_t y) {
  const Dataset& data = *run.data();
  want_table(data, x), want_table(data, y);
  Json out = {{"x", Json::array()},
              {"y", Json::array()},
              {"label", Json::array()},
              {"target", Json::array()},
              {"split", Json::array()}};
  const auto take = [&](const std::vector<std::int32_t>& rows, const char* split, std::size_t most) {
    for (const std::int32_t row : std::span(rows).first(std::min(rows.size(), most))) {
      const float* sample = data.values.data() + row * data.sample.size();
      out["x"].push_back(raw(data, x, sample[x]));
      out["y"].push_back(raw(data, y, sample[y]));
      out["label"].push_back(data.task == Task::kClassify ? Json(data.labels[static_cast<std::size_t>(row)])
                                                          : Json(nullptr));
      out["target"].push_back(data.task == Task::kClassify
                                  ? Json(nullptr)
                                  : Json(data.preprocessing.raw_target(data.targets[static_cast<std::size_t>(row)])));
      out["split"].push_back(split);
    }
  };
  take(data.train, "train", 1400), take(data.valid, "valid", 300), take(data.test, "test", 300);
  return out;
}

Json predict_one(LiveRun& run, std::vector<float> raw_sample) {
  const Dataset& data = *run.data();
  const GivenRows rows(data, encoded(data, std::move(raw_sample)));
  Json layers = Json::array();
  for (const auto& [name, values] : run.session().inspect(rows.data, rows.rows, false))
    if (name.ends_with(".a")) layers.push_back({{"name", name.substr(0, name.size() - 2)}, {"a", values}});
  return {{"run", run.run().info.id},
          {"step", run.step()},
          {"output", run.session().predict(rows.data, rows.rows)},
          {"layers", layers}};
}

}  // namespace limn::lab
