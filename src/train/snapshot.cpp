#include "train/snapshot.hpp"

#include <charconv>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "interop/safetensors.hpp"

namespace limn {
namespace {

constexpr auto kChecksum = "checksum";

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& why) {
  throw Error(fmt::format("snapshot {} {}", path.string(), why),
              "remove this file to go on from the snapshot before it, or restore an undamaged copy");
}

void add_text(Fingerprint& sum, const std::string& text) {  // with its length, so that borders count
  const std::uint64_t length = text.size();
  sum.add(std::span(&length, 1)).add(std::span(text.data(), text.size()));
}

template <class AnyTensor>
std::string checksum(std::span<const AnyTensor> tensors, const Metadata& metadata) {
  Fingerprint sum;
  for (const auto& [key, text] : metadata) {
    if (key == kChecksum) continue;
    add_text(sum, key);
    add_text(sum, text);
  }
  for (const AnyTensor& tensor : tensors) {
    add_text(sum, tensor.name);
    sum.add(tensor.shape.dims());
    sum.add(bytes_of(tensor));
  }
  return sum.hex();
}

std::int64_t number(const std::filesystem::path& path, const Metadata& metadata, const std::string& key) {
  const auto found = metadata.find(key);
  std::int64_t value = -1;
  if (found != metadata.end()) {
    const auto& text = found->second;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) value = -1;
  }
  if (value < 0) refuse(path, fmt::format("does not say its {}", key));
  return value;
}

SnapshotInfo info_of(const std::filesystem::path& path, const Metadata& metadata) {
  const auto text = [&](const char* key) {
    const auto found = metadata.find(key);
    return found == metadata.end() ? std::string() : found->second;
  };
  return {{number(path, metadata, "step"), number(path, metadata, "epoch"), number(path, metadata, "position")},
          text("build"),
          text("isa")};
}

}  // namespace

void save_snapshot(const std::filesystem::path& path, std::span<const TensorView> state, const SnapshotInfo& info) {
  Metadata metadata = {{"step", std::to_string(info.cursor.step)},
                       {"epoch", std::to_string(info.cursor.epoch)},
                       {"position", std::to_string(info.cursor.position)},
                       {"build", info.build},
                       {"isa", info.isa}};
  metadata[kChecksum] = checksum(state, metadata);
  write_safetensors(path, state, metadata);
}

Snapshot load_snapshot(const std::filesystem::path& path) {
  Safetensors file = read_safetensors(path, Wide::kKept);
  Snapshot snapshot{info_of(path, file.metadata), std::move(file.tensors)};
  const auto found = file.metadata.find(kChecksum);
  if (found == file.metadata.end()) refuse(path, "has no checksum");
  if (found->second != checksum<Tensor>(snapshot.tensors, file.metadata))
    refuse(path, "was changed after it was written: its checksum does not match");
  return snapshot;
}

SnapshotInfo peek_snapshot(const std::filesystem::path& path) { return info_of(path, read_safetensors_metadata(path)); }

}  // namespace limn
