// Laws of training, on random architectures, settings and data: the same bits on any threads and through a snapshot at
// any step, every row once an epoch, chunks that cover everything once.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <set>

#include "base/random.hpp"
#include "kernel/contraction.hpp"
#include "rule/rule.hpp"
#include "temporary_folder.hpp"
#include "train/session.hpp"
#include "train/snapshot.hpp"

namespace limn {
namespace {

std::shared_ptr<const Dataset> table(std::int64_t rows, std::int64_t features, std::int64_t classes) {
  auto values = std::make_shared<std::vector<float>>();
  auto data = std::make_shared<Dataset>();
  Random random(9, "table");
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t j = 0; j < features; ++j) values->push_back(static_cast<float>(random.normal()));
    data->labels.push_back(static_cast<std::int32_t>(i % classes));
    data->targets.push_back(static_cast<float>(random.normal()));
    data->train.push_back(static_cast<std::int32_t>(i));
  }
  data->name = "table", data->sample = {features}, data->size = rows;
  data->task = classes > 1 ? Task::kClassify : Task::kRegress;
  for (std::int64_t c = 0; c < classes && classes > 1; ++c) data->classes.push_back(std::to_string(c));
  data->values = *values;
  data->owner = values;
  return data;
}

struct Case {
  Settings settings;
  std::shared_ptr<const Dataset> data;
  std::uint64_t seed;
};

// widest: of a layer. Wide ones are shared out among threads.
Case any_case(std::int64_t widest) {
  Case c;
  const auto classes = *rc::gen::inRange<std::int64_t>(1, 6), rows = *rc::gen::inRange<std::int64_t>(5, 90);
  c.data = table(rows, *rc::gen::inRange<std::int64_t>(1, widest), classes);
  const std::vector<std::string> activations{"linear", "sigmoid", "tanh", "relu", "gelu", "softmax"};
  for (int i = 0, n = *rc::gen::inRange(0, 3); i < n; ++i) {
    c.settings.arch +=
        fmt::format("dense {} {} | ", *rc::gen::inRange<std::int64_t>(1, widest), *rc::gen::elementOf(activations));
    if (*rc::gen::arbitrary<bool>()) c.settings.arch += fmt::format("dropout 0.{} | ", *rc::gen::inRange(1, 9));
  }
  c.settings.arch += fmt::format("dense {}", classes);
  std::vector<std::string> names;
  for (const Rule& rule : rules()) names.emplace_back(rule.name);
  c.settings.optimizer = *rc::gen::elementOf(names);
  c.settings.loss = classes > 1 && *rc::gen::arbitrary<bool>() ? "cross-entropy" : "squared";
  c.settings.init = *rc::gen::element(std::string("he"), std::string("glorot"));
  c.settings.schedule = *rc::gen::element(std::string("constant"), std::string("cosine"));
  c.settings.batch = *rc::gen::inRange<std::int64_t>(1, rows + 1);
  c.settings.lr = 0.01, c.settings.total_steps = 30;
  c.settings.weight_decay = *rc::gen::element(0.0, 0.01);
  c.seed = *rc::gen::arbitrary<std::uint64_t>();
  RC_LOG() << c.settings.optimizer << " " << c.settings.arch << " batch " << c.settings.batch << " of " << rows << "\n";
  return c;
}

RC_GTEST_PROP(Training, IsTheSameBitsOnAnyThreads, ()) {
  const Case c = any_case(300);
  std::string expected;
  for (const int threads : {1, *rc::gen::inRange(2, 6)}) {
    ThreadPool pool(threads);
    Session session(c.settings, c.data, c.seed, pool);
    for (int i = 0; i < 4; ++i) session.advance();
    if (expected.empty()) expected = session.fingerprint();
    RC_ASSERT(session.fingerprint() == expected);
  }
}

RC_GTEST_PROP(Training, GoesOnFromASnapshotOfAnyStepAsIfNothingHadBeen, ()) {
  const TemporaryFolder folder;
  const Case c = any_case(20);
  const int at = *rc::gen::inRange(0, 25), more = *rc::gen::inRange(1, 25);
  ThreadPool pool(1);
  Session session(c.settings, c.data, c.seed, pool);
  for (int i = 0; i < at; ++i) session.advance();
  save_snapshot(folder / "s", session.state(), {session.cursor(), "build", "isa"});
  std::vector<float> losses;
  for (int i = 0; i < more; ++i) losses.push_back(session.advance());
  Session other(c.settings, c.data, c.seed, pool);
  const Snapshot snapshot = load_snapshot(folder / "s");
  other.restore(snapshot.tensors, snapshot.info.cursor);
  RC_ASSERT(other.cursor().step == at);
  const auto bits = [](float loss) { return std::bit_cast<std::uint32_t>(loss); };  // it may have diverged to NaN
  for (int i = 0; i < more; ++i) RC_ASSERT(bits(other.advance()) == bits(losses[static_cast<std::size_t>(i)]));
  RC_ASSERT(other.fingerprint() == session.fingerprint());
}

// With a rate of zero nothing is learned, so the losses of an epoch's steps tell which rows they took: weighted by
// their sizes they are the loss over all rows, and one row at a time they are the losses of the rows in another order.
RC_GTEST_PROP(Epoch, TakesEveryRowOnceHoweverItIsCut, ()) {
  Case c = any_case(9);
  c.settings.lr = 0, c.settings.weight_decay = 0;
  c.settings.optimizer = "sgd";  // the steps of rprop, for one, are not of the rate
  for (auto at = c.settings.arch.find("dropout"); at != std::string::npos; at = c.settings.arch.find("dropout"))
    c.settings.arch.erase(at, std::string("dropout 0.1 | ").size());
  ThreadPool pool(1);
  const auto losses_of = [&](std::int64_t batch, std::int64_t epoch) {
    Settings s = c.settings;
    s.batch = batch;
    Session session(s, c.data, c.seed, pool);
    std::vector<double> losses;
    const auto rows = static_cast<std::int64_t>(c.data->train.size());
    while (session.cursor().epoch <= epoch) {
      const bool counts = session.cursor().epoch == epoch;
      const std::int64_t size = std::min(batch, rows - session.cursor().position);
      const double loss = session.advance();
      if (counts) losses.push_back(loss * static_cast<double>(size));
    }
    return losses;
  };
  const auto sum = [](const std::vector<double>& list) {
    double total = 0;
    for (const double v : list) total += v;
    return total;
  };
  auto one = losses_of(1, 0), next = losses_of(1, 1);
  RC_ASSERT(one.size() == c.data->train.size());
  // A network of dead units says the same of every row; else another order shows.
  RC_ASSERT(std::set<double>(one.begin(), one.end()).size() < 8 || one != next);
  std::ranges::sort(one), std::ranges::sort(next);
  RC_ASSERT(one == next);
  RC_ASSERT(std::abs(sum(losses_of(c.settings.batch, 2)) - sum(one)) <= 1e-4 * (1 + sum(one)));
  Session session(c.settings, c.data, c.seed, pool);
  RC_ASSERT(std::abs(session.evaluate(Split::kTrain).at("loss") * static_cast<double>(one.size()) - sum(one)) <=
            1e-4 * (1 + sum(one)));
}

RC_GTEST_PROP(Contraction, IsCutIntoBlocksThatCoverItOnce, (bool transpose_a)) {
  const auto m = *rc::gen::inRange<std::int64_t>(1, 700), n = *rc::gen::inRange<std::int64_t>(1, 700),
             k = *rc::gen::inRange<std::int64_t>(1, 3000);
  const Contraction c = plan_contraction(transpose_a, m, n, k);
  std::vector<char> covered(static_cast<std::size_t>(m * n), 0);
  for (int chunk = 0; chunk < c.chunks(); ++chunk) {
    const Block block = block_of(c, chunk);
    RC_ASSERT(0 <= block.row0 && block.row0 <= block.row1 && block.row1 <= m);
    RC_ASSERT(0 <= block.column0 && block.column0 <= block.column1 && block.column1 <= n);
    for (std::int64_t i = block.row0; i < block.row1; ++i)
      for (std::int64_t j = block.column0; j < block.column1; ++j) ++covered[static_cast<std::size_t>(i * n + j)];
  }
  RC_ASSERT(std::ranges::all_of(covered, [](char times) { return times == 1; }));
}

RC_GTEST_PROP(ThreadPool, RunsEveryChunkOnce, ()) {
  ThreadPool pool(*rc::gen::inRange(1, 7));
  const auto chunks = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 40));
  struct Work {
    std::vector<std::atomic<int>> done = std::vector<std::atomic<int>>(40);
  };
  std::vector<Work> work(chunks.size());
  std::vector<Stage> stages;
  for (std::size_t s = 0; s < chunks.size(); ++s)
    stages.push_back(
        {chunks[s],
         [](void* context, int chunk) { ++static_cast<Work*>(context)->done[static_cast<std::size_t>(chunk)]; },
         &work[s]});
  for (int round = 1; round <= 3; ++round) {
    pool.run(stages);
    for (std::size_t s = 0; s < chunks.size(); ++s)
      for (int i = 0; i < 40; ++i) RC_ASSERT(work[s].done[static_cast<std::size_t>(i)] == (i < chunks[s] ? round : 0));
  }
}

RC_GTEST_PROP(RandomNumbers, BelowABoundAreSpreadEvenly, ()) {
  const auto n = *rc::gen::inRange<std::uint32_t>(1, 2000);
  Random random(*rc::gen::arbitrary<std::uint64_t>(), "numbers");
  std::vector<int> seen(n, 0);
  for (std::uint32_t i = 0; i < 4000; ++i) {
    const auto drawn = random.below(n);
    RC_ASSERT(drawn < n);
    ++seen[drawn];
  }
  const double expected = 4000.0 / n;
  for (const int count : seen) RC_ASSERT(count <= expected + 8 * std::sqrt(expected) + 8);
}

}  // namespace
}  // namespace limn
