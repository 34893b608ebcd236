#include "experiment/runner.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "base/error.hpp"
#include "experiment/experiment.hpp"
#include "experiment/travel.hpp"
#include "temporary_folder.hpp"

namespace limn {
namespace {

TEST(SplitNames, AreThree) {
  EXPECT_EQ(parse_split("valid"), Split::kValid);
  EXPECT_THROW(parse_split("tset"), Error);
}

// A run of a small network on the moons, made as the command line makes it.
struct Trained {
  TemporaryFolder folder;
  ThreadPool pool{1};
  Program program{"test", "auto", 1};
  std::atomic<int> interrupts{0};
  Recipe recipe{"mlp", "moons", 4, {}, 1000, {{"arch", SettingValue(std::string("dense 8 tanh | dense 2"))}}};
  std::shared_ptr<const Dataset> data;
  Run run;

  explicit Trained(SettingValues settings = {}) {
    for (auto& [name, value] : settings) recipe.settings[name] = value;
    data = std::make_shared<const Dataset>(prepare(data_request(recipe)));
    find_experiment("mlp").resolve(recipe, *data);
    RunInfo info;
    info.data_name = data->name;
    info.data_digest = data->digest;
    info.preprocessing = data->preprocessing;
    info.total_steps = total_steps(recipe, *data);
    run = create_run({folder / "run"}, recipe, info, {"train.loss"});
  }
  Outcome go(std::int64_t until, TrainingListener& listener) {
    const JournalContent history = read_journal(run.journal());
    const Visit place = newest(run, history, data, pool);
    Journal journal = Journal::reopen(run.journal(), place.session->cursor().step);
    return train_run(run, *place.session, *data, journal, history, until, program, interrupts, listener);
  }
};

struct Heard : TrainingListener {
  std::vector<std::int64_t> evaluations;
  void evaluated(std::int64_t step, const Metrics&) override { evaluations.push_back(step); }
};

TEST(Runner, WritesEveryLossAndEvaluationIntoTheJournal) {
  Trained trained;
  Heard heard;
  const Outcome outcome = trained.go(1000, heard);
  EXPECT_EQ(outcome.steps, 1000);
  EXPECT_FALSE(outcome.interrupted);
  EXPECT_TRUE(outcome.metrics.contains("test.accuracy"));
  const auto content = read_journal(trained.run.journal());
  EXPECT_EQ(content.rows(), 1000);
  std::vector<std::int64_t> evaluations;
  for (const auto& record : content.records)
    if (nlohmann::json::parse(record.text)["event"] == "eval") evaluations.push_back(record.step);
  evaluations.push_back(1000);  // of the test split: in the event "done"
  EXPECT_EQ(evaluations, heard.evaluations);
  EXPECT_EQ(summarize(trained.run, content).status, "done");

  const Visit place = travel(trained.run, content, trained.data, trained.pool, 700, Arrival::kStepped);
  EXPECT_EQ(place.loss, content.values[0][699]);
}

TEST(Runner, InterruptedAndGoingOnEndsWithTheSameState) {
  Trained whole, parted;
  TrainingListener silent;
  const auto expected = whole.go(600, silent).fingerprint;
  parted.go(250, silent);
  parted.interrupts = 1;
  const Outcome stopped = parted.go(600, silent);
  EXPECT_TRUE(stopped.interrupted);
  EXPECT_EQ(stopped.steps, 250);
  parted.interrupts = 0;
  EXPECT_EQ(parted.go(600, silent).fingerprint, expected);
}

TEST(Runner, StopsEarlyAndMeasuresTheBestWeights) {
  Trained trained({{"early_stop", SettingValue(std::int64_t{2})}, {"lr", SettingValue(0.0)}});  // nothing is ever lower
  TrainingListener silent;
  const Outcome outcome = trained.go(1000, silent);
  const auto interval = evaluation_interval(steps_per_epoch(trained.recipe, *trained.data), 1000);
  EXPECT_TRUE(outcome.stopped_early);
  EXPECT_FALSE(outcome.interrupted);
  EXPECT_EQ(outcome.steps, 3 * interval);
  EXPECT_EQ(outcome.best_step, interval);
  const auto content = read_journal(trained.run.journal());
  EXPECT_EQ(content.rows(), outcome.steps);
  const auto done = nlohmann::json::parse(content.records.back().text);
  EXPECT_EQ(done["event"], "done");
  EXPECT_EQ(done["best_step"], interval);
  EXPECT_EQ(done["reason"], "early stop");
  const Outcome again = trained.go(1000, silent);
  EXPECT_EQ(again.steps, outcome.steps) << "a run that has stopped stays where it is";
  EXPECT_EQ(again.fingerprint, outcome.fingerprint);
}

TEST(Runs, OfBeforeASettingWasDeclaredMeanItsDefault) {
  Trained trained;
  TrainingListener silent;
  const auto expected = trained.go(300, silent).fingerprint;
  for (const ParameterSpec& parameter : find_experiment("mlp").parameters)
    if (!std::set<std::string>{"arch", "batch", "beta2", "epsilon", "init", "loss", "lr", "momentum", "optimizer",
                               "schedule", "split", "target", "weight_decay"}
             .contains(parameter.name))
      trained.run.recipe.settings.erase(parameter.name);
  const auto content = read_journal(trained.run.journal());
  EXPECT_EQ(travel(trained.run, content, trained.data, trained.pool, 300, Arrival::kStepped).session->fingerprint(),
            expected);
  EXPECT_EQ(changed_values(trained.run, content, 300, *trained.data, {}), values_at(trained.run, content, 300));
}

TEST(Runner, StopsAtALossThatIsNotFinite) {
  Trained trained({{"arch", SettingValue(std::string("dense 8 relu | dense 8 relu | dense 2"))},
                   {"optimizer", SettingValue(std::string("sgd"))},
                   {"lr", SettingValue(1e12)}});
  TrainingListener silent;
  try {
    trained.go(1000, silent);
    ADD_FAILURE() << "it did not stop";
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::kFailure);
    EXPECT_NE(std::string(error.what()).find("layer"), std::string::npos) << error.what();
  }
  EXPECT_EQ(summarize(trained.run, read_journal(trained.run.journal())).status, "failed");
}

}  // namespace
}  // namespace limn
