// When the validation loss is measured, and what is made of it.
#include "train/watch.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace limn {
namespace {

TEST(Watch, CountsMeasurementsSinceTheLowest) {
  Watch watch;
  EXPECT_EQ(watch.best_step(), -1);
  struct Row {
    double loss;
    bool lowest;
    std::int64_t waits;
  };
  std::int64_t step = 0;
  for (const Row& row :
       {Row{3, true, 0}, Row{2, true, 0}, Row{2, false, 1}, Row{NAN, false, 2}, Row{INFINITY, false, 3},
        Row{2.5, false, 4}, Row{1.5, true, 0}, Row{-1, true, 0}, Row{0, false, 1}}) {
    EXPECT_EQ(watch.observe(row.loss, ++step), row.lowest) << step;
    EXPECT_EQ(watch.waits(), row.waits) << step;
  }
  EXPECT_EQ(watch.best_step(), 8);
  watch.drop();
  EXPECT_EQ(watch.drops(), 1);
  EXPECT_EQ(watch.waits(), 0);
}

TEST(Watch, KnowsStepsBeyondWhatFloat32Counts) {
  for (const std::int64_t step : {std::int64_t{1}, std::int64_t{16'777'217}, std::int64_t{999'999'999'999}}) {
    Watch watch;
    watch.observe(1, step);
    EXPECT_EQ(watch.best_step(), step);
  }
}

TEST(Watch, IsWholeInItsNumbers) {
  Watch watch, copy;
  watch.observe(0.25, 1'234'567'890), watch.observe(1, 1'234'567'891), watch.drop(), watch.observe(2, 1'234'567'892);
  const auto from = watch.views("a"), to = copy.views("b");
  ASSERT_EQ(from.size(), to.size());
  for (std::size_t i = 0; i < from.size(); ++i)
    std::copy(from[i].values.begin(), from[i].values.end(), to[i].values.begin());
  EXPECT_EQ(copy.best_step(), 1'234'567'890);
  EXPECT_EQ(copy.waits(), 1);
  EXPECT_EQ(copy.drops(), 1);
  EXPECT_FALSE(copy.observe(0.25, 1'234'567'893));
}

TEST(EvaluationInterval, IsWholeEpochsAtLeastTwoHundredStepsAndAboutFiftyOfARun) {
  EXPECT_EQ(evaluation_interval(430, 4300), 430);
  EXPECT_EQ(evaluation_interval(4, 4000), 200);
  EXPECT_EQ(evaluation_interval(22, 4004), 220);
  EXPECT_EQ(evaluation_interval(7, 100), 203);
  EXPECT_EQ(evaluation_interval(22, 1'000'000), 20'020);
  EXPECT_EQ(evaluation_interval(500'000, 1'000'000), 500'000);
}

}  // namespace
}  // namespace limn
