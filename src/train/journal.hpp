// The journal of a run: an append-only file with one row of scalars per step in binary columns, and between them
// actions (settings that were changed), edits (numbers that were set) and events (what was measured), as JSON text. One
// program at a time may write it. It must not know what the scalars and records mean. The layout is written down in
// journal.cpp.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace limn {

enum class RecordKind : std::uint32_t { kAction = 2, kEvent = 3, kEdit = 4 };

struct JournalRecord {
  RecordKind kind;
  std::int64_t step;  // finished steps when it was written
  std::string text;
};

struct JournalContent {
  std::vector<std::string> columns;
  std::int64_t start = 0;                  // the first row is of step start + 1
  std::vector<std::vector<float>> values;  // [columns][rows]
  std::vector<JournalRecord> records;      // in the order written
  bool torn = false;                       // the last block was incomplete and is left out
  std::size_t bytes = 0;                   // of the file, up to there

  std::int64_t rows() const { return values.empty() ? 0 : static_cast<std::int64_t>(values[0].size()); }
  std::int64_t last_step() const { return start + rows(); }
};

// Reads all whole blocks; an incomplete last one, as a crash leaves it, is left out. Error: damaged elsewhere.
JournalContent read_journal(const std::filesystem::path& path);

// The writer. Rows are gathered in memory and written in blocks: a crash loses at most what came after flush().
class Journal {
 public:
  static constexpr std::int64_t kBlockRows = 4096;

  // A new file; the first row will be of step start + 1. Error: it exists, or the disk is full.
  static Journal create(const std::filesystem::path& path, const std::vector<std::string>& columns, std::int64_t start);
  // An existing file, without everything that came after `step`. Error: another program writes it, or it is damaged.
  static Journal reopen(const std::filesystem::path& path, std::int64_t step);

  Journal(Journal&& other) noexcept;
  Journal& operator=(Journal&&) = delete;
  ~Journal();  // flushes what it can

  std::size_t columns() const { return columns_; }
  std::int64_t next_step() const { return next_step_; }
  // One row, of step next_step(). Allocates nothing. Error (kFailure): the disk is full; whole blocks stay whole.
  void append(std::span<const float> row);
  void record(RecordKind kind, std::int64_t step, std::string_view text);  // flushes
  void flush();  // hands all rows to the operating system: they outlive this program
  void sync();   // flushes, and waits until they outlive the machine

 private:
  Journal(const std::filesystem::path& path, int flags);
  void start_rows(std::size_t columns, std::int64_t next_step);
  void write_block(std::uint32_t kind, std::int64_t step, std::uint32_t count, std::span<const std::byte> payload);
  void write_scalars();

  std::filesystem::path path_;
  int fd_ = -1;
  std::int64_t size_ = 0;  // of the whole blocks in the file, bytes
  std::size_t columns_ = 0;
  std::int64_t next_step_ = 1;
  std::int64_t buffered_ = 0;   // rows
  std::vector<float> buffer_;   // [columns, kBlockRows]
  std::vector<std::byte> out_;  // one block as it is written
};

}  // namespace limn
