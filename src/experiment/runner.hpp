// The training loop of a run: steps, journal, validation, snapshots, and how it ends.
// It must not know terminals or JSON for people; a Listener hears what happens.
#pragma once
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "experiment/recorder.hpp"
#include "train/watch.hpp"

namespace limn {

struct StepReport {
  std::int64_t step, until, epoch;
  float loss, lr;           // train.loss and step.lr of this step; lr is NaN of a function's
  double steps_per_second;  // since the loop began
  double seconds;           // since the loop began
  std::optional<Minimised> minimised = {};
};

class TrainingListener : public Listener {
 public:
  virtual void step(const StepReport&) {}  // about ten times a second
};

// Trains until `until` finished steps, until early stopping has seen enough, or until `interrupts` is not zero: then it
// saves a snapshot and returns. At the end it saves one too, and evaluates: the last weights, or with early stopping
// the best ones. Validation is measured after every evaluation_interval() of steps and at the end. Snapshots: after 1,
// 2, 5, 10, 20, 50... steps where more than a tenth of a second of training would be lost, `latest` every five seconds,
// `best` by the validation loss. The clock decides about files only, never about numbers. Error (kFailure): the loss is
// not finite, naming step and tensor; the disk is full.
Outcome train_run(const Run& run, Training& session, const Dataset& data, Journal& journal,
                  const JournalContent& history, std::int64_t until, const Program& program,
                  const std::atomic<int>& interrupts, TrainingListener& listener);

}  // namespace limn
