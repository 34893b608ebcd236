#include "explain/maximise.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "autodiff/autodiff.hpp"
#include "base/hash.hpp"
#include "base/random.hpp"

namespace limn {
namespace {

constexpr float kNone = std::numeric_limits<float>::quiet_NaN();

void check(const AscentSettings& c, const Shape& image) {
  const auto refuse = [](const std::string& what, const char* hint) { throw Error(what, hint); };
  for (const double v : {c.lr, c.l2, c.tv, c.blur, c.noise})
    if (!std::isfinite(v) || v < 0) refuse(fmt::format("{} is no setting of a settings", v), "take a number from 0 on");
  if (!std::isfinite(c.start) || !std::isfinite(c.low) || !std::isfinite(c.high) || c.low >= c.high)
    refuse(fmt::format("pixels from {} to {} that start at {}", c.low, c.high, c.start),
           "take finite bounds, low < high");
  if (const auto side = std::min(image[1], image[2]); c.jitter < 0 || c.jitter >= side || c.blur > 8)
    refuse(fmt::format("a jitter of {} and a blur of {} pixels", c.jitter, c.blur),
           "the jitter stays below the picture's side, the blur at most 8");
  if (c.blur_every < 1 || c.patience < 0)
    refuse(fmt::format("a blur every {} steps, a patience of {}", c.blur_every, c.patience),
           "blur every 1 or more steps; a patience of 0 never stops");
}

void check(const AscentTarget& target, const FrozenNetwork& net) {
  if (target.layer == 0) {
    net.check_scores();
    if (target.score < 0 || target.score >= net.scores())
      throw Error(fmt::format("there is no class {}", target.score),
                  fmt::format("classes are 0 to {}", net.scores() - 1));
    return;
  }
  const Shape& shape = net.shape_of(target.layer);
  if (target.channel < 0 || target.channel >= shape[-1])
    throw Error(fmt::format("layer {} has {} channels, none is {}", target.layer, shape[-1], target.channel),
                fmt::format("they are numbered 0 to {}", shape[-1] - 1));
  if (!target.place) return;
  const auto [row, column] = *target.place;
  if (shape.rank() != 3 || row < 0 || row >= shape[0] || column < 0 || column >= shape[1])
    throw Error(fmt::format("layer {} has no place {},{}", target.layer, row, column),
                shape.rank() == 3 ? fmt::format("it has {} rows of {}", shape[0], shape[1])
                                  : "its units have no places: leave it out");
}

Value value_of(const AscentTarget& target, const Look& look) {
  if (target.layer == 0) return look.score_of(target.score);
  Value z = look.layers.z[static_cast<std::size_t>(target.layer - 1)];
  const int last = z.shape().rank() - 1;
  z = slice(z, last, target.channel, target.channel + 1);
  if (target.place)
    for (int axis = 0; axis < 2; ++axis) {
      const std::int64_t at = (*target.place)[static_cast<std::size_t>(axis)];
      z = slice(z, axis + 1, at, at + 1);
    }
  return mean(z);
}

// to[c, y, x] = from[c, y - down, x - right], round the borders.
void roll(std::span<const float> from, const Shape& image, std::int64_t down, std::int64_t right, std::span<float> to) {
  const std::int64_t height = image[1], width = image[2];
  std::size_t i = 0;
  for (std::int64_t c = 0; c < image[0]; ++c)
    for (std::int64_t y = 0; y < height; ++y)
      for (std::int64_t x = 0; x < width; ++x)
        to[i++] = from[static_cast<std::size_t>((c * height + (y - down + height) % height) * width +
                                                (x - right + width) % width)];
}

// Along one axis; beyond the border its last pixel.
void blur_axis(std::span<float> x, const Shape& image, int axis, std::span<const double> kernel) {
  const std::vector<float> from(x.begin(), x.end());
  const std::int64_t n = image[axis], apart = axis == 1 ? image[2] : 1;
  const auto radius = static_cast<std::int64_t>(kernel.size() / 2);
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(x.size()); ++i) {
    const std::int64_t at = i / apart % n;
    double sum = 0;
    for (std::int64_t k = -radius; k <= radius; ++k)
      sum += kernel[static_cast<std::size_t>(k + radius)] *
             from[static_cast<std::size_t>(i + (std::clamp<std::int64_t>(at + k, 0, n - 1) - at) * apart)];
    x[static_cast<std::size_t>(i)] = static_cast<float>(sum);
  }
}

}  // namespace

Maximiser::Maximiser(std::shared_ptr<const FrozenNetwork> net, const AscentTarget& target,
                     const AscentSettings& settings)
    : net_(std::move(net)),
      settings_(settings),
      image_{net_->channels(), net_->height(), net_->width()},
      value_(kNone),
      activation_(kNone),
      best_(-std::numeric_limits<float>::infinity()) {
  check(settings, image_);
  check(target, *net_);
  Random random(settings.seed, "maximise");
  for (std::int64_t i = 0; i < image_.size(); ++i) {
    const double drawn = settings.start + settings.noise * (2 * random.uniform() - 1);
    x_.push_back(static_cast<float>(std::clamp(drawn, settings.low, settings.high)));
  }
  question_ = std::make_unique<Question>(*net_, trace([&](Fn& fn) {
    const Look look(fn, *net_, 1);
    const Value value = value_of(target, look);
    fn.output("value", value);
    fn.output("gradient", grad(value, look.x));
  }));
}

// - l2 |x|^2 - tv V(x), and its gradient.
void Maximiser::add_penalties(std::span<float> gradient, double& value) const {
  const std::int64_t height = image_[1], width = image_[2];
  for (std::size_t i = 0; i < x_.size(); ++i) {
    const double x = x_[i];
    value -= settings_.l2 * x * x;
    double slope = gradient[i] - 2 * settings_.l2 * x;
    const auto at = static_cast<std::int64_t>(i), column = at % width, row = at / width % height;
    const auto beside = [&](bool there, std::int64_t offset, bool counts) {
      if (!there) return;
      const double difference = x - x_[static_cast<std::size_t>(at + offset)];
      slope -= 2 * settings_.tv * difference;
      if (counts) value -= settings_.tv * difference * difference;
    };
    beside(column > 0, -1, true), beside(row > 0, -width, true);
    beside(column + 1 < width, 1, false), beside(row + 1 < height, width, false);
    gradient[i] = static_cast<float>(slope);
  }
}

void Maximiser::blur() {
  std::vector<double> kernel;
  const auto radius = static_cast<std::int64_t>(std::ceil(3 * settings_.blur));
  double sum = 0;
  for (std::int64_t k = -radius; k <= radius; ++k) {
    const double z = static_cast<double>(k) / settings_.blur;
    kernel.push_back(std::exp(-z * z / 2)), sum += kernel.back();
  }
  for (double& k : kernel) k /= sum;
  for (const int axis : {1, 2}) blur_axis(x_, image_, axis, kernel);
}

float Maximiser::advance() {
  LIMN_CHECK(stopped_.empty(), "it stands: {}", stopped_);
  Random random(settings_.seed, "jitter", static_cast<std::uint64_t>(step_) + 1);
  const auto drawn = [&] {
    return static_cast<std::int64_t>(random.below(static_cast<std::uint32_t>(2 * settings_.jitter + 1))) -
           settings_.jitter;
  };
  const std::int64_t down = drawn(), right = drawn();
  roll(x_, image_, down, right, question_->x());
  question_->ask();
  std::vector<float> gradient(x_.size());
  roll(question_->answer(1), image_, -down, -right, gradient);
  activation_ = question_->answer(0)[0];
  double value = activation_, squares = 0;
  add_penalties(gradient, value);
  value_ = static_cast<float>(value);
  for (const float g : gradient) squares += double{g} * g;
  if (!std::isfinite(value_) || !std::isfinite(squares)) return stopped_ = "not finite", value_;
  if (value_ > best_) best_ = value_, best_step_ = step_;
  if (squares == 0) return stopped_ = "flat", value_;
  const double by = settings_.lr / std::sqrt(squares / static_cast<double>(x_.size()));
  for (std::size_t i = 0; i < x_.size(); ++i)
    x_[i] = static_cast<float>(std::clamp(x_[i] + by * gradient[i], settings_.low, settings_.high));
  ++step_;
  if (settings_.blur > 0 && step_ % settings_.blur_every == 0) blur();
  watch();
  return value_;
}

void Maximiser::watch() {
  stopped_ = settings_.patience > 0 && step_ - 1 - best_step_ >= settings_.patience ? "not rising" : "";
}

std::string Maximiser::fingerprint() const {
  Fingerprint print;
  print.add(std::span<const float>(x_));
  return print.add(std::span<const std::int64_t>(&step_, 1)).hex();
}

std::vector<Tensor> Maximiser::state() const {
  return {{"picture", image_, x_},
          {"value", {3}, {value_, activation_, best_}},
          {"step", {2}, {}, {static_cast<double>(step_), static_cast<double>(best_step_)}}};
}

void Maximiser::restore(const std::vector<Tensor>& state) {
  const bool fits = state.size() == 3 && state[0].name == "picture" && state[0].shape == image_ &&
                    state[0].values.size() == x_.size() && state[1].values.size() == 3 && state[2].doubles.size() == 2;
  const auto is_finite = [](auto v) { return std::isfinite(v); };
  if (!fits || !std::ranges::all_of(state[0].values, is_finite) || !std::ranges::all_of(state[2].doubles, is_finite))
    throw Error("the picture is not one of this settings",
                "take what was saved of the same network, target and settings");
  x_ = state[0].values;
  value_ = state[1].values[0], activation_ = state[1].values[1], best_ = state[1].values[2];
  step_ = static_cast<std::int64_t>(state[2].doubles[0]), best_step_ = static_cast<std::int64_t>(state[2].doubles[1]);
  watch();
}

}  // namespace limn
