// What steers a whole training: selections, accumulated batches, the validation loss, statistics, losses.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "rule/rule.hpp"
#include "train/loss.hpp"
#include "train/table.hpp"

namespace limn {
namespace {

using testing::copy_of, testing::settings_of, testing::table;

const TensorView& find(const std::vector<TensorView>& views, const std::string& name) {
  return *std::ranges::find(views, name, &TensorView::name);
}
std::vector<float> values(Session& session, const std::string& name) {
  const auto state = session.state();
  const auto& view = find(state, name);
  return {view.values.begin(), view.values.end()};
}

TEST(Freezing, KeepsEveryBitOfAParameterAndItsMoments) {
  ThreadPool pool(1);
  for (const Rule& rule : rules()) {
    Settings s = settings_of(std::string(rule.name));
    s.freeze = "layer1.w layer2.b[1]", s.weight_decay = 0.01;
    Session session(s, table(Task::kClassify), 3, pool);
    const auto before = copy_of(session);
    for (int i = 0; i < 20; ++i) session.advance();
    for (const Tensor& tensor : before) {
      const auto now = values(session, tensor.name);
      if (tensor.name.ends_with("layer1.w")) {
        EXPECT_EQ(now, tensor.values) << rule.name << " " << tensor.name;
      } else if (tensor.name.ends_with("layer2.b")) {
        EXPECT_EQ(now[1], tensor.values[1]) << rule.name << " " << tensor.name;
      } else {
        EXPECT_NE(now, tensor.values) << rule.name << " " << tensor.name;
      }
    }
    Settings thawed = s;
    thawed.freeze = "";
    session.change(thawed);
    for (int i = 0; i < 3; ++i) session.advance();
    EXPECT_NE(values(session, "layer1.w"), before[0].values) << rule.name;
  }
}

TEST(Cutting, KeepsAWeightAtZeroFromTheNextStepOnAndInEvaluationsAtOnce) {
  ThreadPool pool(1);
  Settings s = settings_of("adam", "dense 8 tanh | dense 2");
  Session session(s, table(Task::kClassify), 3, pool);
  for (int i = 0; i < 30; ++i) session.advance();
  const double whole = session.evaluate(Split::kTest)["loss"];
  s.cut = "layer1.unit[2] layer2.w[0,1]";
  session.change(s);
  const double cut = session.evaluate(Split::kTest)["loss"];
  EXPECT_NE(cut, whole);
  for (int i = 0; i < 10; ++i) {
    session.advance();
    for (int row = 0; row < 6; ++row) EXPECT_EQ(session.quantity(fmt::format("layer1.w[{},2]", row)), 0);
    for (const char* name : {"layer1.b[2]", "layer2.w[2,0]", "layer2.w[2,1]", "layer2.w[0,1]"})
      EXPECT_EQ(session.quantity(name), 0) << name;
  }
  EXPECT_NE(session.quantity("layer2.w[0,0]"), 0);

  Session from_the_start(s, table(Task::kClassify), 3, pool);
  EXPECT_EQ(from_the_start.quantity("layer1.w[0,2]"), 0);
}

TEST(Accumulating, TakesTheGradientOfAllRowsTogether) {
  ThreadPool pool(1);
  // 126 training rows: steps of 96 and 30, in batches of 32.
  Settings together = settings_of("momentum", "dense 16 tanh | dense 2"), apart = together;
  together.batch = 96, apart.batch = 32, apart.accumulate = 3;
  for (const bool balanced : {false, true}) {
    together.balanced_classes = apart.balanced_classes = balanced;
    Session a(together, table(Task::kClassify), 3, pool), b(apart, table(Task::kClassify), 3, pool);
    EXPECT_EQ(b.steps_per_epoch(), 2);
    for (int i = 0; i < 6; ++i) {
      const float loss = a.advance();
      EXPECT_NEAR(b.advance(), loss, 1e-6);
      EXPECT_EQ(a.cursor(), b.cursor());
      EXPECT_NEAR(a.quantity("layer1.dw[1,3]"), b.quantity("layer1.dw[1,3]"), 1e-6);
    }
    const auto expected = values(a, "layer2.w"), got = values(b, "layer2.w");
    for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(got[i], expected[i], 1e-5);
  }
}

TEST(Accumulating, DrawsADropoutMaskForEveryBatch) {
  ThreadPool pool(1);
  auto data = std::make_shared<Dataset>(*table(Task::kClassify));
  data->train = std::vector<std::int32_t>(8, data->train[0]);  // one row, again and again
  Settings s = settings_of("sgd", "dense 16 tanh | dropout 0.5 | dense 2");
  s.lr = 0, s.batch = 4;
  Session one(s, data, 3, pool);
  s.accumulate = 2;
  Session two(s, data, 3, pool);
  const float first = one.advance(), second = one.advance(), both = two.advance();
  EXPECT_NE(first, second);
  EXPECT_NEAR(both, (first + second) / 2, 1e-6);
}

// Everything that a state can have, at once.
Settings everything(const std::string& optimizer) {
  Settings s = settings_of(optimizer, "dense 16 | bn tanh | dropout 0.2 | dense 2");
  s.schedule = "plateau", s.patience = 1, s.drop = 0.5, s.warmup = 3, s.early_stop = 100, s.accumulate = 2,
  s.batch = 16;
  s.weight_decay = 0.01, s.l1 = 1e-4, s.max_norm = 2, s.clip = 1, s.freeze = "layer1.b", s.cut = "layer1.w[0,0]";
  s.lr_scale = "layer3=0.5", s.label_smoothing = 0.1, s.balanced_classes = true;
  return s;
}

TEST(AFullState, TravelsAndIsTheSameOnAnyNumberOfThreads) {
  for (const char* optimizer : {"adamw", "nadam", "rprop"}) {
    ThreadPool pool(1), three(3);
    Session session(everything(optimizer), table(Task::kClassify), 7, pool);
    std::vector<Tensor> there;
    Cursor at;
    for (int i = 0; i < 650; ++i) {
      if (i == 430) there = copy_of(session), at = session.cursor();
      session.advance();
    }
    EXPECT_GE(session.best_step(), 200);
    for (const char* name :
         {"layer2.mean", "plateau/drops", "early_stop/best", "best/layer1.w", "best/layer2.variance"})
      EXPECT_TRUE(std::ranges::count(there, name, &Tensor::name)) << name;
    Session other(everything(optimizer), table(Task::kClassify), 7, three);
    other.restore(there, at);
    while (other.cursor().step < 650) other.advance();
    EXPECT_EQ(other.fingerprint(), session.fingerprint()) << optimizer;
    EXPECT_EQ(other.evaluate(Split::kTest, Weights::kBest), session.evaluate(Split::kTest, Weights::kBest));
    auto state = session.state();
    find(state, "layer2.mean").values[0] += 1;
    EXPECT_NE(other.fingerprint(), session.fingerprint()) << "statistics are part of it";
  }
}

TEST(Statistics, AreWhatEvaluationUses) {
  ThreadPool pool(1);
  Session session(settings_of("adam", "dense 16 | bn relu | dense 2"), table(Task::kClassify), 7, pool);
  EXPECT_EQ(session.quantity("layer2.mean[0]"), 0);
  EXPECT_EQ(session.quantity("layer2.variance[0]"), 1);
  for (int i = 0; i < 50; ++i) session.advance();
  const double before = session.evaluate(Split::kTest)["loss"];
  auto state = session.state();
  for (float& variance : find(state, "layer2.variance").values) {
    EXPECT_NE(variance, 1);
    variance *= 100;
  }
  EXPECT_NE(session.evaluate(Split::kTest)["loss"], before);
}

TEST(ThePlateauSchedule, DropsTheRateWhenTheValidationLossNoLongerFalls) {
  ThreadPool pool(1);
  Settings s = settings_of("sgd", "dense 2");
  s.schedule = "plateau", s.lr = 0, s.patience = 2, s.drop = 0.5;  // nothing is learned, so no loss is lower
  Session session(s, table(Task::kClassify), 7, pool);
  const auto interval = session.evaluation_interval();
  EXPECT_EQ(interval, 200);
  std::vector<float> drops;
  for (std::int64_t i = 1; i <= 6 * interval; ++i) {
    session.advance();
    if (i % interval == 0) drops.push_back(session.quantity("plateau/drops"));
  }
  EXPECT_EQ(drops, (std::vector<float>{0, 0, 1, 1, 2, 2})) << "the first measurement is the lowest, then two wait";
  s.schedule = "constant";
  session.change(s);
  session.advance();
  EXPECT_THROW(session.quantity("plateau/drops"), Error);

  Settings slow = settings_of("sgd", "dense 2");
  slow.schedule = "plateau", slow.patience = 1, slow.drop = 0.5, slow.lr = 1e-30;
  Session dropped(slow, table(Task::kClassify), 7, pool);
  for (std::int64_t i = 0; i < 2 * interval; ++i) dropped.advance();
  ASSERT_EQ(dropped.quantity("plateau/drops"), 1);
  slow.lr = 0.5;
  dropped.change(slow);
  Settings constant = slow;
  constant.schedule = "constant", constant.lr = 0.25;
  Session halved(constant, table(Task::kClassify), 7, pool);
  halved.restore(copy_of(dropped), dropped.cursor());
  dropped.advance(), halved.advance();
  EXPECT_EQ(values(dropped, "layer1.w"), values(halved, "layer1.w"));
}

TEST(EarlyStopping, StopsAndKeepsTheWeightsOfTheLowestValidationLoss) {
  ThreadPool pool(1);
  Settings s = settings_of("adam", "dense 64 tanh | dense 64 tanh | dense 2");  // so large that it overfits
  s.early_stop = 3, s.schedule = "constant";
  const auto data = table(Task::kClassify);
  Session session(s, data, 7, pool);
  EXPECT_EQ(session.best_step(), -1);
  EXPECT_EQ(session.evaluate(Split::kValid, Weights::kBest), session.evaluate(Split::kValid));
  double lowest = INFINITY;
  std::int64_t best = -1;
  std::vector<float> weights;
  while (!session.stopped() && session.cursor().step < 20000) {
    session.advance();
    if (session.cursor().step % session.evaluation_interval() != 0) continue;
    const auto loss = static_cast<double>(static_cast<float>(session.evaluate(Split::kValid)["loss"]));
    if (loss < lowest) lowest = loss, best = session.cursor().step, weights = values(session, "layer2.w");
  }
  ASSERT_TRUE(session.stopped());
  EXPECT_EQ(session.cursor().step, best + 3 * session.evaluation_interval());
  EXPECT_EQ(session.best_step(), best);
  EXPECT_EQ(values(session, "best/layer2.w"), weights);
  EXPECT_EQ(static_cast<double>(static_cast<float>(session.evaluate(Split::kValid, Weights::kBest)["loss"])), lowest);
  EXPECT_NE(session.predict(*data, data->test, Weights::kBest), session.predict(*data, data->test));

  auto without = std::make_shared<Dataset>(*data);
  without->valid.clear();
  Session blind(s, without, 7, pool);
  EXPECT_THROW(while (blind.cursor().step < 1000) blind.advance(), Error);
}

TEST(Losses, LearnWhatTheyAreFor) {
  ThreadPool pool(1);
  const auto numbers = table(Task::kRegress, 1200);
  for (const Loss& loss : losses()) {
    if (!loss.for_numbers || loss.of_counts) continue;
    Settings s = settings_of("adam", "dense 32 gelu | dense 1");
    s.loss = loss.name, s.total_steps = 1500;
    Session session(s, numbers, 3, pool);
    for (int i = 0; i < 1500; ++i) session.advance();
    auto metrics = session.evaluate(Split::kTest);
    EXPECT_GE(metrics["r2"], 0.9) << loss.name;
    EXPECT_GT(metrics["mae"], 0);
    EXPECT_LE(metrics["mae"], metrics["rmse"]) << loss.name;
  }
}

TEST(TheQuantileLoss, LeavesItsPartOfTheTargetsBelow) {
  ThreadPool pool(1);
  const auto data = table(Task::kRegress, 1200);
  for (const double quantile : {0.1, 0.5, 0.9}) {
    Settings s = settings_of("adam", "dense 1");
    s.loss = "quantile", s.quantile = quantile, s.total_steps = 1000;
    Session session(s, data, 3, pool);
    for (int i = 0; i < 1000; ++i) session.advance();
    const auto predicted = session.predict(*data, data->train);
    double below = 0;
    for (std::size_t i = 0; i < predicted.size(); ++i)
      below += data->targets[static_cast<std::size_t>(data->train[i])] * 2 + 10 < predicted[i];
    EXPECT_NEAR(below / static_cast<double>(predicted.size()), quantile, 0.03);
  }
}

TEST(ThePoissonLoss, PredictsRatesInTheirOwnUnits) {
  ThreadPool pool(1);
  auto data = std::make_shared<Dataset>(*table(Task::kRegress, 1200));
  // Targets with the mean exp(x0 + 1), standardised as the reader would.
  for (std::size_t i = 0; i < data->targets.size(); ++i)
    data->targets[i] = static_cast<float>((std::exp(data->values[i * 6] + 1) - 10) / 2);
  Settings s = settings_of("adam", "dense 1");
  s.loss = "poisson", s.lr = 0.03, s.total_steps = 1000;
  Session session(s, data, 3, pool);
  for (int i = 0; i < 1000; ++i) session.advance();
  EXPECT_NEAR(session.quantity("layer1.w[0,0]"), 1, 0.02);
  EXPECT_NEAR(session.quantity("layer1.b[0]"), 1, 0.02);
  EXPECT_LE(session.evaluate(Split::kTest)["rmse"], 0.1);
  const auto predicted = session.predict(*data, data->test);
  EXPECT_NEAR(predicted[0], std::exp(data->values[static_cast<std::size_t>(data->test[0]) * 6] + 1), 0.1);
  data->targets[static_cast<std::size_t>(data->train[3])] = -6;
  EXPECT_THROW(Session(s, data, 3, pool), Error);
}

TEST(ClassWeights, LetARareClassCountAsMuchAsAFrequentOne) {
  ThreadPool pool(1);
  auto data = std::make_shared<Dataset>(*table(Task::kClassify, 1200));
  std::erase_if(data->train,
                [&](std::int32_t row) { return data->labels[static_cast<std::size_t>(row)] == 1 && row % 7; });
  const auto rare = std::ranges::count_if(
      data->train, [&](std::int32_t row) { return data->labels[static_cast<std::size_t>(row)] == 1; });
  for (const char* arch : {"dense 2", "dense 1"})
    for (const bool balanced : {false, true}) {
      Settings s = settings_of("adam", arch);
      s.balanced_classes = balanced, s.batch = 4096, s.lr = 0.1, s.total_steps = 500;
      s.freeze = "layer1.w", s.cut = "layer1.w";  // the bias alone learns how frequent the classes seem
      Session session(s, data, 3, pool);
      for (int i = 0; i < 500; ++i) session.advance();
      const double p = session.predict(*data, data->test)[1];
      EXPECT_NEAR(p, balanced ? 0.5 : static_cast<double>(rare) / static_cast<double>(data->train.size()), 0.01);
    }
}

}  // namespace
}  // namespace limn
