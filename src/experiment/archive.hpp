// A .limn file: runs to take elsewhere, as one zip archive.
//   limn.json                            {"format": 1, "main": ID, "members": {NAME: {"bytes", "sha256"}}}
//   runs/ID/recipe.json, run.json, journal   as in the run's folder; run.json names no folder of the machine
//   runs/ID/snapshots/step-N.safetensors
//   data/NAME                            what a run learned from that is no set of the catalogue
// It must not know folders: pack.hpp fills it from them, and unpacked.hpp puts it into them.
#pragma once
#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "experiment/run.hpp"

namespace limn {

inline constexpr std::size_t kMostArchive = std::size_t{1} << 30;  // bytes of all members together

struct ArchivedRun {
  Recipe recipe;
  RunInfo info;                                   // parent->folder is "", data_location "" or "data/NAME"
  std::string journal;                            // the file's bytes
  std::map<std::int64_t, std::string> snapshots;  // by step, the files' bytes
};

struct Archive {
  std::string main;                         // the id of the run that it was made of
  std::map<std::string, ArchivedRun> runs;  // by id
  std::map<std::string, std::string> data;  // by the name under which such files are kept (data/kept_file.hpp)
};

// The same archive always gives the same bytes. Error: more than kMostArchive.
std::string to_bytes(const Archive& archive);

std::size_t bytes_of(const Archive& archive);  // of journals, snapshots and data

// Everything but what is in journals, snapshots and data is checked; `name` stands in errors. Error: no .limn file or a
// damaged one, of a later format, with other members than these, of a run that its recipe's hash does not name, or with
// more than `most` bytes unpacked.
Archive parse_archive(std::span<const std::byte> bytes, const std::string& name, std::size_t most = kMostArchive);

}  // namespace limn
