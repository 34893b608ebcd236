// A run is a folder: recipe.json, run.json, journal and snapshots/. It is made whole or not at all.
// It must not know how a training works.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "data/preprocessing.hpp"
#include "experiment/recipe.hpp"
#include "train/journal.hpp"

namespace limn {

using Metrics = std::map<std::string, double>;  // by name with the split: "test.accuracy"

struct Parent {
  std::string run;     // its id
  std::string folder;  // absolute; of a branch that came alone from elsewhere its parent's id
  std::int64_t step = 0;
  SettingValues patch;  // the settings that were changed there
};

struct RunInfo {
  std::string id;
  std::optional<Parent> parent;
  std::string data_name, data_digest;
  std::string data_location;  // absolute path, for data that are no name of the catalogue
  std::string build, isa;
  std::int64_t total_steps = 0;  // what the schedule is drawn for; a branch keeps its parent's
  Preprocessing preprocessing;   // class names are in it
  std::string created;           // UTC, ISO 8601
};

std::string to_json(const RunInfo& info);
// Error: not the JSON of a run, or the run of another recipe. `file` stands in errors.
RunInfo info_from_json(const std::string& text, const Recipe& recipe, const std::filesystem::path& file);

struct Run {
  std::filesystem::path folder;
  Recipe recipe;
  RunInfo info;

  std::filesystem::path journal() const { return folder / "journal"; }
  std::filesystem::path snapshot(std::string_view name) const { return folder / "snapshots" / name; }
  std::filesystem::path snapshot_at(std::int64_t step) const;
  std::int64_t start() const { return info.parent ? info.parent->step : 0; }  // the step its journal begins after
};

// Where a new run goes: the folder, or if that is empty, EXPERIMENT-TIME-ID in `root`.
struct Destination {
  std::filesystem::path folder, root = "runs";
};

std::filesystem::path root_of(const Destination& to);  // the folder that the new run's folder lies in, absolute
void check_free(const Destination& to);                // Error: the folder that is named exists already

// Makes the folder with an empty journal; `fill` may put more into it before it appears under its name. Sets id and
// created. Error: the folder exists, or cannot be written; nothing is left then.
Run create_run(const Destination& to, const Recipe& recipe, RunInfo info, const std::vector<std::string>& columns,
               const std::function<void(const Run& unfinished)>& fill = {});
// Puts a run that lies whole in a folder on the same disk, but for its run.json, where new runs go. Sets the id.
// Error: as create_run.
Run adopt_run(const Destination& to, const Run& unfinished);

Run open_run(const std::filesystem::path& folder);       // Error: not a run, or its files are damaged
JournalContent journal_of(const Run& run);               // Error: damaged, or the journal of another run
std::filesystem::path find_run(const std::string& run);  // a folder, or an id looked for in runs/. Error: there is none
std::vector<Run> list_runs(const std::filesystem::path& root = "runs");  // by time made; damaged ones are left out
// Error: the folder is no run, or a program is training it.
void remove_run(const std::filesystem::path& folder);

struct SnapshotFile {
  std::int64_t step;
  std::filesystem::path path;
};
// All snapshots of the run by step. They are not verified. Error: one of them is not a snapshot at all.
std::vector<SnapshotFile> snapshots_of(const Run& run);

struct RunSummary {
  std::int64_t step = 0;  // the last one in the journal
  std::string status;     // "done", "stopped", "failed", or "unfinished": it is being trained, or was killed
  Metrics metrics;        // the last known of every name
  double seconds = 0;     // of its steps, as the last event says
};
RunSummary summarize(const Run& run, const JournalContent& journal);

}  // namespace limn
