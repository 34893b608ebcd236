#include "lab/mistakes.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.hpp"
#include "lab/picture.hpp"
#include "train/evaluate.hpp"

namespace limn::lab {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t kMostSamples = 256;
constexpr std::size_t kMostDots = 1000;  // of a target against what is said of it

struct Mistake {
  std::int32_t index = 0;  // in the split
  std::int32_t row = 0;    // of the data
  std::int32_t label = 0, answer = 0;
  float p_answer = 0, p_label = 0;              // of classes
  float target = 0, prediction = 0, error = 0;  // of numbers
  float loss = 0;
};
struct Gallery {
  std::string split;
  std::size_t rows = 0;                  // of the split
  std::size_t wrong = 0;                 // of them
  std::int64_t truth = -1, answer = -1;  // classes that were chosen; -1: any
  std::size_t of = 0;                    // rows of these
  std::vector<Mistake> worst;
  std::vector<float> targets, predictions;  // of the split's first rows, of numbers
};

Gallery gallery_of(const Json& wish, Session& session, const Dataset& data) {
  Gallery gallery;
  gallery.split = wish.value("split", "valid");
  const Split split = parse_split(gallery.split);
  const auto count = static_cast<std::size_t>(option(wish, "count", 24, 1, kMostSamples));
  const auto classes = static_cast<std::int64_t>(data.classes.size());
  if (classes == 0 && (wish.contains("truth") || wish.contains("answer")))
    throw Error(fmt::format("{} has no classes to choose by", data.name), "leave out truth and answer");
  gallery.truth = option(wish, "truth", -1, 0, classes - 1),
  gallery.answer = option(wish, "answer", -1, 0, classes - 1);

  const std::vector<std::int32_t>& rows = split == Split::kTrain   ? data.train
                                          : split == Split::kValid ? data.valid
                                                                   : data.test;
  const Verdicts verdicts = session.judge(data, rows);
  const std::size_t width = rows.empty() ? 1 : verdicts.said.size() / rows.size();
  gallery.rows = rows.size();
  std::vector<Mistake> all;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto row = static_cast<std::size_t>(rows[i]);
    const auto said = std::span(verdicts.said).subspan(i * width, width);
    Mistake one{.index = static_cast<std::int32_t>(i), .row = rows[i], .loss = verdicts.loss[i]};
    if (data.task == Task::kClassify) {
      one.label = data.labels[row], one.answer = static_cast<std::int32_t>(class_of(said));
      one.p_answer = said[static_cast<std::size_t>(one.answer)];
      if (one.label >= 0) one.p_label = said[static_cast<std::size_t>(one.label)];
      gallery.wrong += one.label != one.answer;
      if (gallery.truth >= 0 && one.label != gallery.truth) continue;
      if (gallery.answer >= 0 && one.answer != gallery.answer) continue;
    } else {
      const double target = data.preprocessing.raw_target(data.targets[row]);
      one.target = static_cast<float>(target), one.prediction = said[0];
      one.error = static_cast<float>(said[0] - target);
      if (i < kMostDots) gallery.targets.push_back(one.target), gallery.predictions.push_back(one.prediction);
    }
    all.push_back(one);
  }
  gallery.of = all.size();
  const auto size = [](const Mistake& m) {
    return std::isnan(m.loss) ? std::numeric_limits<float>::infinity() : m.loss;
  };
  const auto end = all.begin() + static_cast<std::ptrdiff_t>(std::min(count, all.size()));
  std::ranges::partial_sort(all, end, [&](const Mistake& a, const Mistake& b) {
    return size(a) != size(b) ? size(a) > size(b) : a.index < b.index;
  });
  gallery.worst.assign(all.begin(), end);
  return gallery;
}

Json head_of(const Gallery& gallery, const Dataset& data) {
  return {{"split", gallery.split},
          {"rows", gallery.rows},
          {"of", gallery.of},
          {"truth", gallery.truth < 0 ? Json() : Json(gallery.truth)},
          {"answer", gallery.answer < 0 ? Json() : Json(gallery.answer)},
          {"wrong", data.task == Task::kClassify ? Json(gallery.wrong) : Json()}};
}

// A table's row in the columns' own units.
std::vector<float> raw_row(const Dataset& data, std::int32_t row) {
  std::vector<float> raw;
  const std::int64_t width = data.sample.size();
  for (std::int64_t i = 0; i < width; ++i)
    raw.push_back(
        static_cast<float>(data.preprocessing.raw_value(i, data.values[static_cast<std::size_t>(row * width + i)])));
  return raw;
}

void append_tile(const Dataset& data, std::int32_t row, std::vector<std::uint8_t>& to) {
  const auto size = static_cast<std::size_t>(data.sample.size()), from = static_cast<std::size_t>(row) * size;
  if (!data.bytes.empty()) {
    const auto tile = data.bytes.subspan(from, size);
    to.insert(to.end(), tile.begin(), tile.end());
  } else {
    for (const float v : data.values.subspan(from, size))
      to.push_back(static_cast<std::uint8_t>(std::lround(std::clamp(v, 0.0f, 1.0f) * 255)));
  }
}

}  // namespace

Json mistakes(const Json& wish, Session& session, const Dataset& data) {
  const Gallery gallery = gallery_of(wish, session, data);
  Json samples = Json::array();
  for (const Mistake& m : gallery.worst) {
    Json sample = {{"index", m.index}, {"loss", m.loss}};
    if (data.task == Task::kClassify)
      sample.update({{"label", m.label}, {"answer", m.answer}, {"p_answer", m.p_answer}, {"p_label", m.p_label}});
    else
      sample.update({{"target", m.target}, {"prediction", m.prediction}, {"error", m.error}});
    samples.push_back(std::move(sample));
  }
  Json answer = head_of(gallery, data);
  answer["samples"] = std::move(samples);
  return answer;
}

void draw_mistakes(const Json& view, LiveRun& run, Frame& frame) {
  const Dataset& data = *run.data();
  const Gallery gallery = gallery_of(view, run.session(), data);
  frame.head.update(head_of(gallery, data));
  const auto n = static_cast<std::int64_t>(gallery.worst.size());
  const auto add = [&]<class Number>(const char* name, Number Mistake::* member) {
    std::vector<Number> values;
    for (const Mistake& m : gallery.worst) values.push_back(m.*member);
    frame.add(name, {n}, std::span<const Number>(values));
  };
  add("index", &Mistake::index), add("loss", &Mistake::loss);
  if (data.task == Task::kClassify) {
    add("label", &Mistake::label), add("answer", &Mistake::answer);
    add("p_answer", &Mistake::p_answer), add("p_label", &Mistake::p_label);
  } else {
    add("target", &Mistake::target), add("prediction", &Mistake::prediction), add("error", &Mistake::error);
    const auto dots = static_cast<std::int64_t>(gallery.targets.size());
    frame.add("targets", {dots}, gallery.targets), frame.add("predictions", {dots}, gallery.predictions);
  }
  if (data.preprocessing.kind == "images") {
    std::vector<std::uint8_t> tiles;
    for (const Mistake& m : gallery.worst) append_tile(data, m.row, tiles);
    std::vector<std::int64_t> shape{n};
    for (int i = 0; i < data.sample.rank(); ++i) shape.push_back(data.sample[i]);
    frame.add("tiles", shape, tiles);
  } else {
    std::vector<float> raw;
    for (const Mistake& m : gallery.worst) std::ranges::copy(raw_row(data, m.row), std::back_inserter(raw));
    frame.add("x", {n, data.sample.size()}, raw);
  }
}

}  // namespace limn::lab
