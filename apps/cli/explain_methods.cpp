// The methods of `limn explain`: each asks the engine, and puts its answer in words, JSON and pictures.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "cli/explaining.hpp"
#include "cli/output.hpp"
#include "cli/painting.hpp"
#include "explain/count.hpp"
#include "interop/safetensors.hpp"

namespace limn::cli {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t kMostMoves = 721;

Json to_json(const Grid& grid) { return {{"height", grid.height}, {"width", grid.width}, {"values", grid.values}}; }

struct Extreme {
  float value;
  std::int64_t row, column;
};
Extreme largest(const Grid& grid) {
  const auto at = std::ranges::max_element(grid.values) - grid.values.begin();
  return {grid.values[static_cast<std::size_t>(at)], at / grid.width, at % grid.width};
}
Extreme least(const Grid& grid) {
  const auto at = std::ranges::min_element(grid.values) - grid.values.begin();
  return {grid.values[static_cast<std::size_t>(at)], at / grid.width, at % grid.width};
}

// What every explanation of one picture says first.
Explanation about(const Asked& asked, std::int64_t score, Json& json) {
  const Said said = say(*asked.net, asked.picture);
  const auto at = static_cast<std::size_t>(score);
  json.update({{"class", asked.name_of(score)}, {"score", said.score[at]}, {"p", said.p[at]}});
  Explanation answer;
  answer.text = fmt::format("{}: score {:.6g}, p {:.4f}\n", asked.name_of(score), said.score[at], said.p[at]);
  return answer;
}

Picture shown(const Asked& asked) {
  const auto [low, high] = std::ranges::minmax(asked.picture);
  return painted(asked.picture, asked.net->height(), asked.net->width(), std::min(low, 0.0f), std::max(high, 1.0f));
}

int layer_number(const std::string& text) {  // 0: none is named
  if (text.empty()) return 0;
  int layer = 0;
  const char* const begin = text.data() + (text.starts_with("layer") ? 5 : 0);
  const auto [end, error] = std::from_chars(begin, text.data() + text.size(), layer);
  if (error != std::errc() || end != text.data() + text.size() || layer < 1)
    throw Error(fmt::format("\"{}\" is no layer", text), "write layer2, or 2");
  return layer;
}

// "layer2.z[3]" or "layer2.z[4,5,3]": a channel's mean or one place of it.
AscentTarget parse_target(const std::string& text) {
  const std::size_t dot = text.find(".z[");
  std::vector<std::int64_t> numbers;
  if (dot != std::string::npos && text.ends_with(']')) {
    const char *at = text.data() + dot + 3, *const end = text.data() + text.size() - 1;
    for (bool more = true; more;) {
      const auto [next, error] = std::from_chars(at, end, numbers.emplace_back());
      more = error == std::errc() && next != end && *next == ',';
      if (error != std::errc() || (!more && next != end)) numbers.clear(), more = false;
      at = next + 1;
    }
  }
  if (numbers.size() != 1 && numbers.size() != 3)
    throw Error(fmt::format("\"{}\" is nothing that could be maximised", text),
                "write layer2.z[3] for a channel or a unit, layer2.z[4,5,3] for channel 3 at row 4, column 5");
  AscentTarget target{.layer = layer_number(text.substr(0, dot)), .channel = numbers.back(), .place = {}};
  if (numbers.size() == 3) target.place = {numbers[0], numbers[1]};
  return target;
}

Json confusion_json(const std::vector<std::int64_t>& counts, std::int64_t classes) {
  Json rows = Json::array();
  for (auto row = counts.begin(); row != counts.end(); row += classes)
    rows.push_back(Json(std::vector(row, row + classes)));
  return rows;
}

Count counted(const Asked& asked, const Motion& motion, std::vector<Channel> ablated = {}) {
  Count count(*asked.net, asked.rows, motion, std::move(ablated));
  while (count.go_on())
    if (interrupts() > 0) throw Error("interrupted", "ask again", Fault::kFailure);
  return count;
}

}  // namespace

Explanation explain_saliency(const Asked& asked, Json& json) {
  const std::int64_t score = asked.score();
  const Saliency found = saliency(*asked.net, asked.picture, score);
  Explanation answer = about(asked, score, json);
  json["gradient"] = found.gradient;
  json["magnitude"] = to_json(found.magnitude);
  const auto [value, row, column] = largest(found.magnitude);
  answer.text += fmt::format("largest |d score / d pixel| {:.6g} at row {}, column {}\n", value, row, column);
  answer.pictures = {{"saliency", grey(found.magnitude)},
                     {"gradient", signed_colours(found.gradient, asked.net->height(), asked.net->width())}};
  return answer;
}

Explanation explain_occlusion(const Asked& asked, Json& json) {
  const std::int64_t score = asked.score(), side = std::min(asked.net->height(), asked.net->width());
  const Patch patch{.size = asked.options.patch > 0 ? asked.options.patch : std::max<std::int64_t>(1, side / 4),
                    .stride = asked.options.stride,
                    .fill = static_cast<float>(asked.options.fill)};
  Occlusion occlusion(*asked.net, asked.picture, score, patch);
  while (occlusion.go_on())
    if (interrupts() > 0) throw Error("interrupted", "ask again", Fault::kFailure);
  Explanation answer = about(asked, score, json);
  json.update({{"patch", patch.size},
               {"stride", patch.stride},
               {"fill", patch.fill},
               {"scores", to_json(occlusion.score())},
               {"ps", to_json(occlusion.p())}});
  const auto [value, row, column] = least(occlusion.p());
  answer.text += fmt::format("lowest p {:.4f} behind a patch of {} at row {}, column {}\n", value, patch.size,
                             row * patch.stride, column * patch.stride);
  answer.pictures = {{"occlusion", grey(occlusion.p())}};
  return answer;
}

Explanation explain_grad_cam(const Asked& asked, Json& json) {
  const std::int64_t score = asked.score();
  const GradCam cam = grad_cam(*asked.net, asked.picture, score, layer_number(asked.options.layer));
  Explanation answer = about(asked, score, json);
  json.update({{"layer", fmt::format("layer{}", cam.layer)},
               {"weights", cam.weights},
               {"plane", to_json(cam.plane)},
               {"shown", to_json(cam.shown)}});
  const auto [value, row, column] = largest(cam.shown);
  answer.text += fmt::format("layer{}: largest {:.6g} at row {}, column {}\n", cam.layer, value, row, column);
  answer.pictures = {{"grad-cam", over(shown(asked), cam.shown)}, {"plane", grey(cam.plane)}};
  return answer;
}

Explanation explain_moves(const Asked& asked, Json& json) {
  const bool turns = asked.options.method == "rotate", falls = asked.options.along == "down";
  const auto all = motions(turns   ? Move::kTurn
                           : falls ? Move::kDown
                                   : Move::kRight,
                           asked.options.most.value_or(turns ? 45 : 4), asked.options.by.value_or(turns ? 15 : 1),
                           *asked.net, kMostMoves);
  Explanation answer;
  json.update({{"moves", Json::array()}, {"along", turns ? "degrees" : asked.options.along}});
  for (const Motion& motion : all) {
    const double by = turns ? motion.degrees : static_cast<double>(motion.right + motion.down);
    const double accuracy = counted(asked, motion).accuracy();
    json["moves"].push_back({{"by", by}, {"accuracy", accuracy}});
    answer.text += fmt::format("{:6g}  accuracy {:.4f}\n", by, accuracy);
    if (by == 0) answer.metrics[asked.options.split + ".accuracy"] = accuracy;
  }
  return answer;
}

Explanation explain_ablation(const Asked& asked, Json& json) {
  const auto ablated = parse_channels(asked.options.channels, *asked.net);
  if (ablated.empty()) throw Error("no channel is named", "ablate some: --channels \"layer1.unit[3] layer1.unit[5]\"");
  const Count before = counted(asked, {}), after = counted(asked, {}, ablated);
  Explanation answer;
  const std::int64_t classes = asked.net->model().classes;
  answer.metrics = {{asked.options.split + ".accuracy", after.accuracy()}};
  json.update({{"channels", asked.options.channels},
               {"accuracy", after.accuracy()},
               {"accuracy_before", before.accuracy()},
               {"confusion", confusion_json(after.confusion(), classes)},
               {"confusion_before", confusion_json(before.confusion(), classes)}});
  answer.text = fmt::format("accuracy {:.4f}, {:.4f} before\n", after.accuracy(), before.accuracy());
  if (asked.picture.empty()) return answer;
  const int layer = layer_number(asked.options.layer);
  const int of = layer > 0 ? layer : ablated.front().layer;
  json["layer"] = {{"name", fmt::format("layer{}", of)},
                   {"shape", std::vector(asked.net->shape_of(of).dims().begin(), asked.net->shape_of(of).dims().end())},
                   {"values", layer_of(*asked.net, asked.picture, of, ablated)}};
  return answer;
}

Explanation explain_maximum(const Asked& asked, Json& json) {
  const ExplainOptions& options = asked.options;
  const AscentSettings& c = options.ascent;
  AscentTarget target;
  if (options.target.empty())
    target.score = asked.score();
  else
    target = parse_target(options.target);
  const std::string what = options.target.empty() ? asked.name_of(target.score) : options.target;
  Maximiser maximiser(asked.net, target, c);
  // What a state belongs to: it goes on with nothing else.
  const Json of = {{"run", asked.run},
                   {"step", asked.step},
                   {"target", options.target.empty() ? Json(target.score) : Json(what)},
                   {"lr", c.lr},
                   {"l2", c.l2},
                   {"tv", c.tv},
                   {"blur", c.blur},
                   {"blur_every", c.blur_every},
                   {"jitter", c.jitter},
                   {"start", c.start},
                   {"noise", c.noise},
                   {"low", c.low},
                   {"high", c.high},
                   {"patience", c.patience},
                   {"seed", c.seed}};
  std::error_code ignored;
  if (!options.state.empty() && std::filesystem::exists(options.state, ignored)) {
    const auto [tensors, metadata] = read_safetensors(options.state, Wide::kKept);
    if (metadata != Metadata{{"limn.maximise", of.dump()}})
      throw Error(fmt::format("{} is of another network, step, target or setting", options.state),
                  "name a file that is not there yet, or ask for what it was begun with");
    maximiser.restore(tensors);
  }
  while (maximiser.step() < options.steps && maximiser.stop_reason().empty() && interrupts() == 0) {
    const std::int64_t step = maximiser.step();
    const float value = maximiser.advance();
    if (options.common.json)
      print_json({{"event", "step"}, {"step", step}, {"value", value}, {"activation", maximiser.activation()}});
  }
  if (!options.state.empty()) {
    auto state = maximiser.state();
    std::vector<TensorView> views;
    for (Tensor& t : state) views.push_back({t.name, t.shape, t.values, t.doubles});
    write_safetensors(options.state, views, {{"limn.maximise", of.dump()}});
  }
  Explanation answer;
  const std::string stopped = !maximiser.stop_reason().empty()    ? maximiser.stop_reason()
                              : maximiser.step() >= options.steps ? "steps"
                                                                  : "interrupted";
  json.update(of);
  json.update({{"target", what},
               {"steps", maximiser.step()},
               {"stopped", stopped},
               {"value", maximiser.value()},
               {"best", maximiser.best()},
               {"best_step", maximiser.best_step()},
               {"picture", maximiser.picture()},
               {"fingerprint", maximiser.fingerprint()}});
  answer.text = fmt::format("{}: value {:.6g} after {} steps, highest {:.6g} at step {}; stopped: {}\n", what,
                            maximiser.value(), maximiser.step(), maximiser.best(), maximiser.best_step(), stopped);
  answer.pictures = {{"maximum", painted(maximiser.picture(), asked.net->height(), asked.net->width(), c.low, c.high)}};
  answer.status = stopped == "interrupted" ? 130 : stopped == "not finite" ? 1 : 0;
  return answer;
}

}  // namespace limn::cli
