// Sessions trained by minimisers: they lower the loss, stand still where they say so, and keep all bits through
// restoring, changing and branching.
#include <gtest/gtest.h>

#include <cmath>

#include "optim/minimiser.hpp"
#include "train/table.hpp"

namespace limn {
namespace {

using testing::table;

Settings minimised(const std::string& optimizer, const std::string& arch = "dense 5 tanh | dense 2") {
  Settings s;
  s.arch = arch, s.optimizer = optimizer, s.lr = 0, s.batch = 1 << 20, s.weight_decay = 1e-3, s.total_steps = 100;
  return s;
}

std::vector<std::string> all_methods() {
  std::vector<std::string> names;
  for (const Method& method : methods()) names.emplace_back(method.name);
  return names;
}

TEST(Minimisers, LowerTheLossOfANetwork) {
  ThreadPool pool(1);
  for (const std::string& method : all_methods()) {
    Session session(minimised(method), table(Task::kClassify), 3, pool);
    const float first = session.advance();
    double before = session.quantity("optim.value");
    for (int i = 0; i < 25 && !session.stopped(); ++i) {
      const float loss = session.advance();
      EXPECT_LE(loss, first) << method;
      // Kept where the step began, to rounding; and never raised by more than that.
      EXPECT_NEAR(session.quantity("optim.initial_value"), before, 1e-6) << method;
      EXPECT_LE(session.quantity("optim.value"), before + 1e-5) << method;
      before = session.quantity("optim.value");
    }
    EXPECT_LT(before, 0.9 * first) << method;
  }
}

TEST(Minimisers, SayTheMeanLossWhereAStepBegan) {
  ThreadPool pool(1);
  Session session(minimised("lbfgs"), table(Task::kClassify), 3, pool);
  for (int i = 0; i < 8; ++i) {
    const double measured = session.evaluate(Split::kTrain).at("loss");
    EXPECT_NEAR(session.advance(), measured, 1e-6);
  }
}

TEST(Minimisers, GoBackAndForthInTimeBitForBit) {
  ThreadPool pool(1);
  for (const std::string& method : all_methods()) {
    for (const char* arch :
         {"dense 4 tanh | dense 2", "dense 5 tanh | dropout 0.3 | dense 2", "dense 4 | bn tanh | dense 2"}) {
      Session session(minimised(method, arch), table(Task::kClassify), 7, pool);
      for (int i = 0; i < 5; ++i) session.advance();
      const auto there = testing::copy_of(session);
      const Cursor at = session.cursor();
      for (int i = 0; i < 4; ++i) session.advance();
      Session other(minimised(method, arch), table(Task::kClassify), 7, pool);
      other.restore(there, at);
      for (int i = 0; i < 4; ++i) other.advance();
      EXPECT_EQ(other.fingerprint(), session.fingerprint()) << method << ": " << arch;
      EXPECT_EQ(other.quantity("train.loss"), session.quantity("train.loss"));
      EXPECT_EQ(other.quantity("optim.evaluations"), session.quantity("optim.evaluations"));
      EXPECT_EQ(other.quantity("layer1.dw[0,0]"), session.quantity("layer1.dw[0,0]"));
      EXPECT_EQ(other.stop_reason(), session.stop_reason());
    }
  }
}

TEST(Minimisers, HaveTheSameBitsOnAnyNumberOfThreads) {
  for (const char* method : {"lbfgs", "cg", "hf", "newton-cg"}) {
    std::string expected;
    for (const int threads : {1, 2, 3, 4}) {
      ThreadPool pool(threads);
      Session session(minimised(method, "dense 60 tanh | dense 2"), table(Task::kClassify, 3000), 5, pool);
      for (int i = 0; i < 4; ++i) session.advance();
      if (expected.empty()) expected = session.fingerprint();
      EXPECT_EQ(session.fingerprint(), expected) << method << ", " << threads << " threads";
    }
  }
}

TEST(Minimisers, StopByTheGradientAndStayStopped) {
  ThreadPool pool(1);
  Settings s = minimised("newton", "dense 2");
  s.gradient_tolerance = 1e-5;
  Session session(s, table(Task::kClassify), 3, pool);
  for (int i = 0; i < 50 && !session.stopped(); ++i) session.advance();
  EXPECT_EQ(session.stop_reason(), "gradient");
  EXPECT_LE(session.quantity("optim.gradient_norm"), 1e-5);
  const auto there = testing::copy_of(session);
  Session other(s, table(Task::kClassify), 3, pool);
  other.restore(there, session.cursor());
  EXPECT_EQ(other.stop_reason(), "gradient");
  other.edit({{"layer1.w[0,0]", 3}});
  EXPECT_EQ(other.stop_reason(), "");  // another point
  Settings stricter = s;
  stricter.weight_decay = 0.01;
  session.change(stricter);
  EXPECT_EQ(session.stop_reason(), "");  // another objective
}

TEST(Minimisers, TakeBatchesThatGrow) {
  ThreadPool pool(1);
  Settings s = minimised("lbfgs");
  s.batch = 10, s.batch_growth = 2;
  Session session(s, table(Task::kClassify), 3, pool);  // 126 rows
  std::vector<std::size_t> sizes;
  for (int i = 0; i < 8; ++i) {
    sizes.push_back(session.next_rows().size());
    session.advance();
  }
  EXPECT_EQ(sizes, (std::vector<std::size_t>{10, 20, 40, 56, 126, 126, 126, 126}));
  EXPECT_EQ(session.cursor().epoch, 5);
  EXPECT_EQ(session.cursor().position, 0);
}

TEST(Minimisers, GoOnWithWhatARuleLearnedAndTheOtherWayRound) {
  ThreadPool pool(1);
  const auto data = table(Task::kClassify);
  Settings adam = testing::settings_of("adam", "dense 5 tanh | dense 2");
  Session session(adam, data, 3, pool);
  for (int i = 0; i < 20; ++i) session.advance();
  const float w = session.quantity("layer1.w[0,0]");
  Settings other = minimised("lbfgs");
  EXPECT_THROW(session.change(other), Error);
  session.branch(other);
  EXPECT_EQ(session.quantity("layer1.w[0,0]"), w);
  EXPECT_EQ(session.cursor().step, 20);
  const double before = session.evaluate(Split::kTrain).at("loss");
  for (int i = 0; i < 5; ++i) session.advance();
  EXPECT_LT(session.evaluate(Split::kTrain).at("loss"), before);
  session.branch(adam);
  session.advance();
  EXPECT_THROW(session.quantity("optim.value"), Error);
  Session fresh(adam, data, 3, pool);
  EXPECT_EQ(session.state().size(), fresh.state().size());
}

struct Refused {
  const char* what;
  void (*set)(Settings&);
};

TEST(Minimisers, RefuseWhatTheyWouldIgnore) {
  ThreadPool pool(1);
  const Refused table_of[] = {
      {"l1", [](Settings& s) { s.l1 = 0.1; }},
      {"max_norm", [](Settings& s) { s.max_norm = 1; }},
      {"clip", [](Settings& s) { s.clip = 1; }},
      {"clip_value", [](Settings& s) { s.clip_value = 1; }},
      {"lr", [](Settings& s) { s.lr = 1; }},
      {"accumulate", [](Settings& s) { s.accumulate = 2; }},
      {"lr_scale", [](Settings& s) { s.lr_scale = "layer1=2"; }},
      {"matrix", [](Settings& s) { s.optimizer = "bfgs", s.arch = "dense 1000 tanh | dense 2"; }},
      {"line search", [](Settings& s) { s.line_search = "none"; }}};
  for (const Refused& c : table_of) {
    Settings s = minimised("lbfgs");
    c.set(s);
    try {
      Session session(s, table(Task::kClassify), 3, pool);
      ADD_FAILURE() << c.what << " was taken";
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(c.what), std::string::npos) << error.what();
      EXPECT_FALSE(error.hint().empty());
    }
  }
}

TEST(Minimisers, NameTheirQuantities) {
  ThreadPool pool(1);
  Session session(minimised("hf"), table(Task::kClassify), 3, pool);
  session.advance();
  EXPECT_GE(session.quantity("optim.residuals"), 2);
  EXPECT_GT(session.quantity("optim.residual[0]"), 0);
  EXPECT_GE(session.quantity("optim.trials"), 1);
  EXPECT_TRUE(std::isfinite(session.quantity("optim.trial_value[0]")));
  EXPECT_EQ(session.quantity("hf/objective[1]"), 0);
  try {
    session.quantity("optim.nothing");
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_NE(error.hint().find("optim.gradient_norm[]"), std::string::npos) << error.hint();
  }
}

}  // namespace
}  // namespace limn
