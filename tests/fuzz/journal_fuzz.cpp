// Journals, as they are and with their checksums mended: no fuzzer guesses a hash of 64 bits.
#include "train/journal.hpp"

#include <cstring>
#include <span>

#include "base/hash.hpp"
#include "fuzz/target.hpp"

namespace {

// The layout of a block's header, written down a second time.
constexpr std::size_t kHeader = 40, kBytesAt = 20, kPayloadHashAt = 24, kHeaderHashAt = 32;

std::string mended(std::string_view bytes) {
  std::string file(bytes);
  for (std::size_t at = 0; at + kHeader <= file.size();) {
    std::uint32_t size = 0;
    std::memcpy(&size, file.data() + at + kBytesAt, sizeof size);
    if (size > file.size() - at - kHeader) break;
    const auto all = std::as_bytes(std::span(file)).subspan(at);
    const std::uint64_t payload = limn::hash64(all.subspan(kHeader, size));
    std::memcpy(file.data() + at + kPayloadHashAt, &payload, sizeof payload);
    const std::uint64_t header = limn::hash64(all.first(kHeaderHashAt));
    std::memcpy(file.data() + at + kHeaderHashAt, &header, sizeof header);
    at += kHeader + size;
  }
  return file;
}

void read(std::string_view bytes) {
  const limn::fuzz::File file(bytes);
  const auto journal = limn::read_journal(file.path());
  for (const auto& column : journal.values)
    limn::fuzz::require(static_cast<std::int64_t>(column.size()) == journal.rows(), "columns of equal length");
  limn::fuzz::require(journal.start >= 0 && journal.last_step() >= journal.start, "steps that a training can have");
  for (const auto& record : journal.records) {
    limn::fuzz::require(record.kind >= limn::RecordKind::kAction && record.kind <= limn::RecordKind::kEdit,
                        "actions and events alone");
    limn::fuzz::require(record.step >= 0, "records of steps");
  }
}

}  // namespace

LIMN_FUZZ(journal) {
  limn::fuzz::feed(read, bytes);
  read(mended(bytes));
}
