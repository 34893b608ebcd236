// The file is a sequence of blocks, little-endian: a header of 40 bytes and its payload.
//   columns (0): the names, each ended by a newline; step = the step the rows begin after. Always and only the first.
//   scalars (1): float32 [columns, count], rows of steps step .. step + count - 1
//   action (2), event (3), edit (4): JSON text; step = finished steps when it was written
// A header that is whole but wrong is damage; a block that the end of the file cuts off is what a crash leaves.
#include "train/journal.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/hash.hpp"

namespace limn {
namespace {

constexpr std::uint32_t kMagic = 0x314A4D4C;  // "LMJ1"
constexpr std::uint32_t kColumns = 0, kScalars = 1;
constexpr std::int64_t kFurthestStep = std::int64_t{1} << 62;  // sums of steps and rows stay numbers

struct BlockHeader {
  std::uint32_t magic, kind;
  std::int64_t step;
  std::uint32_t count, bytes;
  std::uint64_t payload_hash, header_hash;

  std::uint64_t own_hash() const {
    return hash64(std::as_bytes(std::span(this, 1)).first(offsetof(BlockHeader, header_hash)));
  }
};
static_assert(sizeof(BlockHeader) == 40);

struct Block {
  BlockHeader header;
  std::size_t offset;  // of the header in the file
  std::span<const std::byte> payload;
  std::string_view text() const { return {reinterpret_cast<const char*>(payload.data()), payload.size()}; }
  std::int64_t last_step() const { return header.kind == kScalars ? header.step + header.count - 1 : header.step; }
};

struct Scan {
  std::vector<Block> blocks;
  std::size_t end = 0;  // of the last whole block
  bool torn = false;
};

[[noreturn]] void refuse(const std::filesystem::path& path, std::size_t offset, std::string_view why) {
  throw Error(fmt::format("journal {} is damaged at byte {}: {}", path.string(), offset, why),
              "restore an undamaged copy of the run, or train it anew with `limn run RUN/recipe.json`");
}

Scan scan(const std::filesystem::path& path, std::span<const std::byte> file) {
  Scan result;
  std::int64_t rows_end = 0;
  std::size_t columns = 0;
  while (result.end < file.size()) {
    const std::size_t offset = result.end;
    const auto rest = file.subspan(offset);
    const bool zeros = std::ranges::all_of(rest, [](std::byte b) { return b == std::byte{0}; });
    if (rest.size() < sizeof(BlockHeader) || zeros) {  // some file systems leave zeros after a power failure
      result.torn = true;
      break;
    }
    Block block{{}, offset, {}};
    std::memcpy(&block.header, rest.data(), sizeof block.header);
    const BlockHeader& header = block.header;
    if (header.magic != kMagic || header.header_hash != header.own_hash()) refuse(path, offset, "not a block's header");
    if (rest.size() - sizeof header < header.bytes) {
      result.torn = true;
      break;
    }
    block.payload = rest.subspan(sizeof header, header.bytes);
    if (hash64(block.payload) != header.payload_hash) {
      if (rest.size() - sizeof header > header.bytes) refuse(path, offset, "the checksum of a block does not match");
      result.torn = true;
      break;
    }
    if ((offset == 0) != (header.kind == kColumns))
      refuse(path, offset, "the names of the columns are not at its start");
    if (header.kind > static_cast<std::uint32_t>(RecordKind::kEdit)) refuse(path, offset, "a block of no known kind");
    if (header.step < 0 || header.step > kFurthestStep) refuse(path, offset, "a step that no training reaches");
    if (header.kind == kColumns) {
      columns = header.count;
      rows_end = header.step;
    } else if (header.kind == kScalars) {
      if (header.step != rows_end + 1) refuse(path, offset, "steps are missing before it");
      if (header.bytes != std::uint64_t{header.count} * columns * sizeof(float))
        refuse(path, offset, "rows of a wrong size");
      rows_end += header.count;
    }
    result.end += sizeof header + header.bytes;
    result.blocks.push_back(block);
  }
  if (result.blocks.empty()) refuse(path, 0, "it has no whole block");
  return result;
}

std::vector<std::string> column_names(const Block& block) {
  std::vector<std::string> names;
  for (auto text = block.text(); !text.empty();) {
    const auto end = text.find('\n');
    names.emplace_back(text.substr(0, end));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  return names;
}

}  // namespace

JournalContent read_journal(const std::filesystem::path& path) {
  const MappedFile file(path);
  const Scan found = scan(path, file.bytes());
  JournalContent content;
  content.torn = found.torn;
  content.bytes = found.end;
  for (const Block& block : found.blocks) {
    const auto& header = block.header;
    if (header.kind == kColumns) {
      content.columns = column_names(block);
      content.start = header.step;
      content.values.resize(content.columns.size());
      if (content.columns.size() != header.count) refuse(path, block.offset, "another number of columns than it says");
    } else if (header.kind == kScalars) {
      const auto* bytes = block.payload.data();
      for (auto& column : content.values) {
        const auto old = column.size();
        column.resize(old + header.count);
        if (header.count > 0) std::memcpy(column.data() + old, bytes, header.count * sizeof(float));
        bytes += header.count * sizeof(float);
      }
    } else {
      content.records.push_back({static_cast<RecordKind>(header.kind), header.step, std::string(block.text())});
    }
  }
  return content;
}

Journal::Journal(const std::filesystem::path& path, int flags) : path_(path) {
  fd_ = ::open(path.c_str(), flags | O_WRONLY | O_CLOEXEC, 0644);
  if (fd_ < 0) throw_file_error("open", path, errno);
  if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
    const int reason = errno;
    ::close(std::exchange(fd_, -1));
    if (reason != EWOULDBLOCK) throw_file_error("lock", path, reason);
    throw Error(fmt::format("another program is training the run {}", path.parent_path().string()),
                "wait until it ends or stop it; a run has one writer at a time");
  }
}

Journal::Journal(Journal&& other) noexcept
    : path_(std::move(other.path_)),
      fd_(std::exchange(other.fd_, -1)),
      size_(other.size_),
      columns_(other.columns_),
      next_step_(other.next_step_),
      buffered_(std::exchange(other.buffered_, 0)),
      buffer_(std::move(other.buffer_)),
      out_(std::move(other.out_)) {}

Journal::~Journal() {
  if (fd_ < 0) return;
  try {
    flush();
  } catch (const Error&) {  // what the last snapshot needs was synced before it
  }
  ::close(fd_);
}

Journal Journal::create(const std::filesystem::path& path, const std::vector<std::string>& columns,
                        std::int64_t start) {
  Journal journal(path, O_CREAT | O_EXCL);
  journal.start_rows(columns.size(), start + 1);
  std::string names;
  for (const auto& column : columns) names += column + '\n';
  journal.write_block(kColumns, start, static_cast<std::uint32_t>(columns.size()), std::as_bytes(std::span(names)));
  return journal;
}

Journal Journal::reopen(const std::filesystem::path& path, std::int64_t step) {
  Journal journal(path, 0);
  const MappedFile file(path);
  const Scan found = scan(path, file.bytes());
  if (step < found.blocks[0].header.step) refuse(path, 0, fmt::format("it begins behind step {}", step));
  std::size_t end = found.blocks[0].payload.size() + sizeof(BlockHeader);
  std::int64_t last = found.blocks[0].header.step;
  std::vector<float> kept;  // rows of the block that `step` lies within, [columns, rows]
  std::int64_t kept_rows = 0;
  const auto columns = found.blocks[0].header.count;
  for (const Block& block : std::span(found.blocks).subspan(1)) {
    if (block.last_step() > step) {
      kept_rows = block.header.kind == kScalars ? std::max<std::int64_t>(0, step - block.header.step + 1) : 0;
      for (std::uint32_t c = 0; c < columns && kept_rows > 0; ++c) {
        const auto* column = block.payload.data() + std::size_t{c} * block.header.count * sizeof(float);
        kept.resize(kept.size() + static_cast<std::size_t>(kept_rows));
        std::memcpy(kept.data() + kept.size() - kept_rows, column, static_cast<std::size_t>(kept_rows) * sizeof(float));
      }
      break;
    }
    end += sizeof(BlockHeader) + block.payload.size();
    if (block.header.kind == kScalars) last = block.last_step();
  }
  journal.start_rows(columns, last + 1);
  if (::ftruncate(journal.fd_, static_cast<off_t>(end)) != 0) throw_file_error("cut", path, errno);
  journal.size_ = static_cast<std::int64_t>(end);
  std::vector<float> row(columns);
  for (std::int64_t r = 0; r < kept_rows; ++r) {
    for (std::size_t c = 0; c < columns; ++c) row[c] = kept[c * static_cast<std::size_t>(kept_rows) + r];
    journal.append(row);
  }
  journal.flush();
  return journal;
}

void Journal::start_rows(std::size_t columns, std::int64_t next_step) {
  columns_ = columns;
  next_step_ = next_step;
  buffer_.resize(columns * kBlockRows);
  out_.reserve(sizeof(BlockHeader) + buffer_.size() * sizeof(float));
}

void Journal::append(std::span<const float> row) {
  LIMN_CHECK(row.size() == columns_);
  if (buffered_ == kBlockRows) write_scalars();
  for (std::size_t c = 0; c < columns_; ++c) buffer_[c * kBlockRows + buffered_] = row[c];
  ++buffered_;
  ++next_step_;
}

void Journal::record(RecordKind kind, std::int64_t step, std::string_view text) {
  flush();
  write_block(static_cast<std::uint32_t>(kind), step, 1, std::as_bytes(std::span(text)));
}

void Journal::flush() {
  if (buffered_ > 0) write_scalars();
}

void Journal::sync() {
  flush();
  if (::fdatasync(fd_) != 0) throw_file_error("write", path_, errno);
}

void Journal::write_scalars() {
  for (std::size_t c = 1; c < columns_; ++c)  // a block that is not full has its columns side by side, too
    std::memmove(&buffer_[c * buffered_], &buffer_[c * kBlockRows], buffered_ * sizeof(float));
  const auto rows = std::exchange(buffered_, 0);  // a block that failed is not tried again: its columns were moved
  write_block(kScalars, next_step_ - rows, static_cast<std::uint32_t>(rows),
              std::as_bytes(std::span(buffer_).first(columns_ * rows)));
}

void Journal::write_block(std::uint32_t kind, std::int64_t step, std::uint32_t count,
                          std::span<const std::byte> payload) {
  BlockHeader header{kMagic, kind, step, count, static_cast<std::uint32_t>(payload.size()), hash64(payload), 0};
  header.header_hash = header.own_hash();
  const auto head = std::as_bytes(std::span(&header, 1));
  out_.assign(head.begin(), head.end());
  out_.insert(out_.end(), payload.begin(), payload.end());
  for (std::size_t done = 0; done < out_.size();) {
    const auto n = ::pwrite(fd_, out_.data() + done, out_.size() - done, size_ + static_cast<off_t>(done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      const int reason = errno;
      if (::ftruncate(fd_, size_) != 0) {  // a torn block at the end is cut at the next opening anyway
      }
      throw_file_error("write", path_, reason);
    }
    done += static_cast<std::size_t>(n);
  }
  size_ += static_cast<std::int64_t>(out_.size());
}

}  // namespace limn
