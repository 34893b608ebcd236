#include "train/journal.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <fstream>

#include "base/error.hpp"
#include "base/file.hpp"
#include "temporary_folder.hpp"

namespace limn {
namespace {

using Path = std::filesystem::path;

// Rows of two columns: the step and its negative.
void append_until(Journal& journal, std::int64_t last) {
  while (journal.next_step() <= last) {
    const auto step = static_cast<float>(journal.next_step());
    journal.append(std::vector<float>{step, -step});
  }
}

void expect_rows(const JournalContent& content, std::int64_t start, std::int64_t last) {
  ASSERT_EQ(content.columns, (std::vector<std::string>{"train.loss", "minus"}));
  ASSERT_EQ(content.start, start);
  ASSERT_EQ(content.last_step(), last);
  for (std::int64_t i = 0; i < content.rows(); ++i) {
    ASSERT_EQ(content.values[0][i], static_cast<float>(start + 1 + i));
    ASSERT_EQ(content.values[1][i], -static_cast<float>(start + 1 + i));
  }
}

Journal make(const Path& path, std::int64_t start = 0) { return Journal::create(path, {"train.loss", "minus"}, start); }

void write_raw(const Path& path, const std::string& bytes) {
  std::filesystem::remove(path);  // an old file emptied and filled again is flushed to disk by some file systems: slow
  std::ofstream(path, std::ios::binary) << bytes;
}

TEST(Journal, GivesBackRowsOverManyBlocksAndRecordsInOrder) {
  const TemporaryFolder folder;
  const std::int64_t last = 2 * Journal::kBlockRows + 37;
  {
    Journal journal = make(folder / "journal");
    append_until(journal, 100);
    journal.record(RecordKind::kAction, 100, R"({"lr":0.5})");
    append_until(journal, last);
    journal.record(RecordKind::kEvent, last, R"({"event":"eval"})");
  }
  const auto content = read_journal(folder / "journal");
  expect_rows(content, 0, last);
  ASSERT_EQ(content.records.size(), 2u);
  EXPECT_EQ(content.records[0].kind, RecordKind::kAction);
  EXPECT_EQ(content.records[0].step, 100);
  EXPECT_EQ(content.records[0].text, R"({"lr":0.5})");
  EXPECT_EQ(content.records[1].kind, RecordKind::kEvent);
  EXPECT_FALSE(content.torn);
}

TEST(Journal, OfABranchBeginsAfterItsStep) {
  const TemporaryFolder folder;
  {
    Journal journal = make(folder / "journal", 500);
    append_until(journal, 510);
  }
  expect_rows(read_journal(folder / "journal"), 500, 510);
}

TEST(Journal, CutAnywhereInItsLastBlockKeepsTheBlocksBefore) {
  const TemporaryFolder folder;
  std::uintmax_t before = 0;
  {
    Journal journal = make(folder / "journal");
    append_until(journal, 10);
    journal.flush();
    before = std::filesystem::file_size(folder / "journal");
    append_until(journal, 25);
  }
  const std::string whole = read_text(folder / "journal");
  for (std::size_t length = before; length <= whole.size(); ++length) {
    write_raw(folder / "cut", whole.substr(0, length));
    const auto content = read_journal(folder / "cut");
    expect_rows(content, 0, length == whole.size() ? 25 : 10);
    EXPECT_EQ(content.torn, length != whole.size() && length != before);
    {
      Journal journal = Journal::reopen(folder / "cut", 25);
      EXPECT_EQ(journal.next_step(), length == whole.size() ? 26 : 11);
      append_until(journal, 30);
    }
    expect_rows(read_journal(folder / "cut"), 0, 30);
  }
}

TEST(Journal, WithZerosAfterItsLastBlockIsTorn) {
  const TemporaryFolder folder;
  {
    Journal journal = make(folder / "journal");
    append_until(journal, 10);
  }
  write_raw(folder / "cut", read_text(folder / "journal") + std::string(4096, '\0'));
  expect_rows(read_journal(folder / "cut"), 0, 10);
}

TEST(Journal, ReopenedAtAStepForgetsWhatCameAfter) {
  const TemporaryFolder folder;
  const std::int64_t last = Journal::kBlockRows + 50;
  for (const std::int64_t step : {std::int64_t{0}, std::int64_t{1}, std::int64_t{9}, std::int64_t{10}, std::int64_t{11},
                                  Journal::kBlockRows, Journal::kBlockRows + 1, last - 1, last}) {
    std::filesystem::remove(folder / "journal");
    {
      Journal journal = make(folder / "journal");
      append_until(journal, 10);
      journal.record(RecordKind::kEvent, 10, "ten");
      append_until(journal, last);
      journal.record(RecordKind::kEvent, last, "last");
    }
    {
      Journal journal = Journal::reopen(folder / "journal", step);
      EXPECT_EQ(journal.next_step(), step + 1);
      append_until(journal, step + 3);
    }
    const auto content = read_journal(folder / "journal");
    expect_rows(content, 0, step + 3);
    EXPECT_EQ(content.records.size(), (step >= 10 ? 1u : 0u) + (step >= last ? 1u : 0u)) << step;
  }
}

TEST(Journal, HasOneWriterAtATime) {
  const TemporaryFolder folder;
  const Journal journal = make(folder / "journal");
  EXPECT_THROW(Journal::reopen(folder / "journal", 0), Error);
  EXPECT_THROW(make(folder / "journal"), Error);  // it exists
}

TEST(Journal, DamagedBeforeItsLastBlockIsRefused) {
  const TemporaryFolder folder;
  std::uintmax_t first_blocks = 0;
  {
    Journal journal = make(folder / "journal");
    append_until(journal, 5);
    journal.flush();
    first_blocks = std::filesystem::file_size(folder / "journal");
    append_until(journal, 9);
  }
  const std::string whole = read_text(folder / "journal");
  for (std::size_t byte = 0; byte < first_blocks; ++byte) {
    std::string bad = whole;
    bad[byte] = static_cast<char>(bad[byte] ^ 0x10);
    write_raw(folder / "bad", bad);
    EXPECT_THROW(read_journal(folder / "bad"), Error) << "byte " << byte;
  }
  for (const std::string& text : {std::string(), std::string("LMJ"), std::string(100, 'x'), whole.substr(60)}) {
    write_raw(folder / "bad", text);
    EXPECT_THROW(read_journal(folder / "bad"), Error);
  }
  EXPECT_THROW(read_journal(folder.path()), Error);
}

// A limit on the size of files stands for a disk that is full.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &old_);
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{bytes, old_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &old_); }

 private:
  rlimit old_{};
};

TEST(Journal, OnAFullDiskFailsAndKeepsItsWholeBlocks) {
  const TemporaryFolder folder;
  {
    Journal journal = make(folder / "journal");
    append_until(journal, 10);
    journal.flush();
    const FileSizeLimit limit(20'000);
    append_until(journal, 3000);
    try {
      journal.flush();
      ADD_FAILURE() << "24 kB went into a file of 20 kB";
    } catch (const Error& error) {
      EXPECT_EQ(error.fault(), Fault::kFailure);
    }
  }
  const auto content = read_journal(folder / "journal");
  expect_rows(content, 0, 10);
  EXPECT_FALSE(content.torn);
}

}  // namespace
}  // namespace limn
