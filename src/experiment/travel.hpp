// Going to any step of a run: the nearest snapshot, then the same steps again with the same changes of settings.
// It must not know why one goes there.
#pragma once
#include <cstdint>
#include <memory>

#include "base/thread_pool.hpp"
#include "experiment/run.hpp"
#include "train/snapshot.hpp"
#include "train/training.hpp"

namespace limn {

// The run's data, loaded again. Error: gone, or no longer those the run was made with.
std::shared_ptr<const Dataset> load_data(const Run& run);

// The typed settings in force after `step` steps: the recipe's, changed by the journal's actions up to there.
Settings settings_at(const Run& run, const JournalContent& journal, std::int64_t step);
SettingValues values_at(const Run& run, const JournalContent& journal, std::int64_t step);

// The values in force after `step` steps with `changes` (NAME=VALUE) made to them, every "auto" resolved by the data.
// Error: a change that is not declared, out of range, or of what a training cannot change once it has begun. A branch
// may have another optimiser: what depends on it and is not among the changes is chosen anew.
enum class Changed { kWithin, kBranch };
SettingValues changed_values(const Run& run, const JournalContent& journal, std::int64_t step, const Dataset& data,
                             std::span<const std::string> changes, Changed where = Changed::kWithin);
Settings typed_settings(const Run& run, const SettingValues& values);  // with the length of the run's schedule

using Edits = std::map<std::string, double>;  // "layer1.w[3,4]": what it becomes
std::string to_json(const Edits& edits);
// What the journal's edits of that very step set, the last of a number counting. Error: a damaged record.
Edits edited_at(const JournalContent& journal, std::int64_t step);
// Sets the numbers that the journal's edits of that very step set, in a session that stands there. Doing it again does
// no harm, so a snapshot may be of before or after them.
void apply_edits(Training& session, const JournalContent& journal, std::int64_t step);

struct Visit {
  std::unique_ptr<Training> session;
  std::int64_t restored = 0;  // the step of the snapshot it began from; 0: drawn from the seed
  bool stepped = false;       // at least one step was taken, so gradients and the loss of the last one are there
  float loss = 0;             // of the last step taken
};

// What one comes for: the state alone (a snapshot of that very step will do), or the last step with its gradients.
enum class Arrival { kState, kStepped };

// A session of the run standing after `step` steps. Error: before the run's beginning, or a snapshot was tampered with.
Visit travel(const Run& run, const JournalContent& journal, std::shared_ptr<const Dataset> data, ThreadPool& pool,
             std::int64_t step, Arrival arrival);

// A number of a session that stands at its step: what a sample of the next step's batch, a metric or the objective of a
// network is comes of the settings changed at that very step, which the session takes on; the gradient of the step
// before may be lost then.
bool is_ahead(Training& of, const std::string& name);  // whether a quantity is one of those
bool prepare_at(const Run& run, const JournalContent& journal, Training& session, const std::string& name);
double quantity_at(const Run& run, const JournalContent& journal, Training& session, const std::string& name);

// A session in the state of the run's newest snapshot. Snapshots past the journal's end do not count: a journal that
// lost its tail is written again.
Visit newest(const Run& run, const JournalContent& journal, std::shared_ptr<const Dataset> data, ThreadPool& pool);

// That snapshot itself, with what it holds. Error: there is none yet.
Snapshot newest_snapshot(const Run& run, const JournalContent& journal);

// The newest weights over other data of the same kind, to evaluate and predict with; it stands at no place of an epoch.
std::unique_ptr<Training> newest_over(const Run& run, const JournalContent& journal,
                                      std::shared_ptr<const Dataset> data, ThreadPool& pool);

// Reads every snapshot of the run, as a training that goes on should: travelling back stands on all of them. Error: one
// was tampered with.
void verify_snapshots(const Run& run);

}  // namespace limn
