// What is told of a step: what it added and learned with, what it cost, and digests of what it was made from.
#include "train/update_look.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "optim/minimiser.hpp"
#include "rule/rule.hpp"
#include "train/distribution.hpp"
#include "train/table.hpp"

namespace limn {
namespace {

using testing::settings_of, testing::table;

constexpr const char *kWeight = "layer1.w[2,3]", *kGradient = "layer1.dw[2,3]";

Settings plain(const std::string& optimizer) {
  Settings s = settings_of(optimizer, "dense 16 tanh | dense 2");
  s.schedule = "constant";
  return s;
}

TEST(LastUpdate, IsWhatEveryRuleAddedToAParameter) {
  ThreadPool pool(1);
  for (const Rule& rule : rules()) {
    Session session(plain(std::string(rule.name)), table(Task::kClassify), 3, pool);
    session.keep_before(true);
    for (int i = 0; i < 4; ++i) {
      const double before = session.quantity(kWeight);
      session.advance();
      const double step = session.quantity(kWeight) - before;
      EXPECT_EQ(session.quantity(fmt::format("step/{}", kWeight)), static_cast<float>(step)) << rule.name;
      if (rule.name != "rprop") {  // which rests where a gradient flips its sign
        EXPECT_NE(step, 0) << rule.name;
      }
    }
  }
}

TEST(LastUpdate, HasAdamsRateByTheMomentsAsTheyAre) {
  ThreadPool pool(1);
  for (const bool corrected : {true, false}) {
    Settings s = plain("adam");
    s.bias_correction = corrected, s.epsilon = 1e-3;
    Session session(s, table(Task::kClassify), 3, pool);
    session.keep_before(true);
    for (int t = 1; t <= 10; ++t) {
      session.advance();
      const double m = session.quantity(fmt::format("adam.m/{}", kWeight)),
                   v = session.quantity(fmt::format("adam.v/{}", kWeight));
      const double m_hat = corrected ? m / (1 - std::pow(0.9, t)) : m,
                   v_hat = corrected ? v / (1 - std::pow(0.999, t)) : v;
      const double rate = s.lr / (std::sqrt(v_hat) + s.epsilon);
      EXPECT_NEAR(session.quantity(fmt::format("rate/{}", kWeight)), rate, 1e-5 * rate);
      EXPECT_NEAR(session.quantity(fmt::format("adam.v̂/{}", kWeight)), v_hat, 1e-4 * v_hat);
      EXPECT_NEAR(session.quantity(fmt::format("step/{}", kWeight)), -rate * m_hat,
                  1e-3 * std::abs(rate * m_hat) + 1e-7);
    }
  }
}

TEST(LastUpdate, HasTheRateOfOthersBesideTheirGradient) {
  ThreadPool pool(1);
  Session session(plain("momentum"), table(Task::kClassify), 3, pool);
  session.keep_before(true);
  for (int i = 0; i < 3; ++i) session.advance();
  const double rate = session.quantity(fmt::format("rate/{}", kWeight));
  EXPECT_NEAR(rate, std::abs(session.quantity(fmt::format("step/{}", kWeight)) / session.quantity(kGradient)),
              1e-5 * rate);
}

TEST(LastUpdate, IsRefusedWhereItWasNotKept) {
  ThreadPool pool(1);
  Session session(plain("adam"), table(Task::kClassify), 3, pool);
  session.advance();
  EXPECT_THROW(session.quantity("step/layer1.w[0,0]"), Error);
  EXPECT_TRUE(session.last_update().empty());
}

TEST(StepCost, IsTheShareOfTheRowsThatARuleTook) {
  ThreadPool pool(1);
  Settings s = plain("sgd");
  s.schedule = "range", s.total_steps = 40, s.lr = 10;
  const auto data = table(Task::kClassify);
  Session session(s, data, 3, pool);
  double epoch = 0;
  for (std::int64_t k = 0; k < session.steps_per_epoch(); ++k) {
    session.advance();
    epoch += session.quantity("step.evaluations");
    const double lr = 10 * std::pow(1e-6, 1 - static_cast<double>(k) / 40);
    EXPECT_EQ(session.quantity("step.lr"), static_cast<float>(lr));
    if (k == 0) {
      EXPECT_FLOAT_EQ(session.quantity("step.evaluations"), 32.0f / static_cast<float>(data->train.size()));
    }
  }
  EXPECT_NEAR(epoch, 1, 1e-6);
}

TEST(StepCost, CountsProductsTwiceAndAHessianTwiceAParameter) {
  ThreadPool pool(1);
  const auto data = table(Task::kClassify);
  const auto rows = static_cast<double>(data->train.size());
  for (const char* method : {"lbfgs", "newton", "newton-cg", "hf"})
    for (const std::int64_t batch : {1 << 20, 50}) {
      Settings s = plain(method);
      s.lr = 0, s.weight_decay = 1e-3, s.arch = "dense 4 tanh | dense 2", s.batch = batch;
      Session session(s, data, 3, pool);
      double last = 0;
      const double share = batch == 50 ? 50 / rows : 1;
      for (int i = 0; i < 2; ++i) {
        session.advance();
        const auto n = static_cast<double>(session.parameters());
        const double all = session.quantity("optim.evaluations") + 2 * session.quantity("optim.products") +
                           2 * n * session.quantity("optim.matrices");
        EXPECT_FLOAT_EQ(session.quantity("step.evaluations"), static_cast<float>((all - last) * share)) << method;
        EXPECT_EQ(session.row()[1], session.quantity("step.evaluations"));
        last = all;
      }
      EXPECT_GT(last, 2) << method;
    }
}

TEST(Digests, AreOneForAllOptimisersOnTheSameRowsAndOthersForOtherRows) {
  ThreadPool pool(1);
  const auto data = table(Task::kClassify);
  const auto of = [&](const std::string& optimizer, std::int64_t batch, std::uint64_t seed) {
    Settings s = plain(optimizer);
    s.batch = batch;
    if (find_method(optimizer)) s.lr = 0;
    Session session(s, data, seed, pool);
    std::vector<double> all{session.quantity("parameters.digest")};
    for (int i = 0; i < 3; ++i) {
      all.push_back(session.quantity("batch.digest"));
      session.advance();
    }
    return all;
  };
  const auto mini = of("sgd", 32, 3);
  EXPECT_NE(mini[1], mini[2]);
  EXPECT_EQ(of("adam", 32, 3), mini);
  EXPECT_EQ(of("lbfgs", 32, 3), mini);
  const auto other = of("sgd", 32, 4), full = of("adam", 1 << 20, 3);
  EXPECT_NE(other[0], mini[0]);
  EXPECT_NE(other[1], mini[1]);
  EXPECT_EQ(full[0], mini[0]);
  EXPECT_NE(full[1], mini[1]);
  EXPECT_EQ(of("bfgs", 1 << 20, 3), full);  // whose rows stand in another order
}

TEST(Curvatures, AreKeptOfTheStepsThatWereLookedAtLast) {
  ThreadPool pool(1);
  Settings s = plain("adam");
  s.arch = "dense 3 tanh | dense 2";
  Session session(s, table(Task::kClassify), 3, pool);
  std::vector<std::vector<Tensor>> states;
  std::vector<Cursor> cursors;
  const auto turns = [&] {  // that the eigenvalues take until they are there
    int n = 1;
    while (!session.prepare("eigenvalue[0]")) ++n;
    return n;
  };
  for (int i = 0; i < 12; ++i) {
    states.push_back(testing::copy_of(session)), cursors.push_back(session.cursor());
    EXPECT_GT(turns(), session.parameters() - 1);
    EXPECT_EQ(turns(), 1);
    session.advance();
  }
  const auto back_at = [&](std::size_t step) {
    session.restore(states[step], cursors[step]);
    return turns();
  };
  EXPECT_EQ(back_at(11), 1);
  EXPECT_EQ(back_at(4), 1);
  EXPECT_GT(back_at(3), 1);
}

TEST(Distribution, HasBinsOfSizesWhereNumbersSpanDecades) {
  Random random(5, "distribution");
  std::vector<double> wide(500), narrow(500);
  for (double& v : wide) v = std::pow(10, -6 * random.uniform()) * (random.uniform() < 0.3 ? -1 : 1);
  for (double& v : narrow) v = 2 * random.uniform() - 1;
  wide[7] = 0, wide[9] = std::nan("");
  const Distribution w = distribution(wide), n = distribution(narrow);
  EXPECT_TRUE(w.is_log);
  EXPECT_FALSE(n.is_log);
  EXPECT_EQ(w.zeros, 1);
  EXPECT_EQ(w.nonfinite, 1);
  for (int bin = 0; bin < 40; ++bin) {
    const auto within = [&](double v, const Distribution& d) {
      const double at = d.is_log ? (std::log10(v) - std::log10(d.low)) / (std::log10(d.high) - std::log10(d.low))
                                 : (v - d.low) / (d.high - d.low);
      return at * 40 >= bin && (at * 40 < bin + 1 || bin == 39);
    };
    const auto k = static_cast<std::size_t>(bin);
    EXPECT_NEAR(w.count[k], std::ranges::count_if(wide, [&](double v) { return v > 0 && within(v, w); }), 1);
    EXPECT_NEAR(w.negative[k], std::ranges::count_if(wide, [&](double v) { return v < 0 && within(-v, w); }), 1);
    EXPECT_EQ(n.count[k], std::ranges::count_if(narrow, [&](double v) { return within(v, n); }));
  }
  for (std::size_t k = 0; k < kPercents.size(); ++k) {  // as many as that are no larger, and one less is too few
    const double size = std::abs(narrow[n.quantiles[k]]);
    const auto below = [&](auto is) {
      return std::ranges::count_if(narrow, [&](double v) { return is(std::abs(v)); });
    };
    EXPECT_GE(100 * below([&](double v) { return v <= size; }), kPercents[k] * 500);
    EXPECT_LT(100 * below([&](double v) { return v < size; }), std::max(1, kPercents[k] * 500));
  }
}

}  // namespace
}  // namespace limn
