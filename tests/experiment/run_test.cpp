#include "experiment/run.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "base/error.hpp"
#include "base/file.hpp"
#include "temporary_folder.hpp"

namespace limn {
namespace {

namespace fs = std::filesystem;
using Made = limn::Run;  // testing::Test has a Run of its own

Recipe recipe() { return {"mlp", "iris", 3, {}, 100, {{"lr", SettingValue(0.1)}}}; }

RunInfo info() {
  RunInfo info;
  info.data_name = "iris";
  info.data_digest = "abc";
  info.build = "0.1.0-1234";
  info.isa = "avx2";
  info.total_steps = 100;
  info.preprocessing.kind = "table";
  info.preprocessing.target = "kind";
  info.preprocessing.classes = {"x", "y"};
  info.preprocessing.columns = {{"a", {}, 1.5, 2}};
  return info;
}

TEST(Run, IsReadAsItWasMade) {
  const TemporaryFolder folder;
  RunInfo child = info();
  child.parent = Parent{"0123456789ab", "/somewhere/else", 40, {{"lr", SettingValue(0.5)}}};
  const Made made = create_run({folder / "a"}, recipe(), child, {"train.loss"});
  const Made read = open_run(folder / "a");
  EXPECT_EQ(to_json(read.recipe), to_json(recipe()));
  EXPECT_EQ(read.info.id, recipe_id(recipe()));
  EXPECT_EQ(read.info.id, made.info.id);
  EXPECT_EQ(read.info.total_steps, 100);
  EXPECT_EQ(read.info.preprocessing.classes, info().preprocessing.classes);
  EXPECT_EQ(read.info.preprocessing.columns[0].mean, 1.5);
  ASSERT_TRUE(read.info.parent);
  EXPECT_EQ(read.info.parent->step, 40);
  EXPECT_EQ(read.info.parent->patch, child.parent->patch);
  EXPECT_EQ(read.start(), 40);
  EXPECT_EQ(read_journal(read.journal()).start, 40);
}

TEST(Run, RepeatedGetsANumberedId) {
  const TemporaryFolder folder;
  const auto id = recipe_id(recipe());
  EXPECT_EQ(create_run({folder / "a"}, recipe(), info(), {"train.loss"}).info.id, id);
  EXPECT_EQ(create_run({folder / "b"}, recipe(), info(), {"train.loss"}).info.id, id + "-2");
  EXPECT_EQ(create_run({folder / "c"}, recipe(), info(), {"train.loss"}).info.id, id + "-3");
  EXPECT_EQ(list_runs(folder.path()).size(), 3u);
  remove_run(folder / "b");
  EXPECT_EQ(list_runs(folder.path()).size(), 2u);
}

TEST(Run, NeverReplacesWhatIsThere) {
  const TemporaryFolder folder;
  fs::create_directory(folder / "empty");
  std::ofstream(folder / "file") << "text";
  fs::create_symlink(folder / "nowhere", folder / "link");
  for (const char* name : {"empty", "file", "link"})
    EXPECT_THROW(create_run({folder / name}, recipe(), info(), {"train.loss"}), Error) << name;
  EXPECT_TRUE(fs::is_empty(folder / "empty"));
  EXPECT_EQ(read_text(folder / "file"), "text");
}

TEST(Run, ThatCannotBeMadeLeavesNothing) {
  const TemporaryFolder folder;
  EXPECT_THROW(
      create_run({folder / "new/a"}, recipe(), info(), {"train.loss"}, [](const Made&) { throw Error("no", "no"); }),
      Error);
  EXPECT_TRUE(fs::is_empty(folder.path()));
  std::ofstream(folder / "file") << "text";
  EXPECT_THROW(create_run({folder / "file/a"}, recipe(), info(), {"train.loss"}), Error);
}

TEST(Run, ThatIsNoneIsNeitherOpenedNorRemoved) {
  const TemporaryFolder folder;
  fs::create_directory(folder / "other");
  std::ofstream(folder / "other/thesis.txt") << "text";
  EXPECT_THROW(open_run(folder / "other"), Error);
  EXPECT_THROW(remove_run(folder / "other"), Error);
  EXPECT_THROW(remove_run(folder / "nothing"), Error);
  EXPECT_THROW(find_run((folder / "nothing").string()), Error);
  EXPECT_TRUE(fs::exists(folder / "other/thesis.txt"));
}

TEST(Run, BeingTrainedIsNotRemoved) {
  const TemporaryFolder folder;
  const Made run = create_run({folder / "a"}, recipe(), info(), {"train.loss"});
  const Journal journal = Journal::reopen(run.journal(), 0);
  EXPECT_THROW(remove_run(folder / "a"), Error);
  EXPECT_TRUE(fs::exists(run.journal()));
}

TEST(Run, WithDamagedFilesIsRefused) {
  const TemporaryFolder folder;
  const Made run = create_run({folder / "a"}, recipe(), info(), {"train.loss"});
  const std::string sound = read_text(run.folder / "run.json");
  for (const std::string& text :
       {std::string(), std::string("{}"), std::string("[1]"), sound.substr(0, sound.size() / 2)}) {
    write_durably(run.folder / "run.json", text);
    EXPECT_THROW(open_run(run.folder), Error) << text;
    EXPECT_TRUE(list_runs(folder.path()).empty());
  }
  write_durably(run.folder / "run.json", sound);
  EXPECT_NO_THROW(open_run(run.folder));
  write_durably(run.folder / "recipe.json", R"({"experiment":"mlp"})");
  EXPECT_THROW(open_run(run.folder), Error);
}

TEST(Run, IsSummedUpByTheLastEventOfItsJournal) {
  const TemporaryFolder folder;
  const Made run = create_run({folder / "a"}, recipe(), info(), {"train.loss"});
  EXPECT_EQ(summarize(run, read_journal(run.journal())).status, "unfinished");
  {
    Journal journal = Journal::reopen(run.journal(), 0);
    const float loss = 1;
    for (int i = 0; i < 5; ++i) journal.append(std::span(&loss, 1));
    journal.record(RecordKind::kEvent, 5, R"({"event":"eval","step":5,"valid.loss":0.5})");
    journal.record(RecordKind::kEvent, 5, R"({"event":"done","metrics":{"test.accuracy":0.9}})");
  }
  const RunSummary summary = summarize(run, read_journal(run.journal()));
  EXPECT_EQ(summary.status, "done");
  EXPECT_EQ(summary.step, 5);
  EXPECT_EQ(summary.metrics, (Metrics{{"test.accuracy", 0.9}, {"valid.loss", 0.5}}));
}

}  // namespace
}  // namespace limn
