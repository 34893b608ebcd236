// The plane through three points, and the rows whose loss stands for that of all.
#include "train/loss_plane.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.hpp"
#include "train/table.hpp"

namespace limn {
namespace {

using Numbers = std::vector<float>;

TEST(Plane, HasItsPointsInItAndMeasuresHowFarOthersAre) {
  const Plane plane(Numbers{1, 1, 1, 1}, Numbers{3, 1, 1, 1}, Numbers{2, 1, 5, 1});
  EXPECT_EQ(plane.e1(), (std::vector<double>{1, 0, 0, 0}));
  EXPECT_EQ(plane.e2(), (std::vector<double>{0, 0, 1, 0}));
  const auto place = plane.place_of(Numbers{0, 4, 3, -3});
  EXPECT_EQ(place.x, -1);
  EXPECT_EQ(place.y, 2);
  EXPECT_EQ(place.distance, 5);
  Numbers theta(4);
  plane.at(-1, 2, theta);
  EXPECT_EQ(theta, (Numbers{0, 1, 3, 1}));
}

TEST(Plane, OfPointsOnALineOrCloserThanFloat32TellsIsRefused) {
  const float next = std::nextafter(1.0f, 2.0f), nan = std::nanf("");
  const Numbers origin{1, 1, 1}, beyond{2, 2, 2};
  for (const Numbers& other :
       {origin, Numbers{4, 4, 4}, Numbers{4, 4, 4.000001f}, Numbers{next, 1, 1}, Numbers{nan, 1, 1}}) {
    EXPECT_THROW(Plane(origin, beyond, other), Error);
    EXPECT_THROW(Plane(origin, other, beyond), Error);
  }
}

TEST(PlaneLoss, TakesAllRowsOrSoFewThatManyEvaluationsAreSoonDone) {
  constexpr std::int64_t kRows = 3000;
  const auto data = testing::table(Task::kClassify, kRows, 4);
  Settings settings;
  settings.arch = "dense 5 tanh | dense 2", settings.weight_decay = 0.1;
  const ModelSpec model{Network(settings.arch, 4), &find_loss("cross-entropy"), TargetKind::kLabels, 2};
  ThreadPool pool(1);
  Numbers theta;
  for (std::int64_t i = 0; i < model.network.parameters().size; ++i)
    theta.push_back(0.1f * static_cast<float>(i % 7 - 3));

  PlaneLoss whole(model, settings, data, 1, pool, 100), part(model, settings, data, 1, pool, 600'000);
  EXPECT_EQ(whole.rows(), std::ssize(data->train));
  EXPECT_LT(part.rows(), whole.rows() / 2);
  EXPECT_GE(part.rows(), 64);
  for (PlaneLoss* loss : {&whole, &part}) {
    std::vector<std::int32_t> rows;
    for (std::int64_t i = 0; i < loss->rows(); ++i)
      rows.push_back(data->train[static_cast<std::size_t>(i * std::ssize(data->train) / loss->rows())]);
    NetworkObjective objective(model, settings, data, 1, pool, {});
    objective.set_rows(rows, 0, 0);
    EXPECT_EQ(loss->value(theta), objective.value(theta));
  }
  EXPECT_THROW(PlaneLoss(model, settings, data, 1, pool, 1'000'000'000), Error);
}

}  // namespace
}  // namespace limn
