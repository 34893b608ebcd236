// Layers of planes in float64 against loops written here, in networks as the architecture text makes them.
#include "nn/plane.hpp"

#include <gtest/gtest.h>

#include "nn/architecture.hpp"
#include "nn/layer.hpp"
#include "nn/run.hpp"
#include "random_graph.hpp"

namespace limn {
namespace {

using testing::expect_near;
using testing::Numbers;
using testing::run;

// Numbers of [height, width, channels], zeros outside.
struct Planes {
  std::int64_t h, w, c;
  Numbers at;
  Planes(std::int64_t height, std::int64_t width, std::int64_t channels)
      : h(height), w(width), c(channels), at(static_cast<std::size_t>(h * w * c), 0.0) {}
  bool has(std::int64_t i, std::int64_t j) const { return i >= 0 && i < h && j >= 0 && j < w; }
  double& operator()(std::int64_t i, std::int64_t j, std::int64_t k) { return at[(i * w + j) * c + k]; }
  double operator()(std::int64_t i, std::int64_t j, std::int64_t k) const {
    return has(i, j) ? at[(i * w + j) * c + k] : 0;
  }
};
Planes drawn(Random& random, std::int64_t h, std::int64_t w, std::int64_t c) {
  Planes planes(h, w, c);
  planes.at = testing::random_numbers(random, h * w * c, -2, 2);
  return planes;
}

// What the network makes of one image, given in the order of its rows, [channels, height, width].
Numbers said(const Network& network, const Planes& x, const Numbers& theta) {
  Numbers row;
  for (std::int64_t k = 0; k < x.c; ++k)
    for (std::int64_t i = 0; i < x.h; ++i)
      for (std::int64_t j = 0; j < x.w; ++j) row.push_back(x(i, j, k));
  return run({{1, network.inputs()}, {network.parameters().size}}, {row, theta},
             [&](auto& v) { return network.build(v[0], v[1], {}, false).output; })[0];
}
Numbers rows_of(const Planes& y) {
  Numbers row;
  for (std::int64_t k = 0; k < y.c; ++k)
    for (std::int64_t i = 0; i < y.h; ++i)
      for (std::int64_t j = 0; j < y.w; ++j) row.push_back(y(i, j, k));
  return row;
}

TEST(Convolution, IsTheSumOverItsWindowForRandomGeometry) {
  Random random(5, "convolution");
  const auto whole = [&](int low, int high) { return low + static_cast<int>(random.below(high - low + 1)); };
  for (int round = 0; round < 60; ++round) {
    const int kh = whole(1, 4), kw = whole(1, 4), s = whole(1, 3), p = whole(0, 3), d = whole(1, 2), g = whole(1, 3);
    const Planes x = drawn(random, whole(1, 9), whole(1, 9), g * whole(1, 2));
    const int units = g * whole(1, 3);
    const std::int64_t high = x.h + 2 * p - (kh - 1) * d - 1, wide = x.w + 2 * p - (kw - 1) * d - 1;
    if (high < 0 || wide < 0) continue;
    const auto text = fmt::format("conv {} {}x{} stride {} pad {} dilation {} groups {}", units, kh, kw, s, p, d, g);
    SCOPED_TRACE(text);
    const Network network(text, Shape{x.c, x.h, x.w});
    const std::int64_t in = x.c / g;
    ASSERT_EQ(network.parameters().list[0].shape, (Shape{kh, kw, in, units}));
    const Numbers theta = testing::random_numbers(random, network.parameters().size, -1, 1);
    Planes y(high / s + 1, wide / s + 1, units);
    ASSERT_EQ(network.shapes()[0], (Shape{y.h, y.w, y.c}));
    for (std::int64_t i = 0; i < y.h; ++i)
      for (std::int64_t j = 0; j < y.w; ++j)
        for (std::int64_t o = 0; o < units; ++o) {
          double sum = theta[kh * kw * in * units + o];
          for (int a = 0; a < kh; ++a)
            for (int b = 0; b < kw; ++b)
              for (std::int64_t k = 0; k < in; ++k)
                sum += x(i * s + a * d - p, j * s + b * d - p, o / (units / g) * in + k) *
                       theta[((a * kw + b) * in + k) * units + o];
          y(i, j, o) = sum;
        }
    expect_near(said(network, x, theta), rows_of(y), 1e-13, "y");
  }
}

TEST(Convolution, KeepsThePlanesUnlessItIsToldOtherwise) {
  struct Row {
    const char* text;
    Shape shape;
  };
  const Row rows[] = {
      {"conv 2 3x3", {9, 7, 2}},
      {"conv 2 4x2", {9, 7, 2}},
      {"conv 2 3 stride 2", {5, 4, 2}},
      {"conv 2 5 dilation 2", {9, 7, 2}},
      {"conv 2 3x3 valid", {7, 5, 2}},
      {"conv 2 3 pad 2x0", {11, 5, 2}},
      {"conv 2 2 stride 3", {3, 3, 2}},
      {"pool 2 | conv 2 1", {4, 3, 2}},
      {"pool 2 same | conv 2 1", {5, 4, 2}},
      {"pool 3 stride 2 pad 1 | conv 2 1", {5, 4, 2}},
      {"conv-transpose 2 2 stride 2", {18, 14, 2}},
      {"conv-transpose 2 3 stride 2", {18, 14, 2}},
      {"conv-transpose 2 3 stride 2 valid", {19, 15, 2}},
      {"conv-transpose 2 4 stride 2 pad 1", {18, 14, 2}},
      {"upsample 3 | conv 2 1", {27, 21, 2}},
      {"pad 2 | conv 2 1", {13, 11, 2}},
      {"res 2 | conv 2 1", {9, 7, 2}},
      {"res 4 stride 2 | conv 2 1", {5, 4, 2}},
      {"inception 1 2 3 4 5 6 | conv 2 1", {9, 7, 2}},
      {"conv 1 3 | global-pool", {1}},
      {"conv 2 3 | spatial-dropout 0.5 | global-pool max", {2}},
      {"conv 2 3 | dense 5", {5}},
  };
  for (const Row& row : rows) EXPECT_EQ(Network(row.text, Shape{9, 7}).shapes().back(), row.shape) << row.text;
}

TEST(Convolution, TransposedSpreadsEachPlaceOverItsWindow) {
  Random random(6, "transposed");
  const auto whole = [&](int low, int high) { return low + static_cast<int>(random.below(high - low + 1)); };
  for (int round = 0; round < 40; ++round) {
    const int kh = whole(1, 4), kw = whole(1, 4), s = whole(1, std::min(kh, kw)), p = whole(0, 1), units = whole(1, 3);
    const Planes x = drawn(random, whole(2, 6), whole(2, 6), whole(1, 3));
    const std::int64_t h = (x.h - 1) * s + kh - 2 * p, w = (x.w - 1) * s + kw - 2 * p;
    if (h < 1 || w < 1) continue;
    const auto text = fmt::format("conv-transpose {} {}x{} stride {} pad {}", units, kh, kw, s, p);
    SCOPED_TRACE(text);
    const Network network(text, Shape{x.c, x.h, x.w});
    const Numbers theta = testing::random_numbers(random, network.parameters().size, -1, 1);
    Planes y(h, w, units);
    for (std::int64_t i = 0; i < h; ++i)
      for (std::int64_t j = 0; j < w; ++j)
        for (int o = 0; o < units; ++o) y(i, j, o) = theta[kh * kw * x.c * units + o];
    for (std::int64_t i = 0; i < x.h; ++i)
      for (std::int64_t j = 0; j < x.w; ++j)
        for (int a = 0; a < kh; ++a)
          for (int b = 0; b < kw; ++b)
            for (std::int64_t k = 0; k < x.c; ++k)
              for (int o = 0; o < units; ++o)
                if (y.has(i * s + a - p, j * s + b - p))
                  y(i * s + a - p, j * s + b - p, o) += x(i, j, k) * theta[((a * kw + b) * x.c + k) * units + o];
    expect_near(said(network, x, theta), rows_of(y), 1e-13, "y");
  }
}

// A 1x1 convolution by the identity shows what a layer before it made.
Numbers through(const std::string& layer, const Planes& x) {
  const Network network(fmt::format("{} | conv {} 1 nobias", layer, x.c), Shape{x.c, x.h, x.w});
  Numbers identity(static_cast<std::size_t>(x.c * x.c), 0.0);
  for (std::int64_t k = 0; k < x.c; ++k) identity[static_cast<std::size_t>(k * x.c + k)] = 1;
  return said(network, x, identity);
}

TEST(Pool, TakesTheLargestOrTheMeanOfWhatItsWindowSees) {
  Random random(7, "pool");
  const auto whole = [&](int low, int high) { return low + static_cast<int>(random.below(high - low + 1)); };
  for (int round = 0; round < 40; ++round) {
    const int kh = whole(1, 3), kw = whole(1, 3), s = whole(1, 3), p = whole(0, std::min(kh, kw) - 1);
    const Planes x = drawn(random, whole(3, 8), whole(3, 8), whole(1, 3));
    Planes largest((x.h + 2 * p - kh) / s + 1, (x.w + 2 * p - kw) / s + 1, x.c), mean = largest;
    for (std::int64_t i = 0; i < mean.h; ++i)
      for (std::int64_t j = 0; j < mean.w; ++j)
        for (std::int64_t k = 0; k < x.c; ++k) {
          double most = -1e9, sum = 0, count = 0;
          for (int a = 0; a < kh; ++a)
            for (int b = 0; b < kw; ++b)
              if (x.has(i * s + a - p, j * s + b - p)) {
                const double v = x(i * s + a - p, j * s + b - p, k);
                most = std::max(most, v), sum += v, ++count;
              }
          largest(i, j, k) = most, mean(i, j, k) = sum / count;
        }
    const auto text = fmt::format("pool {}x{} stride {} pad {}", kh, kw, s, p);
    expect_near(through(text, x), rows_of(largest), 1e-15, text);
    expect_near(through(text + " average", x), rows_of(mean), 1e-14, text + " average");
  }
}

TEST(Pool, OverWholePlanesGivesANumberAChannel) {
  Random random(8, "global");
  const Planes x = drawn(random, 3, 4, 2);
  Numbers most(2, -1e9), mean(2, 0.0);
  for (std::int64_t i = 0; i < 3; ++i)
    for (std::int64_t j = 0; j < 4; ++j)
      for (std::int64_t k = 0; k < 2; ++k) most[k] = std::max(most[k], x(i, j, k)), mean[k] += x(i, j, k) / 12;
  expect_near(said(Network("conv 2 1 nobias | global-pool", Shape{2, 3, 4}), x, {1, 0, 0, 1}), mean, 1e-15, "mean");
  expect_near(said(Network("conv 2 1 nobias | global-pool max", Shape{2, 3, 4}), x, {1, 0, 0, 1}), most, 0, "largest");
}

TEST(Upsample, RepeatsEveryElement) {
  Random random(9, "upsample");
  const Planes x = drawn(random, 2, 3, 2);
  Planes y(6, 9, 2);
  for (std::int64_t i = 0; i < 6; ++i)
    for (std::int64_t j = 0; j < 9; ++j)
      for (std::int64_t k = 0; k < 2; ++k) y(i, j, k) = x(i / 3, j / 3, k);
  EXPECT_EQ(through("upsample 3", x), rows_of(y));
}

TEST(Pad, PutsZerosOrTheMirroredPlanesAround) {
  Random random(10, "pad");
  const Planes x = drawn(random, 3, 4, 2);
  Planes zeros(7, 8, 2), mirrored = zeros;
  const auto folded = [](std::int64_t i, std::int64_t n) { return i < 0 ? -i : i >= n ? 2 * n - 2 - i : i; };
  for (std::int64_t i = 0; i < 7; ++i)
    for (std::int64_t j = 0; j < 8; ++j)
      for (std::int64_t k = 0; k < 2; ++k)
        zeros(i, j, k) = std::as_const(x)(i - 2, j - 2, k),
                    mirrored(i, j, k) = x(folded(i - 2, 3), folded(j - 2, 4), k);
  EXPECT_EQ(through("pad 2", x), rows_of(zeros));
  EXPECT_EQ(through("pad 2 reflect", x), rows_of(mirrored));
  EXPECT_EQ(through("pad 0", x), rows_of(x));
}

TEST(SpatialDropout, DropsWholeChannelsAndScalesTheOthers) {
  const Numbers y = run({{50, 3, 3, 8}}, {Numbers(3600, 1.0)},
                        [](auto& v) { return spatial_dropout(v[0], 0.25, "dropout1"); }, DType::kReal, {3, 14})[0];
  int kept = 0;
  for (int n = 0; n < 50; ++n)
    for (int k = 0; k < 8; ++k) {
      const double first = y[n * 72 + k];
      ASSERT_TRUE(first == 0 || first == 1 / 0.75) << first;
      for (int place = 1; place < 9; ++place) ASSERT_EQ(y[n * 72 + place * 8 + k], first);
      kept += first != 0;
    }
  EXPECT_LE(std::abs(kept / 400.0 - 0.75), 4.5 * std::sqrt(0.75 * 0.25 / 400));
}

TEST(Inception, IsFourBranchesSideBySide) {
  Random random(12, "inception");
  const Planes x = drawn(random, 5, 4, 3);
  const Network whole("inception 2 3 1 2 4 1 tanh | conv 8 1 nobias", Shape{3, 5, 4});
  const auto& list = whole.parameters().list;
  Numbers theta = testing::random_numbers(random, whole.parameters().size, -1, 1);
  const std::size_t end = list.back().offset;
  std::fill(theta.begin() + end, theta.end(), 0.0);
  for (std::size_t k = 0; k < 8; ++k) theta[end + k * 9] = 1;
  const auto part = [&](int from, int to) {
    const auto begin = theta.begin() + list[2 * from - 2].offset;
    return Numbers(begin, theta.begin() + list[2 * to - 1].offset + list[2 * to - 1].shape.size());
  };
  const Shape shape{3, 5, 4};
  Numbers expected = said(Network("conv 2 1 tanh", shape), x, part(1, 1));
  for (const Numbers& branch : {said(Network("conv 3 1 tanh | conv 1 3 tanh", shape), x, part(2, 3)),
                                said(Network("conv 2 1 tanh | conv 4 5 tanh", shape), x, part(4, 5)),
                                said(Network("pool 3 stride 1 pad 1 | conv 1 1 tanh", shape), x, part(6, 6))})
    expected.insert(expected.end(), branch.begin(), branch.end());
  expect_near(said(whole, x, theta), expected, 1e-14, "y");
}

}  // namespace
}  // namespace limn
