#include "experiment/runner.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "train/snapshot.hpp"

namespace limn {
namespace {

using Json = nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr double kRollingSeconds = 5;  // at most this much training is lost by a crash
constexpr double kWorthSeconds = 0.1;  // training repeated faster than this needs no snapshot
constexpr double kReportSeconds = 0.1;
constexpr double kLookSeconds = 0.02;  // how often the clock is read

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

std::int64_t mark_after(std::int64_t step) {  // the next of 1, 2, 5, 10, 20, 50, ...
  for (std::int64_t power = 1;; power *= 10)
    for (const std::int64_t digit : {1, 2, 5})
      if (digit * power > step) return digit * power;
}

Json json_of(const Metrics& metrics) {
  Json json = Json::object();
  for (const auto& [name, value] : metrics) json[name] = value;  // not finite becomes null
  return json;
}

// One training as it goes on; its parts share the session, the journal and the clock.
class Loop {
 public:
  Loop(const Run& run, Session& session, const Dataset& data, Journal& journal, const Program& program,
       Listener& listener)
      : run_(run), session_(session), data_(data), journal_(journal), program_(program), listener_(listener) {}

  // The best validation so far, out of the journal of an earlier part of the run.
  void remember(const JournalContent& history) {
    for (const JournalRecord& record : history.records) {
      if (record.kind != RecordKind::kEvent || record.step > session_.cursor().step) continue;
      const Json event = Json::parse(record.text, nullptr, false);
      if (!event.is_object() || event.value("event", "") != "eval" || !event.contains("valid.loss")) continue;
      if (event["valid.loss"].is_number()) best_ = std::min(best_, event["valid.loss"].get<double>());
    }
  }

  Outcome train(std::int64_t until, const std::atomic<int>& interrupts) {
    const std::int64_t first = session_.cursor().step;
    const std::int64_t interval = session_.evaluation_interval();
    std::int64_t evaluation = (first / interval + 1) * interval, mark = mark_after(first), look = first + 1;
    std::int64_t step = first, evaluated = -1;
    double reported = 0, rolled = 0;
    last_snapshot_ = begin_ = Clock::now();
    Outcome outcome;
    while (step < until && !session_.stopped() && interrupts.load(std::memory_order_relaxed) == 0) {
      const float loss = session_.advance();
      step = session_.cursor().step;
      journal_.append(std::span(&loss, 1));
      if (!std::isfinite(loss)) diverged(step, loss);
      if (step < std::min({evaluation, mark, look})) continue;
      if (step >= evaluation) {
        validate(step);
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
        listener_.step({step, until, session_.cursor().epoch, loss, rate, now});
      }
      if (now - rolled > 1) {  // so that another program can follow the curve
        rolled = now;
        journal_.flush();
      }
      if (seconds_since(last_snapshot_) > kRollingSeconds) save(run_.snapshot("latest.safetensors"));
    }
    outcome.stopped_early = session_.stopped();
    outcome.interrupted = step < until && !outcome.stopped_early;
    outcome.steps = step;
    if (!outcome.interrupted && evaluated != step) validate(step);
    save(run_.snapshot_at(step));
    outcome.seconds = seconds_since(begin_);
    outcome.fingerprint = session_.fingerprint();
    if (outcome.interrupted) {
      event("stop", {{"reason", "interrupted"}});
      return outcome;
    }
    outcome.best_step = session_.best_step();
    outcome.metrics = outcome.best_step < 0 ? last_ : evaluate_split(session_, data_, Split::kValid, Weights::kBest);
    const Metrics test = evaluate_split(session_, data_, Split::kTest, Weights::kBest);
    outcome.metrics.insert(test.begin(), test.end());
    if (!test.empty()) listener_.evaluated(outcome.best_step < 0 ? step : outcome.best_step, test);
    Json done = {{"metrics", json_of(outcome.metrics)},
                 {"fingerprint", outcome.fingerprint},
                 {"seconds", outcome.seconds},
                 {"threads", program_.threads},
                 {"isa", program_.isa},
                 {"build", program_.build}};
    if (outcome.best_step >= 0) done["best_step"] = outcome.best_step;
    if (outcome.stopped_early) done["reason"] = "early stop";
    event("done", std::move(done));
    journal_.sync();
    return outcome;
  }

 private:
  void event(const std::string& name, Json more) {
    more["event"] = name;
    more["step"] = session_.cursor().step;
    journal_.record(RecordKind::kEvent, session_.cursor().step, more.dump());
  }

  void validate(std::int64_t step) {
    last_ = evaluate_split(session_, data_, Split::kValid);
    if (last_.empty()) return;
    event("eval", json_of(last_));
    listener_.evaluated(step, last_);
    if (const double loss = last_.at("valid.loss"); loss < best_) {
      best_ = loss;
      save(run_.snapshot("best.safetensors"));
    }
  }

  void save(const std::filesystem::path& path) {
    journal_.sync();  // a snapshot must never be ahead of the journal
    save_snapshot(path, session_.state(), {session_.cursor(), program_.build, program_.isa});
    if (path.filename() != "best.safetensors") event("snapshot", {{"file", path.filename().string()}});
    last_snapshot_ = Clock::now();
    listener_.saved(session_.cursor().step, path);
  }

  [[noreturn]] void diverged(std::int64_t step, float loss) {
    const auto tensor = session_.first_not_finite();
    const auto& settings = session_.settings();
    const auto files = snapshots_of(run_);
    const auto what = fmt::format("training diverged: the loss of step {} is {}{}", step, loss,
                                  tensor.empty() ? "" : fmt::format(", and {} is not finite", tensor));
    event("error", {{"what", what}, {"tensor", tensor}});
    throw Error(
        what,
        fmt::format("lower the learning rate (lr is {:g}; try {:g}), or raise the batch; the run {} is kept up to "
                    "step {}: limn resume {} --set lr={:g}",
                    settings.lr, settings.lr / 10, run_.folder.string(),
                    files.empty() ? run_.start() : files.back().step, run_.folder.string(), settings.lr / 10),
        Fault::kFailure);
  }

  const Run& run_;
  Session& session_;
  const Dataset& data_;
  Journal& journal_;
  const Program& program_;
  Listener& listener_;
  Clock::time_point begin_, last_snapshot_;
  Metrics last_;  // of the last validation
  double best_ = std::numeric_limits<double>::infinity();
};

}  // namespace

Split parse_split(const std::string& name) {
  if (name == "train") return Split::kTrain;
  if (name == "valid") return Split::kValid;
  if (name == "test") return Split::kTest;
  throw Error(fmt::format("there is no split '{}'", name), "the splits are: train, valid, test");
}

Metrics evaluate_split(Session& session, const Dataset& data, Split split, Weights which) {
  const auto& rows = split == Split::kTrain ? data.train : split == Split::kValid ? data.valid : data.test;
  const char* prefix = split == Split::kTrain ? "train" : split == Split::kValid ? "valid" : "test";
  Metrics metrics;
  if (rows.empty()) return metrics;
  for (const auto& [name, value] : session.evaluate(split, which)) metrics[fmt::format("{}.{}", prefix, name)] = value;
  return metrics;
}

Outcome train_run(const Run& run, Session& session, const Dataset& data, Journal& journal,
                  const JournalContent& history, std::int64_t until, const Program& program,
                  const std::atomic<int>& interrupts, Listener& listener) {
  Loop loop(run, session, data, journal, program, listener);
  loop.remember(history);
  return loop.train(until, interrupts);
}

}  // namespace limn
