// Sessions: equal bits, time travel, learning at all.
#include "train/session.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "rule/rule.hpp"
#include "train/table.hpp"

namespace limn {
namespace {

using testing::copy_of, testing::settings_of, testing::table;

TEST(Session, GivesTheSameBitsOnAnyNumberOfThreads) {
  // Large enough that stages are shared out.
  const auto data = table(Task::kClassify, 300, 200);
  std::string expected;
  for (const int threads : {1, 2, 3, 4}) {
    ThreadPool pool(threads);
    Session session(settings_of("adam", "dense 300 relu | dropout 0.5 | dense 200 gelu | dense 2"), data, 5, pool);
    for (int i = 0; i < 20; ++i) session.advance();
    if (expected.empty()) expected = session.fingerprint();
    EXPECT_EQ(session.fingerprint(), expected) << threads << " threads";
  }
}

TEST(Session, GoesBackAndForthInTimeBitForBit) {
  ThreadPool pool(1);
  for (const Rule& rule : rules()) {
    const std::string optimizer(rule.name);
    Session session(settings_of(optimizer), table(Task::kClassify), 7, pool);
    for (int i = 0; i < 37; ++i) session.advance();
    const auto there = copy_of(session);
    const Cursor at = session.cursor();
    for (int i = 0; i < 50; ++i) session.advance();
    const std::string later = session.fingerprint();
    const float w = session.quantity("layer1.w[2,3]");
    Session other(settings_of(optimizer), table(Task::kClassify), 7, pool);
    other.restore(there, at);
    for (int i = 0; i < 50; ++i) other.advance();
    EXPECT_EQ(other.fingerprint(), later) << optimizer;
    EXPECT_EQ(other.quantity("layer1.w[2,3]"), w);
    EXPECT_EQ(other.quantity("train.loss"), session.quantity("train.loss"));
  }
}

TEST(Session, DiffersBySeedAndBySettings) {
  ThreadPool pool(1);
  auto after = [&](const Settings& s, std::uint64_t seed) {
    Session session(s, table(Task::kClassify), seed, pool);
    for (int i = 0; i < 5; ++i) session.advance();
    return session.fingerprint();
  };
  const Settings s = settings_of("adam");
  Settings decayed = s, slower = s;
  decayed.weight_decay = 0.1, slower.lr *= 0.5;
  EXPECT_EQ(after(s, 1), after(s, 1));
  EXPECT_NE(after(s, 1), after(s, 2));
  EXPECT_NE(after(s, 1), after(decayed, 1));
  EXPECT_NE(after(s, 1), after(slower, 1));
}

TEST(Session, LearnsClassesWithEveryRuleAndLoss) {
  ThreadPool pool(1);
  for (const char* optimizer : {"sgd", "momentum", "nesterov", "adam"})
    for (const char* loss : {"cross-entropy", "squared"})
      for (const char* arch : {"dense 24 tanh | dense 2", "dense 24 tanh | dense 1"}) {
        Settings s = settings_of(optimizer, arch);
        s.loss = loss, s.total_steps = 1500;
        if (s.optimizer == "sgd") s.lr = 0.5;
        Session session(s, table(Task::kClassify, 1200), 3, pool);
        for (int i = 0; i < 1500; ++i) session.advance();
        EXPECT_GE(session.evaluate(Split::kTest)["accuracy"], 0.9) << optimizer << " " << loss << " " << arch;
      }
}

TEST(Session, LearnsNumbersAndGivesThemInTheirOwnUnits) {
  ThreadPool pool(1);
  Settings s = settings_of("adam", "dense 32 gelu | dense 1");
  s.loss = "squared", s.total_steps = 1500;
  const auto data = table(Task::kRegress, 1200);
  Session session(s, data, 3, pool);
  for (int i = 0; i < 1500; ++i) session.advance();
  auto metrics = session.evaluate(Split::kTest);
  EXPECT_GE(metrics["r2"], 0.95);
  const auto predicted = session.predict(*data, data->test);
  double squares = 0;
  for (std::size_t i = 0; i < data->test.size(); ++i) {
    const double error = predicted[i] - (data->targets[data->test[i]] * 2 + 10);
    squares += error * error;
  }
  EXPECT_NEAR(std::sqrt(squares / static_cast<double>(data->test.size())), metrics["rmse"], 1e-4);
}

TEST(Session, TakesEveryRowOnceAnEpochAndARaggedLastBatch) {
  ThreadPool pool(1);
  const auto data = table(Task::kClassify, 211);  // 126 training rows: batches of 32, 32, 32, 30
  Session session(settings_of("sgd"), data, 3, pool);
  EXPECT_EQ(session.steps_per_epoch(), 4);
  for (int i = 0; i < 4; ++i) session.advance();
  EXPECT_EQ(session.cursor(), (Cursor{4, 1, 0}));
}

TEST(Session, RefusesWhatCannotBeMeant) {
  ThreadPool pool(1);
  auto error_of = [&](auto change, Task task = Task::kClassify) -> std::string {
    Settings s = settings_of("adam");
    change(s);
    try {
      Session session(s, table(task), 1, pool);
      return "accepted";
    } catch (const Error& error) {
      EXPECT_NE(error.hint(), "");
      return error.what();
    }
  };
  EXPECT_NE(error_of([](Settings& s) { s.arch = "dense 3"; }).find("3 outputs"), std::string::npos);
  EXPECT_NE(error_of([](Settings& s) { s.arch = "dense x"; }).find("column 7"), std::string::npos);
  EXPECT_NE(error_of([](Settings& s) { s.loss = "hinge"; }).find("hinge"), std::string::npos);
  EXPECT_NE(error_of([](Settings& s) { s.optimizer = "adamm"; }).find("adamm"), std::string::npos);
  EXPECT_NE(error_of([](Settings& s) { s.schedule = "lineal"; }).find("lineal"), std::string::npos);
  EXPECT_NE(error_of([](Settings& s) { s.init = "zeroes"; }).find("zeroes"), std::string::npos);
  EXPECT_NE(error_of([](Settings& s) { s.lr = NAN; }), "accepted");
  EXPECT_NE(error_of([](Settings& s) { s.batch = 0; }), "accepted");
  EXPECT_NE(error_of([](Settings&) {}, Task::kRegress), "accepted");
}

TEST(Session, NamesItsQuantitiesAndRefusesOthers) {
  ThreadPool pool(1);
  Session session(settings_of("adam"), table(Task::kClassify), 1, pool);
  session.advance();
  for (const char* name :
       {"train.loss", "layer1.w[5,15]", "layer2.b[1]", "layer2.dw[15,1]", "layer1.db[0]", "adam.m/layer1.w[0,0]"})
    EXPECT_TRUE(std::isfinite(session.quantity(name))) << name;
  for (const char* name : {"layer1.w", "layer1.w[6,0]", "layer1.w[0]", "layer1.w[0,0", "layer1.w[0,-1]",
                           "layer1.w[0,0,0]", "layer3.w[0,0]", "loss", ""})
    EXPECT_THROW(session.quantity(name), Error) << name;
}

TEST(Session, ChangesItsRateBetweenStepsButNotWhatARunIs) {
  ThreadPool pool(1);
  Session session(settings_of("sgd"), table(Task::kClassify), 1, pool);
  session.advance();
  Settings s = session.settings();
  s.lr = 0;
  session.change(s);
  const float w = session.quantity("layer1.w[0,0]");
  session.advance();
  EXPECT_EQ(session.quantity("layer1.w[0,0]"), w);
  s.batch = 7, s.lr = 0.1, s.weight_decay = 0.01;
  session.change(s);
  session.advance();
  EXPECT_EQ(session.cursor().position, 32 + 32 + 7);
  s.arch = "dense 2";
  EXPECT_THROW(session.change(s), Error);
}

// By hand: a step of SGD with decay d ends at theta - lr (g + d theta) where one without ends at theta - lr g.
TEST(Session, DecaysWeightsByTheirShareAndBiasesNotAtAll) {
  ThreadPool pool(1);
  Settings s = settings_of("sgd", "dense 5 tanh | dense 2");
  s.schedule = "constant";
  Session session(s, table(Task::kClassify), 1, pool);
  for (int i = 0; i < 20; ++i) session.advance();  // biases begin at zero, where decay would not show
  const auto before = copy_of(session);
  const Cursor at = session.cursor();
  session.advance();
  const auto plain = copy_of(session);
  session.restore(before, at);
  s.weight_decay = 0.25;
  session.change(s);
  session.advance();
  const auto decayed = copy_of(session);
  for (std::size_t t = 0; t < before.size(); ++t)
    for (std::size_t i = 0; i < before[t].values.size(); ++i) {
      const bool is_weight = before[t].name.ends_with(".w");
      EXPECT_NEAR(decayed[t].values[i] - plain[t].values[i], is_weight ? -s.lr * 0.25 * before[t].values[i] : 0, 1e-6)
          << before[t].name << " " << i;
      EXPECT_TRUE(is_weight || std::abs(before[t].values[i]) > 1e-4) << "too near to zero to tell";
    }
}

// Corrected for their start at zero, the moments of step one are g and g^2: every parameter moves by the rate.
TEST(Session, CountsItsStepsFromOneSoThatAdamsFirstIsAsLongAsItsRate) {
  ThreadPool pool(1);
  Settings s = settings_of("adam", "dense 8 tanh | dense 2");
  s.schedule = "constant";
  Session session(s, table(Task::kClassify), 1, pool);
  const auto before = copy_of(session);
  session.advance();
  int moved = 0;
  for (const TensorView& view : session.state()) {
    if (view.name.find('/') != std::string::npos) continue;  // moments
    const auto& old = std::ranges::find(before, view.name, &Tensor::name)->values;
    for (std::size_t i = 0; i < old.size(); ++i) {
      const float step = std::abs(view.values[i] - old[i]);
      EXPECT_TRUE(step == 0 || std::abs(step - s.lr) < 1e-3 * s.lr) << view.name << " " << i << " moved by " << step;
      moved += step > 0;
    }
  }
  EXPECT_GT(moved, 50);
}

TEST(Session, TellsWhichTensorWentWrongFirst) {
  ThreadPool pool(1);
  Settings s = settings_of("sgd", "dense 8 | dense 2");
  s.lr = 1e30, s.schedule = "constant";
  Session session(s, table(Task::kClassify), 1, pool);
  EXPECT_EQ(session.first_not_finite(), "");
  for (int i = 0; i < 5; ++i) session.advance();
  EXPECT_NE(session.first_not_finite(), "");
}

// Dropout, the batch's own statistics, weighted and smoothed losses, varied rows, several batches a step: what is said
// of the step's rows beforehand makes up the loss and the gradient that the step then has.
TEST(InspectStep, TellsTheStepThatComes) {
  Settings s = testing::settings_of("adam", "dropout 0.3 | dense 7 tanh | bn relu | dropout 0.2 | dense 2");
  s.label_smoothing = 0.1, s.balanced_classes = true, s.augment = "noise 0.1", s.accumulate = 2;
  const auto data = testing::table(Task::kClassify);
  ThreadPool pool(2);
  Session session(s, data, 3, pool);
  for (int step = 0; step < 5; ++step) {
    const std::string before = session.fingerprint();
    const auto rows = session.inspect_step();
    EXPECT_EQ(session.fingerprint(), before);
    double weight = 0, loss = 0, slope = 0;
    const std::size_t count = session.next_rows().size();
    for (std::size_t r = 0; r < count; ++r) {
      weight += rows.at("weight")[r], loss += rows.at("loss")[r];
      slope += static_cast<double>(rows.at("layer1.in")[r * 6 + 4]) * rows.at("layer1.delta")[r * 7 + 2];
    }
    EXPECT_FLOAT_EQ(session.quantity("layer3.in[6]@step/11"), rows.at("layer3.in")[11 * 7 + 6]);
    EXPECT_NEAR(session.advance(), loss / weight, 1e-6);
    EXPECT_NEAR(session.quantity("layer1.dw[4,2]"), slope / weight, 1e-6);
  }
}

TEST(Session, MetricsAreQuantities) {
  ThreadPool pool(1);
  const auto data = testing::table(Task::kClassify);
  Session session(testing::settings_of("adam"), data, 3, pool);
  for (int step = 0; step < 20; ++step) session.advance();
  const auto metrics = session.evaluate(Split::kTest);
  EXPECT_EQ(session.quantity("test.accuracy"), static_cast<float>(metrics.at("accuracy")));
  EXPECT_EQ(session.quantity("test.loss"), static_cast<float>(metrics.at("loss")));
  const auto p = session.predict(*data, data->test);
  float counts[4] = {};
  for (std::size_t i = 0; i < data->test.size(); ++i)
    ++counts[2 * data->labels[static_cast<std::size_t>(data->test[i])] + (p[2 * i + 1] > p[2 * i] ? 1 : 0)];
  for (int k = 0; k < 4; ++k)
    EXPECT_EQ(session.quantity(fmt::format("test.confusion[{},{}]", k / 2, k % 2)), counts[k]);
  EXPECT_THROW(session.quantity("test.confusion[2,0]"), Error);
  EXPECT_THROW(session.quantity("test.r2"), Error);
  EXPECT_THROW(session.quantity("valid"), Error);
}

}  // namespace
}  // namespace limn
