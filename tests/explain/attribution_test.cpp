// What speaks for a class, against central differences and sums in float64 that know no derivative rule.
#include "explain/attribution.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.hpp"
#include "explain/pictures.hpp"

namespace limn {
namespace {

using testing::Trained;
using testing::Twin;

struct Case {
  const char* arch;
  Shape sample;
  std::int32_t classes;
};

// Smooth and with kinks, grey and coloured, one output for two classes, running statistics, a last softmax. What leaves
// a layer of the first four has a derivative everywhere: a pool of zeros has none.
const Case kCases[] = {{"conv 4 3x3 tanh | pool 2 average | dense 3", {8, 9}, 3},
                       {"conv 3 3x3 nobias | bn tanh | pool 2 | dense 6 relu | dense 3 softmax", {8, 8}, 3},
                       {"conv 4 3x3 stride 2 relu | conv 3 1x1 | global-pool", {3, 8, 10}, 3},
                       {"res 4 stride 2 | dropout 0.3 | dense 1", {3, 8, 8}, 2},
                       {"dense 7 tanh | dense 3", {6, 7}, 3},
                       {"conv 4 3x3 relu | pool 2 | dense 3", {8, 8}, 3}};

TEST(Saliency, IsTheDerivativeOfTheScoreByEachPixel) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.arch);
    Trained trained(c.arch, c.sample, c.classes);
    const auto net = trained.frozen();
    Twin twin(*net, *trained.session);
    for (const std::int64_t score : {0, c.classes - 1}) {
      const auto picture = net->picture(11);
      const Saliency found = saliency(*net, picture, score);
      twin.see(picture);
      const double largest =
          std::abs(*std::ranges::max_element(found.gradient, {}, [](float g) { return std::abs(g); }));
      ASSERT_GT(largest, 1e-4);
      const auto area = static_cast<std::size_t>(net->height() * net->width());
      for (std::size_t i = 0; i < picture.size(); ++i)
        EXPECT_NEAR(found.gradient[i], twin.slope(twin.look().score, static_cast<std::size_t>(score), twin.look().x, i),
                    1e-4 * largest)
            << "pixel " << i;
      ASSERT_EQ(found.magnitude.values.size(), area);
      for (std::size_t i = 0; i < area; ++i) {
        float most = 0;
        for (std::size_t k = i; k < picture.size(); k += area) most = std::max(most, std::abs(found.gradient[k]));
        EXPECT_EQ(found.magnitude.values[i], most);
      }
    }
  }
}

TEST(Occlusion, IsWhatTheNetworkSaysOfPicturesThatAreHiddenThere) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.arch);
    Trained trained(c.arch, c.sample, c.classes);
    const auto net = trained.frozen();
    const auto picture = net->picture(7);
    Occlusion occlusion(*net, picture, 1, {.size = 3, .stride = 2, .fill = 0.25f});
    while (occlusion.go_on()) {}
    const std::int64_t height = net->height(), width = net->width();
    ASSERT_EQ(occlusion.score().height, (height - 3) / 2 + 1);
    ASSERT_EQ(occlusion.score().width, (width - 3) / 2 + 1);
    ASSERT_EQ(std::ssize(occlusion.p().values), occlusion.p().height * occlusion.p().width);
    for (std::int64_t i = 0; i < std::ssize(occlusion.p().values); ++i) {
      auto hidden = picture;
      const std::int64_t top = i / occlusion.p().width * 2, left = i % occlusion.p().width * 2;
      for (std::int64_t k = 0; k < std::ssize(hidden); ++k) {
        const std::int64_t y = k / width % height, x = k % width;
        if (y >= top && y < top + 3 && x >= left && x < left + 3) hidden[static_cast<std::size_t>(k)] = 0.25f;
      }
      const Said said = say(*net, hidden);
      EXPECT_EQ(occlusion.score().values[static_cast<std::size_t>(i)], said.score[1]);
      EXPECT_EQ(occlusion.p().values[static_cast<std::size_t>(i)], said.p[1]);
    }
  }
}

TEST(Occlusion, TakesMorePlacesThanABatchAndRefusesWhatDoesNotFit) {
  Trained trained("dense 3", {20, 20});
  const auto net = trained.frozen();
  const auto picture = net->picture(0);
  Occlusion occlusion(*net, picture, 0, {.size = 1, .stride = 1, .fill = 0});
  int turns = 1;
  while (occlusion.go_on()) ++turns;
  EXPECT_EQ(turns, 7);  // 400 places, 64 at a time
  EXPECT_EQ(occlusion.score().values.size(), 400u);
  for (const Patch& wrong : {Patch{0, 1, 0}, Patch{21, 1, 0}, Patch{3, 0, 0}, Patch{3, 1, std::nanf("")}})
    EXPECT_THROW(Occlusion(*net, picture, 0, wrong), Error);
  EXPECT_THROW(Occlusion(*net, picture, 3, Patch{3, 1, 0}), Error);
}

TEST(GradCam, WeighsPlanesByMeanDerivativesOfFloat64) {
  for (const Case& c : std::span(kCases).first(4)) {
    SCOPED_TRACE(c.arch);
    Trained trained(c.arch, c.sample, c.classes);
    const auto net = trained.frozen();
    Twin twin(*net, *trained.session);
    const auto picture = net->picture(4);
    twin.see(picture);
    for (int layer = 1; layer <= net->network().numbered() && net->shape_of(layer).rank() == 3; ++layer) {
      const GradCam cam = grad_cam(*net, picture, 0, layer);
      const Value a = twin.look().layers.a[static_cast<std::size_t>(layer - 1)];
      const auto values = twin.value(a);
      const Shape& shape = net->shape_of(layer);
      const auto channels = static_cast<std::size_t>(shape[2]), places = values.size() / channels;
      std::vector<double> weights(channels);
      for (std::size_t i = 0; i < values.size(); ++i)
        weights[i % channels] += twin.slope(twin.look().score, 0, a, i) / static_cast<double>(places);
      double largest = 0;
      for (const double w : weights) largest = std::max(largest, std::abs(w));
      ASSERT_GT(largest, 1e-5);
      for (std::size_t k = 0; k < channels; ++k) EXPECT_NEAR(cam.weights[k], weights[k], 1e-4 * largest);
      ASSERT_EQ(cam.plane.values.size(), places);
      double most = 0;
      for (const double v : values) most = std::max(most, std::abs(v));
      for (std::size_t i = 0; i < places; ++i) {
        double sum = 0;
        for (std::size_t k = 0; k < channels; ++k) sum += weights[k] * values[i * channels + k];
        EXPECT_NEAR(cam.plane.values[i], std::max(sum, 0.0), 1e-3 * largest * most);
      }
      EXPECT_EQ(cam.shown.height, net->height());
      EXPECT_EQ(cam.shown.width, net->width());
    }
    EXPECT_EQ(grad_cam(*net, picture, 0, 0).layer, c.arch == kCases[1].arch || c.arch == kCases[2].arch ? 2 : 1);
  }
}

TEST(GradCam, IsShownBetweenTheCentresOfItsPlaces) {
  const Grid shown = resized_bilinear({2, 2, {0, 1, 2, 3}}, 4, 4);
  const float across[] = {0, 0.25f, 0.75f, 1}, down[] = {0, 0.5f, 1.5f, 2};
  for (std::size_t y = 0; y < 4; ++y)
    for (std::size_t x = 0; x < 4; ++x) EXPECT_EQ(shown.values[y * 4 + x], down[y] + across[x]);
  EXPECT_EQ(resized_bilinear({2, 3, {5, 1, 4, 2, 8, 3}}, 2, 3).values, (std::vector<float>{5, 1, 4, 2, 8, 3}));
}

TEST(Explanations, ScoreClassesByTheLogarithmsOfWhatEvaluationsSay) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.arch);
    Trained trained(c.arch, c.sample, c.classes);
    const auto net = trained.frozen();
    const std::int32_t row[] = {7};
    const Said said = say(*net, net->picture(7));
    EXPECT_EQ(said.p, trained.session->judge(*trained.data, row).said);
    // All scores but a constant; of one output for two classes -z and z, which are twice as far apart.
    const double apart = c.classes == 2 ? 2 : 1;
    for (std::size_t k = 1; k < said.p.size(); ++k)
      EXPECT_NEAR(said.score[k] - said.score[0], apart * std::log(double{said.p[k]} / said.p[0]), 1e-3);
    if (c.classes == 2) {
      EXPECT_EQ(said.score[0], -said.score[1]);
    }
    EXPECT_EQ(said.best, std::ranges::max_element(said.p) - said.p.begin());
  }
}

TEST(Explanations, AreOfTheWeightsThatEvaluationsTake) {
  const auto data = testing::bars({8, 8}, 3);
  ThreadPool pool(1);
  Settings s;
  s.arch = "conv 3 3x3 nobias | bn relu | dense 3", s.batch = 16, s.lr = 0.1, s.total_steps = 400, s.early_stop = 50;
  Session session(s, data, 3, pool);
  while (session.best_step() < 0) session.advance();
  for (int i = 0; i < 5; ++i) session.advance();
  ASSERT_LT(session.best_step(), session.cursor().step);
  const std::int32_t row[] = {8};
  const auto said_by = [&](Weights which) {
    const FrozenNetwork net(session, which, data, pool);
    return say(net, net.picture(8)).p;
  };
  EXPECT_EQ(said_by(Weights::kBest), session.judge(*data, row, Weights::kBest).said);
  EXPECT_EQ(said_by(Weights::kLast), session.judge(*data, row).said);
  EXPECT_NE(said_by(Weights::kBest), said_by(Weights::kLast));

  const auto whole = said_by(Weights::kLast);
  s.cut = "layer1.unit[0]";
  session.change(s);  // counts in evaluations at once, though the weights stay until the next step
  EXPECT_EQ(said_by(Weights::kLast), session.judge(*data, row).said);
  EXPECT_NE(said_by(Weights::kLast), whole);
}

TEST(Explanations, StayAsTheyWereWhileTheTrainingGoesOn) {
  Trained trained("conv 3 3x3 nobias | bn relu | dense 3", {8, 8});
  const auto net = trained.frozen();
  const auto picture = net->picture(2);
  const Saliency before = saliency(*net, picture, 1);
  trained.session->advance();
  EXPECT_EQ(saliency(*net, picture, 1).gradient, before.gradient);
  EXPECT_NE(saliency(*trained.frozen(), picture, 1).gradient, before.gradient);
}

TEST(Explanations, RefuseWhatHasNoPictureNoPlanesOrNoNumbers) {
  Trained dense("dense 7 tanh | dense 3", {6, 7}), planes("conv 2 3x3 relu | dense 3", {6, 7});
  EXPECT_THROW(grad_cam(*dense.frozen(), dense.frozen()->picture(0), 0, 0), Error);
  EXPECT_THROW(grad_cam(*planes.frozen(), planes.frozen()->picture(0), 0, 2), Error);
  EXPECT_THROW(grad_cam(*planes.frozen(), planes.frozen()->picture(0), 0, 3), Error);
  EXPECT_THROW(saliency(*dense.frozen(), dense.frozen()->picture(0), -1), Error);
  EXPECT_THROW(dense.frozen()->picture(90), Error);
  auto table = std::make_shared<Dataset>(*dense.data);
  table->preprocessing.kind = "table";
  EXPECT_THROW(FrozenNetwork(*dense.session, Weights::kLast, table, dense.pool), Error);
  for (TensorView& view : dense.session->state())
    if (view.name == "layer2.w") view.values[5] = std::nanf("");
  try {
    dense.frozen();
    FAIL() << "it explains a network that is not finite";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("layer2.w"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace limn
