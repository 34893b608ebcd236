#include "experiment/runner.hpp"

#include <algorithm>
#include <chrono>

#include "base/error.hpp"
#include "train/snapshot.hpp"

namespace limn {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kRollingSeconds = 5;  // at most this much training is lost by a crash
constexpr double kWorthSeconds = 0.1;  // training repeated faster than this needs no snapshot
constexpr double kReportSeconds = 0.1;
constexpr double kLookSeconds = 0.02;  // how often the clock is read

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

// One training as it goes on; its parts share the session, the journal and the clock.
class Loop {
 public:
  Loop(const Run& run, Training& session, const Dataset& data, Journal& journal, const Program& program,
       TrainingListener& listener)
      : run_(run),
        session_(session),
        journal_(journal),
        listener_(listener),
        recorder_(run, session, data, journal, program, listener) {}

  void remember(const JournalContent& history) { recorder_.remember(history); }

  Outcome train(std::int64_t until, const std::atomic<int>& interrupts) {
    const std::int64_t first = session_.cursor().step;
    const std::int64_t interval = session_.evaluation_interval();
    std::int64_t evaluation = (first / interval + 1) * interval, mark = mark_after(first), look = first + 1;
    std::int64_t step = first, evaluated = -1;
    double reported = 0, rolled = 0;
    last_snapshot_ = begin_ = Clock::now();
    const Recorder::Running running(recorder_);
    Outcome outcome;
    while (step < until && !session_.stopped() && interrupts.load(std::memory_order_relaxed) == 0) {
      const float loss = session_.advance();
      step = session_.cursor().step;
      recorder_.row(loss);
      if (step < std::min({evaluation, mark, look})) continue;
      if (step >= evaluation) {
        recorder_.measure();
        evaluated = step;
        evaluation += interval;
      }
      if (step >= mark) {
        if (seconds_since(last_snapshot_) > kWorthSeconds) save(run_.snapshot_at(step));
        mark = mark_after(step);
      }
      if (step < look) continue;
      const double now = seconds_since(begin_);
      const double rate = static_cast<double>(step - first) / now;
      look = step + std::clamp<std::int64_t>(static_cast<std::int64_t>(rate * kLookSeconds), 1, 1'000'000);
      if (now - reported > kReportSeconds) {
        reported = now;
        listener_.step({step, until, session_.cursor().epoch, loss, session_.rate(), rate, now, session_.minimised()});
      }
      if (now - rolled > 1) {  // so that another program can follow the curve
        rolled = now;
        journal_.flush();
      }
      if (seconds_since(last_snapshot_) > kRollingSeconds) save(run_.snapshot("latest.safetensors"));
    }
    outcome.stopped = session_.stop_reason();
    outcome.stopped_early = outcome.stopped == kEarlyStop;
    outcome.interrupted = step < until && outcome.stopped.empty();
    outcome.steps = step;
    if (!outcome.interrupted && evaluated != step) recorder_.measure();
    save(run_.snapshot_at(step));
    outcome.seconds = seconds_since(begin_);
    outcome.fingerprint = session_.fingerprint();
    if (outcome.interrupted) {
      recorder_.stopped();
      return outcome;
    }
    recorder_.finish(outcome);
    return outcome;
  }

 private:
  void save(const std::filesystem::path& path) {
    recorder_.save(path);
    last_snapshot_ = Clock::now();
  }

  const Run& run_;
  Training& session_;
  Journal& journal_;
  TrainingListener& listener_;
  Recorder recorder_;
  Clock::time_point begin_, last_snapshot_;
};

}  // namespace

Outcome train_run(const Run& run, Training& session, const Dataset& data, Journal& journal,
                  const JournalContent& history, std::int64_t until, const Program& program,
                  const std::atomic<int>& interrupts, TrainingListener& listener) {
  Loop loop(run, session, data, journal, program, listener);
  loop.remember(history);
  return loop.train(until, interrupts);
}

}  // namespace limn
