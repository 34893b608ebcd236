// What a training writes down at its furthest step, whoever drives it: measurements, snapshots, how it ended.
// It must not decide when.
#pragma once
#include <chrono>
#include <filesystem>
#include <limits>
#include <optional>
#include <span>
#include <string>

#include "experiment/run.hpp"
#include "train/training.hpp"

namespace limn {

// Which program trains, as it is written down beside what it made.
struct Program {
  std::string build, isa;
  int threads = 1;
};

class Listener {
 public:
  virtual ~Listener() = default;
  virtual void evaluated(std::int64_t /*step*/, const Metrics&) {}
  virtual void saved(std::int64_t /*step*/, const std::filesystem::path&) {}
  virtual void recorded(const JournalRecord&) {}  // every event, as the journal has it
};

struct Outcome {
  bool interrupted = false;
  std::int64_t steps = 0;  // finished steps of the run
  double seconds = 0;      // of the loop: steps, validation and snapshots; of this program alone
  bool stopped_early = false;
  std::string stopped;          // why before its length: "early stop", or by which test a minimiser; "": it did not
  std::int64_t best_step = -1;  // whose weights the metrics are of; -1: the last ones
  Metrics metrics;              // "valid.loss", "test.accuracy"...
  std::string fingerprint;      // 16 hex digits
};

class Recorder {
 public:
  // All of them must outlive the recorder.
  Recorder(const Run& run, Training& session, const Dataset& data, Journal& journal, const Program& program,
           Listener& listener)
      : run_(run), session_(session), data_(data), journal_(journal), program_(program), listener_(listener) {}

  // While one lives, the time that passes is time of training; what the recorder itself takes is not.
  class Running {
   public:
    explicit Running(Recorder& recorder) : recorder_(recorder) { recorder_.run(true); }
    ~Running() { recorder_.run(false); }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

   private:
    Recorder& recorder_;
  };

  // Of an earlier part of the run, up to where the journal goes on: the best validation, and the time it took.
  void remember(const JournalContent& history);
  // Of training, by all programs that trained the run: steps, without measurements and snapshots. Every event says it,
  // and it decides nothing.
  double seconds() const;
  void row(float loss);                          // of the step just taken. Error (kFailure): it is not finite
  void measure();                                // the validation metrics; the lowest loss so far is kept as a snapshot
  void save(const std::filesystem::path& path);  // a durable snapshot
  void stopped();                                // the end of a training that somebody interrupted
  // The end of a whole training, measured after the last step already: evaluates the last weights, or with early
  // stopping the best ones.
  void finish(Outcome& outcome);

 private:
  using Clock = std::chrono::steady_clock;
  class Resting;
  bool run(bool now);  // lets the clock run, or not; whether it ran before
  template <class Json>
  void event(const std::string& name, Json more);

  const Run& run_;
  Training& session_;
  const Dataset& data_;
  Journal& journal_;
  const Program& program_;
  Listener& listener_;
  Metrics last_;  // of the last validation
  double best_ = std::numeric_limits<double>::infinity();
  double seconds_ = 0;  // before `since_`
  std::optional<Clock::time_point> since_;
};

// The metrics of a split under the names a journal uses; none for a split without rows.
Metrics evaluate_split(Training& session, const Dataset& data, Split split, Weights which = Weights::kLast);
// "train", "valid" or "test". Error: another word.
Split parse_split(const std::string& name);

// The next of 1, 2, 5, 10, 20, 50...: steps that are worth a durable snapshot if it costs little beside them.
std::int64_t mark_after(std::int64_t step);

}  // namespace limn
