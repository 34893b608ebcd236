// The training loop of a run: steps, journal, validation, snapshots, and how it ends.
// It must not know terminals or JSON for people; a Listener hears what happens.
#pragma once
#include <atomic>
#include <cstdint>
#include <string>

#include "experiment/run.hpp"
#include "train/session.hpp"

namespace limn {

struct StepReport {
  std::int64_t step, until, epoch;
  float loss;               // train.loss of this step
  double steps_per_second;  // since the loop began
  double seconds;           // since the loop began
};

class Listener {
 public:
  virtual ~Listener() = default;
  virtual void step(const StepReport&) {}  // about ten times a second
  virtual void evaluated(std::int64_t /*step*/, const Metrics&) {}
  virtual void saved(std::int64_t /*step*/, const std::filesystem::path&) {}
};

// Which program trains, as it is written down beside what it made.
struct Program {
  std::string build, isa;
  int threads = 1;
};

struct Outcome {
  bool interrupted = false;
  std::int64_t steps = 0;   // finished steps of the run
  double seconds = 0;       // of the loop: steps, validation and snapshots; of this program alone
  Metrics metrics;          // of the last weights: "valid.loss", "test.accuracy"...
  std::string fingerprint;  // 16 hex digits
};

// Validation is measured after this many steps: whole epochs, at least 200 steps, about fifty times in a run. Steps
// alone decide, never the clock.
std::int64_t evaluation_interval(std::int64_t steps_per_epoch, std::int64_t total_steps);

// The metrics of a split under the names a journal uses; none for a split without rows.
Metrics evaluate_split(Session& session, const Dataset& data, Split split);
// "train", "valid" or "test". Error: another word.
Split parse_split(const std::string& name);

// Trains until `until` finished steps, or until `interrupts` is not zero: then it saves a snapshot and returns. At the
// end it saves one too, and evaluates. Snapshots: after 1, 2, 5, 10, 20, 50... steps where more than a tenth of a
// second of training would be lost, `latest` every five seconds, `best` by the validation loss. The clock decides about
// files only, never about numbers.
// Error (kFailure): the loss is not finite, naming step and tensor; the disk is full.
Outcome train_run(const Run& run, Session& session, const Dataset& data, Journal& journal,
                  const JournalContent& history, std::int64_t until, const Program& program,
                  const std::atomic<int>& interrupts, Listener& listener);

}  // namespace limn
