#include "lab/explain.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "experiment/recorder.hpp"
#include "explain/attribution.hpp"
#include "explain/count.hpp"
#include "lab/refused.hpp"
#include "lab/state.hpp"
#include "lab/wish.hpp"

namespace limn::lab {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t kMostParameters = 20'000'000;  // copied beside a training
constexpr std::int64_t kMostPlaces = 4096, kMostMoves = 65;
constexpr std::int64_t kMostSide = 1 << 14;
constexpr const char* kMethods[] = {"saliency", "occlusion", "grad-cam", "shift", "rotate", "ablate"};

double number(const Json& wish, const char* name, double initial) {
  const Json value = wish.value(name, Json(initial));
  if (!value.is_number()) throw Error(fmt::format("{} is {}", name, value.dump()), "write a number");
  return value.get<double>();
}

Json grid_json(const Grid& grid) { return {{"height", grid.height}, {"width", grid.width}, {"values", grid.values}}; }

Json confusion_json(const Count& count, std::int64_t classes) {
  Json rows = Json::array();
  const auto& counts = count.confusion();
  for (auto row = counts.begin(); row != counts.end(); row += classes) rows.push_back(std::vector(row, row + classes));
  return rows;
}

std::span<const std::int32_t> rows_of(const Json& wish, const Dataset& data) {
  const Split split = parse_split(wish.value("split", "test"));
  return split == Split::kTrain ? data.train : split == Split::kValid ? data.valid : data.test;
}

// "pixels" as they are given, or a "sample" of the session.
std::vector<float> picture_of(const Json& wish, const FrozenNetwork& net, Session& there) {
  if (!wish.contains("pixels")) return net.picture(there.sample_row(wish.value("sample", "test/0")));
  auto pixels = wish.at("pixels").get<std::vector<float>>();
  if (std::ssize(pixels) != net.network().inputs())
    throw Error(fmt::format("a picture of {} numbers", pixels.size()),
                fmt::format("one of {} has {}", net.data().name, net.network().inputs()));
  if (!std::ranges::all_of(pixels, [](float v) { return std::isfinite(v); }))
    throw Error("a picture has a number that is not finite", "write finite numbers");
  return pixels;
}

}  // namespace

std::shared_ptr<const FrozenNetwork> freeze(Session& there, const std::shared_ptr<const Dataset>& data,
                                            ThreadPool& pool) {
  if (there.parameters() > kMostParameters)
    throw Error(fmt::format("the network has {} parameters", there.parameters()),
                fmt::format("up to {} are explained here; `limn explain` has no bound", kMostParameters));
  return std::make_shared<const FrozenNetwork>(there, Weights::kLast, data, pool);
}

Explaining::Explaining(const Json& wish) : wish_(wish), method_(wish.at("method").get<std::string>()) {
  if (std::ranges::find(kMethods, method_) == std::end(kMethods))
    throw Error(fmt::format("there is no method '{}'", method_),
                "the methods are: saliency, occlusion, grad-cam, shift, rotate, ablate");
}

void Explaining::begin(Session& there, const std::shared_ptr<const Dataset>& data, ThreadPool& pool) {
  net_ = freeze(there, data, pool);
  if (method_ == "shift" || method_ == "rotate" || method_ == "ablate")
    begin_rows(there);
  else
    begin_picture(there);
}

void Explaining::begin_rows(Session& there) {
  const auto rows = rows_of(wish_, net_->data());
  const std::string split = wish_.value("split", "test");
  auto counts = std::make_shared<std::vector<Count>>();
  if (method_ == "ablate") {
    const auto ablated = parse_channels(wish_.at("channels").get<std::string>(), *net_);
    if (ablated.empty()) throw Error("no channel is named", R"(write "channels": "layer1.unit[3]")");
    counts->emplace_back(*net_, rows, Motion{}), counts->emplace_back(*net_, rows, Motion{}, ablated);
    Json layer;
    if (wish_.contains("sample") || wish_.contains("pixels")) {
      const int number = static_cast<int>(whole(wish_, "layer", ablated.front().layer, 1, kMostSide));
      layer = {{"name", fmt::format("layer{}", number)},
               {"shape", net_->shape_of(number).dims()},
               {"values", layer_of(*net_, picture_of(wish_, *net_, there), number, ablated)}};
    }
    answer_ = [this, counts, split, layer] {
      const Count &before = counts->front(), &after = counts->back();
      const std::int64_t classes = net_->model().classes;
      return Json{{"split", split},
                  {"channels", wish_.at("channels")},
                  {"accuracy", after.accuracy()},
                  {"accuracy_before", before.accuracy()},
                  {"confusion", confusion_json(after, classes)},
                  {"confusion_before", confusion_json(before, classes)},
                  {"layer", layer}};
    };
  } else {
    const bool turns = method_ == "rotate", falls = wish_.value("along", "right") == "down";
    const auto motions =
        limn::motions(turns   ? Move::kTurn
                      : falls ? Move::kDown
                              : Move::kRight,
                      number(wish_, "most", turns ? 45 : 4), number(wish_, "by", turns ? 15 : 1), *net_, kMostMoves);
    for (const Motion& motion : motions) counts->emplace_back(*net_, rows, motion);
    answer_ = [counts, motions, split] {
      Json moves = Json::array();
      for (std::size_t i = 0; i < motions.size(); ++i)
        moves.push_back({{"right", motions[i].right},
                         {"down", motions[i].down},
                         {"degrees", motions[i].degrees},
                         {"accuracy", (*counts)[i].accuracy()}});
      return Json{{"split", split}, {"moves", moves}};
    };
  }
  go_on_ = [counts, at = std::size_t{0}]() mutable {
    if (!(*counts)[at].go_on()) ++at;
    return at < counts->size();
  };
}

void Explaining::begin_picture(Session& there) {
  const auto picture = picture_of(wish_, *net_, there);
  net_->check_scores();
  const Said said = say(*net_, picture);
  const std::int64_t score = whole(wish_, "class", said.best, 0, net_->scores() - 1);
  const Json about = {{"class", score},
                      {"score", said.score[static_cast<std::size_t>(score)]},
                      {"hex", hex_float(said.score[static_cast<std::size_t>(score)])},
                      {"p", said.p[static_cast<std::size_t>(score)]},
                      {"answer", said.best}};
  const auto with = [about](Json more) {
    more.update(about);
    return more;
  };
  go_on_ = [] { return false; };
  if (method_ == "saliency") {
    const Saliency found = saliency(*net_, picture, score);
    answer_ = [with, found] { return with({{"gradient", found.gradient}, {"magnitude", grid_json(found.magnitude)}}); };
  } else if (method_ == "grad-cam") {
    const int layer = static_cast<int>(whole(wish_, "layer", 0, 0, kMostSide));
    const GradCam cam = grad_cam(*net_, picture, score, layer);
    answer_ = [with, cam] {
      return with({{"layer", fmt::format("layer{}", cam.layer)},
                   {"weights", cam.weights},
                   {"plane", grid_json(cam.plane)},
                   {"shown", grid_json(cam.shown)}});
    };
  } else {
    const std::int64_t side = std::min(net_->height(), net_->width());
    const Patch patch{.size = whole(wish_, "patch", std::max<std::int64_t>(1, side / 4), 1, side),
                      .stride = whole(wish_, "stride", 1, 1, kMostSide),
                      .fill = static_cast<float>(number(wish_, "fill", 0))};
    auto occlusion = std::make_shared<Occlusion>(*net_, picture, score, patch);
    if (const auto& grid = occlusion->p(); grid.height * grid.width > kMostPlaces)
      throw Error(fmt::format("the patch would lie at {} places", grid.height * grid.width),
                  fmt::format("take a larger stride: at most {}", kMostPlaces));
    go_on_ = [occlusion] { return occlusion->go_on(); };
    answer_ = [with, occlusion, patch] {
      return with({{"patch", patch.size},
                   {"stride", patch.stride},
                   {"fill", patch.fill},
                   {"scores", grid_json(occlusion->score())},
                   {"ps", grid_json(occlusion->p())}});
    };
  }
}

void Ascent::begin(Session& there, const std::shared_ptr<const Dataset>& data, ThreadPool& pool) {
  AscentTarget target;
  if (wish.contains("class")) {
    target.score = whole(wish, "class", 0, 0, kMostSide);
  } else {
    target.layer = static_cast<int>(whole(wish, "layer", 0, 1, kMostSide));
    target.channel = whole(wish, "channel", 0, 0, kMostParameters);
    if (wish.contains("place")) target.place = wish.at("place").get<std::array<std::int64_t, 2>>();
  }
  AscentSettings c;
  c.lr = number(wish, "lr", c.lr), c.l2 = number(wish, "l2", c.l2), c.tv = number(wish, "tv", c.tv);
  c.blur = number(wish, "blur", c.blur), c.blur_every = whole(wish, "blur_every", c.blur_every, 1, kMostParameters);
  c.jitter = whole(wish, "jitter", c.jitter, 0, kMostSide);
  c.start = number(wish, "start", c.start), c.noise = number(wish, "noise", c.noise);
  c.patience = whole(wish, "patience", c.patience, 0, kMostParameters);
  c.seed = static_cast<std::uint64_t>(whole(wish, "seed", 1, 0, std::numeric_limits<std::int64_t>::max()));
  maximiser = std::make_shared<Maximiser>(freeze(there, data, pool), target, c);
}

Json Ascent::json(const std::string& id, const std::vector<float>& values) const {
  const auto finite = [](float v) { return std::isfinite(v) ? Json(v) : Json(); };
  Json all = Json::array();
  for (const float v : values) all.push_back(finite(v));
  return {{"ascent", id},
          {"run", run},
          {"step", step},
          {"steps", maximiser->step()},
          {"value", finite(maximiser->value())},
          {"hex", hex_float(maximiser->value())},
          {"activation", finite(maximiser->activation())},
          {"best", finite(maximiser->best())},
          {"best_step", maximiser->best_step()},
          {"stopped", maximiser->stop_reason().empty() ? Json() : Json(maximiser->stop_reason())},
          {"fingerprint", maximiser->fingerprint()},
          {"shape", {maximiser->net().channels(), maximiser->net().height(), maximiser->net().width()}},
          {"picture", maximiser->picture()},
          {"values", all}};
}

}  // namespace limn::lab
