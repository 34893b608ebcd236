// Sessions whose training rows are varied: the same bits on any number of threads and after going back in time, and
// evaluations of the rows as they are.
#include <gtest/gtest.h>

#include "train/session.hpp"
#include "train/table.hpp"

namespace limn {
namespace {

using testing::copy_of, testing::pictures, testing::settings_of, testing::table;

Settings varied(const std::string& augment) {
  auto settings = settings_of("adam", "dense 16 relu | dense 2");
  settings.augment = augment;
  settings.batch = 120;  // shared out in chunks, and a ragged batch
  return settings;
}

const std::string kAll = "shift 2 crop 1 rotate 20 scale 0.1 elastic 20 2 noise 0.1 cutout 3 flip";

TEST(Augment, GivesTheSameBitsOnAnyNumberOfThreadsAndAfterGoingBack) {
  std::string expected;
  for (const int threads : {1, 2, 3}) {
    ThreadPool pool(threads);
    Session session(varied(kAll), pictures(), 5, pool);
    for (int i = 0; i < 5; ++i) session.advance();
    const auto there = copy_of(session);
    const Cursor at = session.cursor();
    for (int i = 0; i < 6; ++i) session.advance();
    const auto later = session.fingerprint();
    session.restore(there, at);
    for (int i = 0; i < 6; ++i) session.advance();
    EXPECT_EQ(session.fingerprint(), later) << threads << " threads";
    if (expected.empty()) expected = later;
    EXPECT_EQ(later, expected) << threads << " threads";
  }
}

TEST(Augment, VariesTrainingAnewInEveryEpochAndEvaluationNever) {
  ThreadPool pool(1);
  auto still = varied(kAll);
  still.lr = 0;
  const auto data = pictures();
  Session session(still, data, 5, pool);
  const auto steps = session.steps_per_epoch();
  const auto epoch = [&] {
    double sum = 0;
    for (std::int64_t i = 0; i < steps; ++i) sum += session.advance();
    return sum;
  };
  const double first = epoch(), second = epoch();
  EXPECT_NE(first, second) << "no weight has changed, so the rows have";
  still.augment = "none";
  Session plain(still, data, 5, pool);
  EXPECT_EQ(session.evaluate(Split::kTrain), plain.evaluate(Split::kTrain));
  EXPECT_EQ(session.evaluate(Split::kTest), plain.evaluate(Split::kTest));
}

TEST(Augment, CanBeChangedBetweenStepsAndIsCheckedBefore) {
  ThreadPool pool(1);
  Session session(varied("none"), pictures(), 5, pool), other(varied("none"), pictures(), 5, pool);
  session.advance(), other.advance();
  session.change(varied("noise 0.5"));
  session.advance(), other.advance();
  EXPECT_NE(session.fingerprint(), other.fingerprint());
  EXPECT_THROW(session.change(varied("noise much")), Error);
  auto settings = settings_of("adam");
  settings.augment = "flip";
  EXPECT_THROW(Session(settings, table(Task::kClassify), 5, pool), Error);
}

}  // namespace
}  // namespace limn
