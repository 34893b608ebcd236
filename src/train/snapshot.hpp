// A snapshot: the whole state of a training after a step, as one safetensors file that notices any changed bit.
// It must not know which files of a run exist; the run's folder does.
#pragma once
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "interop/tensor.hpp"
#include "train/session.hpp"

namespace limn {

struct SnapshotInfo {
  Cursor cursor;
  std::string build, isa;  // which program and instruction path made it
};

struct Snapshot {
  SnapshotInfo info;
  std::vector<Tensor> tensors;
};

// Writes durably: after a crash there is the old file or the new one. Error (kFailure): the disk is full.
void save_snapshot(const std::filesystem::path& path, std::span<const TensorView> state, const SnapshotInfo& info);

// Error: not a snapshot, or its checksum (XXH3 over names, shapes, values and info) does not match.
Snapshot load_snapshot(const std::filesystem::path& path);

// Where a snapshot stands, from its header alone: the checksum is not verified. Error: not a snapshot.
SnapshotInfo peek_snapshot(const std::filesystem::path& path);

}  // namespace limn
