// A run that is open: it stands at any of its steps, plays on, goes back, and takes other settings. What it does at its
// furthest step is journalled as a training by command is; behind it, the same steps give the same bits again.
// It must not know threads, clients or pictures: one caller at a time.
#pragma once
#include <map>
#include <memory>
#include <optional>

#include "experiment/recorder.hpp"
#include "experiment/travel.hpp"

namespace limn {

class LiveRun : private Listener {
 public:
  // Opens the run at its furthest step with a snapshot; advance() repeats what the journal has beyond. No other program
  // may train it meanwhile. Error: damaged, being trained, or its data are gone.
  // `data` are those of the run, where they are loaded already.
  LiveRun(Run run, const Program& program, ThreadPool& pool, std::shared_ptr<const Dataset> data = nullptr);

  const Run& run() const { return run_; }
  const JournalContent& history() const { return history_; }
  std::shared_ptr<const Dataset> data() const { return data_; }
  Training& training() { return *training_; }
  Session& session() { return network_of(*training_); }  // Error: it is of a function
  std::int64_t step() const { return training_->cursor().step; }
  std::int64_t head() const { return history_.last_step(); }
  const SettingValues& values() const { return values_at(step()); }  // in force now
  std::size_t changes() const {
    return static_cast<std::size_t>(&values() - values_.data());
  }  // of settings, till here
  float loss() const;                                     // of the step that led here; NaN at the beginning
  std::vector<std::int64_t> snapshots() const;            // steps that can be gone to at once, ascending
  std::uint64_t places() const { return places_; }        // counts the changes of that list
  double seconds() const { return recorder_.seconds(); }  // of training up to the head
  bool finished() const { return finished_; }             // it has its length, or stopped early

  // One step on; at the head it is a new one. Error (kFailure): the loss is not finite, the disk is full, a repeated
  // step gave other bits.
  void advance();
  // Stands at the nearest kept state at or before `step`, unless it stands nearer already; advance() does the rest.
  // Error: before the run's beginning, or beyond its head.
  void approach(std::int64_t step);

  // Other sessions of the run look at its steps while it goes on. What `another` makes stands nowhere: `restore` puts
  // it at the nearest state at or before `step`, which is of step `nearest`, and `repeat` takes one step that the run
  // took.
  std::unique_ptr<Training> another() const;
  std::int64_t nearest(std::int64_t step) const;
  void restore(Training& session, std::int64_t step) const;
  float repeat(Training& session) const;
  std::size_t interventions() const { return changed_at_.size() + edited_at_.size(); }  // changes and edits so far
  // Settings from the head on (NAME=VALUE), where it must stand. Error: as changed_values.
  void change(std::span<const std::string> changes);
  // Sets weights and biases between two steps, at the head. Error: as Session::edit, or the run has ended.
  void edit(const Edits& edits);
  void spent(double seconds);  // on steps since it was told last: decides when states are kept, never about numbers
  void save();                 // a durable snapshot, if it stands at the head
  // What was trained so far is in the run's files: the journal, and where it stands at the head a snapshot of it,
  // unless there is one.
  void settle();
  void flush() { journal_.flush(); }  // a crash of this program loses no step that was taken before
  void keep_within(std::size_t bytes) { most_kept_ = bytes; }  // states in memory

 private:
  struct Kept {
    Cursor cursor;
    std::vector<Tensor> tensors;
  };
  struct Place {  // a state that can be restored: one in memory, or else in the file, or else drawn from the seed
    std::int64_t step = 0;
    const Kept* kept = nullptr;
    std::filesystem::path file{};
  };
  Place place_before(std::int64_t step) const;
  const SettingValues& values_at(std::int64_t step) const;
  void recorded(const JournalRecord& record) override;
  void save(const std::filesystem::path& path);
  void remember_place(const JournalRecord& record);
  void keep();
  void finish();
  void record_new_step(float loss);

  Run run_;
  Program program_;
  ThreadPool& pool_;
  JournalContent history_;
  std::shared_ptr<const Dataset> data_;
  std::unique_ptr<Training> training_;
  Journal journal_;
  Recorder recorder_;
  std::map<std::int64_t, Kept> kept_;        // by step; the beginning is always among them
  std::vector<std::int64_t> saved_;          // steps of durable snapshots
  std::int64_t mark_ = 0;                    // the next step worth one
  std::uint64_t places_ = 0;                 // how often one of the two changed
  std::vector<std::int64_t> changed_at_;     // steps of the journal's actions, ascending
  std::vector<SettingValues> values_;        // before the first of them, and behind each
  std::vector<std::int64_t> edited_at_;      // and of its edits
  std::size_t most_kept_ = 256 << 20;        // bytes
  double since_kept_ = 0, since_saved_ = 0;  // seconds of training
  bool finished_ = false;
};

}  // namespace limn
