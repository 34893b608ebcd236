#include "experiment/recorder.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "train/snapshot.hpp"

namespace limn {
namespace {

using Json = nlohmann::json;

Json json_of(const Metrics& metrics) {
  Json json = Json::object();
  for (const auto& [name, value] : metrics) json[name] = value;  // not finite becomes null
  return json;
}

}  // namespace

template <class J>
void Recorder::event(const std::string& name, J more) {
  more["event"] = name;
  more["step"] = session_.cursor().step;
  more["seconds"] = std::round(1e6 * seconds()) / 1e6;
  const JournalRecord record{RecordKind::kEvent, session_.cursor().step, more.dump()};
  journal_.record(record.kind, record.step, record.text);
  listener_.recorded(record);
}

void Recorder::remember(const JournalContent& history) {
  for (const JournalRecord& record : history.records) {
    if (record.kind != RecordKind::kEvent || record.step >= journal_.next_step()) continue;
    const Json event = Json::parse(record.text, nullptr, false);
    if (!event.is_object()) continue;
    if (event.contains("seconds") && event["seconds"].is_number())
      seconds_ = std::max(seconds_, event["seconds"].get<double>());
    if (event.value("event", "") != "eval" || !event.contains("valid.loss")) continue;
    if (event["valid.loss"].is_number()) best_ = std::min(best_, event["valid.loss"].get<double>());
  }
}

// While one lives, the clock stands.
class Recorder::Resting {
 public:
  explicit Resting(Recorder& recorder) : recorder_(recorder), ran_(recorder.run(false)) {}
  ~Resting() { recorder_.run(ran_); }
  Resting(const Resting&) = delete;
  Resting& operator=(const Resting&) = delete;

 private:
  Recorder& recorder_;
  bool ran_;
};

bool Recorder::run(bool now) {
  const bool ran = since_.has_value();
  seconds_ = seconds();
  since_ = now ? std::optional(Clock::now()) : std::nullopt;
  return ran;
}

double Recorder::seconds() const {
  return seconds_ + (since_ ? std::chrono::duration<double>(Clock::now() - *since_).count() : 0);
}

void Recorder::row(float loss) {
  journal_.append(session_.row().first(journal_.columns()));
  if (std::isfinite(loss)) return;
  const std::int64_t step = session_.cursor().step;
  const auto tensor = session_.first_not_finite();
  const auto& settings = session_.settings();
  const auto files = snapshots_of(run_);
  const auto what = fmt::format("training diverged: the loss of step {} is {}{}", step, loss,
                                tensor.empty() ? "" : fmt::format(", and {} is not finite", tensor));
  event("error", Json{{"what", what}, {"tensor", tensor}});
  if (session_.minimised())
    throw Error(what,
                data_.train.empty() ? "begin elsewhere: --set start=..."
                                    : "begin with other weights (another seed, or init), or normalise with bn or ln",
                Fault::kFailure);
  throw Error(what,
              fmt::format("lower the learning rate (lr is {:g}; try {:g}){}; the run {} is kept up to "
                          "step {}: limn resume {} --set lr={:g}",
                          settings.lr, settings.lr / 10, data_.train.empty() ? "" : ", or raise the batch",
                          run_.folder.string(), files.empty() ? run_.start() : files.back().step, run_.folder.string(),
                          settings.lr / 10),
              Fault::kFailure);
}

void Recorder::measure() {
  const Resting resting(*this);
  last_ = evaluate_split(session_, data_, Split::kValid);
  if (last_.empty()) return;
  event("eval", json_of(last_));
  listener_.evaluated(session_.cursor().step, last_);
  if (const double loss = last_.at("valid.loss"); loss < best_) {
    best_ = loss;
    save(run_.snapshot("best.safetensors"));
  }
}

void Recorder::save(const std::filesystem::path& path) {
  const Resting resting(*this);
  journal_.sync();  // a snapshot must never be ahead of the journal
  save_snapshot(path, session_.state(), {session_.cursor(), program_.build, program_.isa});
  if (path.filename() != "best.safetensors") event("snapshot", Json{{"file", path.filename().string()}});
  listener_.saved(session_.cursor().step, path);
}

void Recorder::stopped() { event("stop", Json{{"reason", "interrupted"}}); }

void Recorder::finish(Outcome& outcome) {
  const Resting resting(*this);
  outcome.best_step = session_.best_step();
  outcome.metrics = outcome.best_step < 0 ? last_ : evaluate_split(session_, data_, Split::kValid, Weights::kBest);
  const Metrics test = evaluate_split(session_, data_, Split::kTest, Weights::kBest);
  outcome.metrics.insert(test.begin(), test.end());
  if (!test.empty()) listener_.evaluated(outcome.best_step < 0 ? outcome.steps : outcome.best_step, test);
  Json done = {{"metrics", json_of(outcome.metrics)},
               {"fingerprint", outcome.fingerprint},
               {"threads", program_.threads},
               {"isa", program_.isa},
               {"build", program_.build}};
  if (outcome.best_step >= 0) done["best_step"] = outcome.best_step;
  if (outcome.stopped_early) done["reason"] = "early stop";
  if (!outcome.stopped.empty() && !outcome.stopped_early) done["stopped"] = outcome.stopped;
  event("done", std::move(done));
  journal_.sync();
}

Split parse_split(const std::string& name) {
  if (name == "train") return Split::kTrain;
  if (name == "valid") return Split::kValid;
  if (name == "test") return Split::kTest;
  throw Error(fmt::format("there is no split '{}'", name), "the splits are: train, valid, test");
}

Metrics evaluate_split(Training& session, const Dataset& data, Split split, Weights which) {
  const auto& rows = split == Split::kTrain ? data.train : split == Split::kValid ? data.valid : data.test;
  const char* prefix = split == Split::kTrain ? "train" : split == Split::kValid ? "valid" : "test";
  Metrics metrics;
  if (rows.empty()) return metrics;
  for (const auto& [name, value] : session.evaluate(split, which)) metrics[fmt::format("{}.{}", prefix, name)] = value;
  return metrics;
}

std::int64_t mark_after(std::int64_t step) {
  for (std::int64_t power = 1;; power *= 10)
    for (const std::int64_t digit : {1, 2, 5})
      if (digit * power > step) return digit * power;
}

}  // namespace limn
