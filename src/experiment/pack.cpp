#include "experiment/pack.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/error.hpp"
#include "base/file.hpp"
#include "data/catalogue.hpp"
#include "data/kept_file.hpp"
#include "experiment/travel.hpp"
#include "experiment/weights.hpp"

namespace limn {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostSnapshots = 8;         // of a run in a file
constexpr std::size_t kSnapshotBytes = 16 << 20;  // of a run that more than two may take

// The first, the last, and between them those nearest to equal ratios of steps behind the first.
std::vector<SnapshotFile> chosen(std::vector<SnapshotFile> files, std::size_t most) {
  while (files.size() > most) {  // without the one whose neighbours are nearest to each other, as ratios go
    const auto behind = [&](std::size_t i) { return static_cast<double>(files[i].step - files[0].step + 1); };
    std::size_t least = 1;
    for (std::size_t i = 2; i + 1 < files.size(); ++i)
      if (behind(i + 1) / behind(i - 1) < behind(least + 1) / behind(least - 1)) least = i;
    files.erase(files.begin() + static_cast<std::ptrdiff_t>(least));
  }
  return files;
}

ArchivedRun pack_run(const Run& run) {
  ArchivedRun packed{run.recipe, run.info, {}, {}};
  const JournalContent journal = journal_of(run);
  packed.journal = read_text(run.journal()).substr(0, journal.bytes);
  std::vector<SnapshotFile> files;  // one of each step, as travel() takes them
  for (const SnapshotFile& file : snapshots_of(run)) {
    // A training that diverged may have saved a state that is no number any more: nothing goes on from there.
    if (file.step > journal.last_step() || !is_number(load_snapshot(file.path))) continue;
    if (!files.empty() && files.back().step == file.step) files.pop_back();
    files.push_back(file);
  }
  if (!files.empty()) {
    const auto size = std::max<std::size_t>(1, fs::file_size(files.back().path));
    files = chosen(std::move(files), std::clamp<std::size_t>(kSnapshotBytes / size, 2, kMostSnapshots));
  }
  for (const SnapshotFile& file : files) packed.snapshots[file.step] = read_text(file.path);
  if (needs_beginning(run) && !packed.snapshots.contains(run.start()))
    throw Error(fmt::format("the snapshot with which {} began is gone", run.folder.string()),
                "restore it from a copy: without it the run cannot be taken elsewhere");
  if (packed.info.parent) packed.info.parent->folder.clear();
  return packed;
}

// The bytes of the one file that a run learned from. Error: see pack().
std::string own_data(const Run& run) {
  const std::string& location = run.info.data_location;
  std::error_code error;
  if (kept_ending(fs::path(location).filename().string()).empty() || fs::is_directory(location, error))
    throw Error(fmt::format("{} learned from {}, which is not one file of a table or of arrays", run.info.id, location),
                "a .limn file takes .csv and .tsv files (also .gz) and .npz files: train on the data as one of them");
  load_data(run);  // throws where they are others
  return read_text(location, kMostArchive);
}

}  // namespace

bool is_number(const Snapshot& snapshot) {
  return std::ranges::none_of(snapshot.tensors, [](const Tensor& tensor) {
    return std::ranges::any_of(tensor.values, [](float value) { return std::isnan(value); });
  });
}

bool needs_beginning(const Run& run) { return run.info.parent || begins_from_weights(run.recipe); }

std::vector<Run> family_of(const Run& run) {
  std::vector<Run> all = list_runs(fs::absolute(run.folder).lexically_normal().parent_path());
  std::set<std::string> related{run.info.id};
  for (std::size_t before = 0; before != related.size();) {
    before = related.size();
    for (const Run& other : all) {
      if (!other.info.parent) continue;
      const std::string& parent = other.info.parent->run;
      if (related.contains(other.info.id)) related.insert(parent);
      if (related.contains(parent)) related.insert(other.info.id);
    }
  }
  std::erase_if(all,
                [&](const Run& other) { return other.info.id == run.info.id || !related.contains(other.info.id); });
  all.insert(all.begin(), run);
  return all;
}

Archive pack(const std::vector<Run>& runs) {
  Archive archive;
  archive.main = runs.at(0).info.id;
  std::map<std::string, std::string> files;  // names in the archive by where they lie
  for (const Run& run : runs) {
    ArchivedRun& packed = archive.runs[run.info.id] = pack_run(run);
    if (!lies_somewhere(run.recipe.data)) continue;
    const std::string& location = run.info.data_location;
    if (!files.contains(location)) {
      std::string bytes = own_data(run);
      files[location] = kept_name(fs::path(location).filename().string(), bytes);
      archive.data[files[location]] = std::move(bytes);
    }
    packed.info.data_location = fmt::format("data/{}", files[location]);
  }
  return archive;
}

}  // namespace limn
