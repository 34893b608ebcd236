#include "explain/attribution.hpp"

#include <algorithm>
#include <cmath>

#include "autodiff/autodiff.hpp"

namespace limn {
namespace {

constexpr std::int64_t kPlaces = 64;  // of a batch

Question asked(const FrozenNetwork& net, const Fn& fn, std::span<const float> picture) {
  LIMN_CHECK(static_cast<std::int64_t>(picture.size()) == net.network().inputs());
  Question question(net, fn);
  std::ranges::copy(picture, question.x().begin());
  question.ask();
  return question;
}

void check_score(const FrozenNetwork& net, std::int64_t score) {
  net.check_scores();
  if (score < 0 || score >= net.scores())
    throw Error(fmt::format("there is no class {}", score), fmt::format("classes are 0 to {}", net.scores() - 1));
}

int last_of_planes(const FrozenNetwork& net) {
  for (int layer = net.network().numbered(); layer > 0; --layer)
    if (net.shape_of(layer).rank() == 3) return layer;
  throw Error("the network has no layer of planes, so there is nothing that Grad-CAM could weigh",
              "take a convolutional network: limn train cnn; saliency and occlusion explain any");
}

}  // namespace

Saliency saliency(const FrozenNetwork& net, std::span<const float> picture, std::int64_t score) {
  check_score(net, score);
  const Question question = asked(net, trace([&](Fn& fn) {
                                    const Look look(fn, net, 1);
                                    fn.output("gradient", grad(look.score_of(score), look.x));
                                  }),
                                  picture);
  const auto gradient = question.answer(0);
  const auto area = static_cast<std::size_t>(net.height() * net.width());
  Saliency result{{gradient.begin(), gradient.end()}, {net.height(), net.width(), std::vector<float>(area)}};
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    float& pixel = result.magnitude.values[i % area];
    pixel = std::max(pixel, std::abs(gradient[i]));
  }
  return result;
}

Occlusion::Occlusion(const FrozenNetwork& net, std::span<const float> picture, std::int64_t score, const Patch& patch)
    : picture_(picture.begin(), picture.end()),
      image_{net.channels(), net.height(), net.width()},
      patch_(patch),
      number_(score),
      scores_(net.scores()) {
  check_score(net, score);
  const std::int64_t least = std::min(image_[1], image_[2]);
  if (patch.size < 1 || patch.size > least || patch.stride < 1)
    throw Error(fmt::format("a patch of {} pixels at every {} over a picture of {}x{}", patch.size, patch.stride,
                            image_[1], image_[2]),
                fmt::format("take a patch of 1 to {} pixels, and a stride of at least 1", least));
  if (!std::isfinite(patch.fill)) throw Error("the patch has no finite value", "take one like 0 or 0.5");
  score_.height = (image_[1] - patch.size) / patch.stride + 1;
  score_.width = (image_[2] - patch.size) / patch.stride + 1;
  const std::int64_t places = score_.height * score_.width;
  if (places > kMostPlaces)
    throw Error(fmt::format("the patch would lie at {} places", places), "take a larger stride");
  p_ = score_;
  batch_ = std::min(kPlaces, places);
  question_ = std::make_unique<Question>(net, trace([&](Fn& fn) {
                                           const Look look(fn, net, batch_);
                                           fn.output("score", look.score);
                                           fn.output("p", look.p);
                                         }));
}

void Occlusion::hide(std::int64_t place, std::span<float> picture) const {
  std::ranges::copy(picture_, picture.begin());
  const std::int64_t top = place / score_.width * patch_.stride, left = place % score_.width * patch_.stride;
  for (std::int64_t c = 0; c < image_[0]; ++c)
    for (std::int64_t y = top; y < top + patch_.size; ++y)
      std::fill_n(picture.begin() + (c * image_[1] + y) * image_[2] + left, patch_.size, patch_.fill);
}

bool Occlusion::go_on() {
  const std::int64_t places = score_.height * score_.width, count = std::min(batch_, places - done_);
  if (count == 0) return false;
  const auto n = picture_.size();
  for (std::int64_t i = 0; i < count; ++i) hide(done_ + i, question_->x().subspan(static_cast<std::size_t>(i) * n, n));
  question_->ask();
  for (std::int64_t i = 0; i < count; ++i) {
    const auto at = static_cast<std::size_t>(i * scores_ + number_);
    score_.values.push_back(question_->answer(0)[at]);
    p_.values.push_back(question_->answer(1)[at]);
  }
  done_ += count;
  return done_ < places;
}

GradCam grad_cam(const FrozenNetwork& net, std::span<const float> picture, std::int64_t score, int layer) {
  check_score(net, score);
  GradCam cam{.layer = layer == 0 ? last_of_planes(net) : layer, .weights = {}, .plane = {}, .shown = {}};
  const Shape& shape = net.shape_of(cam.layer);
  if (shape.rank() != 3)
    throw Error(fmt::format("layer {} gives {} numbers in a row, no planes", cam.layer, shape.size()),
                net.network().has_planes() ? fmt::format("take a layer from 1 to {}", last_of_planes(net))
                                           : "take a convolutional network: limn train cnn");
  const Question question = asked(net, trace([&](Fn& fn) {
                                    const Look look(fn, net, 1);
                                    const Value a = look.layers.a[static_cast<std::size_t>(cam.layer - 1)];
                                    fn.output("a", a);
                                    fn.output("slope", grad(look.score_of(score), a));
                                  }),
                                  picture);
  const auto a = question.answer(0), slope = question.answer(1);
  const auto channels = static_cast<std::size_t>(shape[2]), places = static_cast<std::size_t>(shape[0] * shape[1]);
  cam.weights.resize(channels);
  for (std::size_t c = 0; c < channels; ++c) {
    double sum = 0;
    for (std::size_t i = 0; i < places; ++i) sum += slope[i * channels + c];
    cam.weights[c] = static_cast<float>(sum / static_cast<double>(places));
  }
  cam.plane = {shape[0], shape[1], {}};
  for (std::size_t i = 0; i < places; ++i) {
    double sum = 0;
    for (std::size_t c = 0; c < channels; ++c) sum += double{cam.weights[c]} * a[i * channels + c];
    cam.plane.values.push_back(static_cast<float>(std::max(sum, 0.0)));
  }
  cam.shown = resized_bilinear(cam.plane, net.height(), net.width());
  return cam;
}

Grid resized_bilinear(const Grid& grid, std::int64_t height, std::int64_t width) {
  struct Between {
    std::int64_t low, high;
    double part;  // of high
  };
  const auto between = [](std::int64_t i, std::int64_t to, std::int64_t from) {
    const double centre = (static_cast<double>(i) + 0.5) * static_cast<double>(from) / static_cast<double>(to) - 0.5;
    const double at = std::clamp(centre, 0.0, static_cast<double>(from - 1));
    const auto low = static_cast<std::int64_t>(at);
    return Between{low, std::min(low + 1, from - 1), at - static_cast<double>(low)};
  };
  Grid to{height, width, {}};
  for (std::int64_t y = 0; y < height; ++y) {
    const Between v = between(y, height, grid.height);
    for (std::int64_t x = 0; x < width; ++x) {
      const Between u = between(x, width, grid.width);
      const auto mixed = [&](std::int64_t row) {
        const float* values = grid.values.data() + row * grid.width;
        return (1 - u.part) * values[u.low] + u.part * values[u.high];
      };
      to.values.push_back(static_cast<float>((1 - v.part) * mixed(v.low) + v.part * mixed(v.high)));
    }
  }
  return to;
}

}  // namespace limn
