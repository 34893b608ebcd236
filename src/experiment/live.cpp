#include "experiment/live.hpp"

#include <algorithm>
#include <bit>
#include <limits>

#include "base/error.hpp"
#include "train/snapshot.hpp"

namespace limn {
namespace {

constexpr double kKeepSeconds = 0.25;  // going back repeats at most about this much training
constexpr double kWorthSeconds = 0.1;  // training repeated faster than this needs no snapshot
constexpr double kSaveSeconds = 5;     // at most this much training is lost by a crash
constexpr std::size_t kMostKept = 2000;

std::size_t bytes_of(Training& session) {
  std::size_t bytes = 0;
  for (const TensorView& view : session.state()) bytes += limn::bytes_of(view).size();
  return bytes;
}

Visit opened(const Run& run, const JournalContent& history, std::shared_ptr<const Dataset> data, ThreadPool& pool) {
  verify_snapshots(run);
  return newest(run, history, std::move(data), pool);
}

}  // namespace

LiveRun::LiveRun(Run run, const Program& program, ThreadPool& pool, std::shared_ptr<const Dataset> data)
    : run_(std::move(run)),
      program_(program),
      pool_(pool),
      history_(journal_of(run_)),
      data_(data ? std::move(data) : load_data(run_)),
      training_(opened(run_, history_, data_, pool).session),
      journal_(Journal::reopen(run_.journal(), history_.last_step())),
      recorder_(run_, *training_, *data_, journal_, program_, *this) {
  recorder_.remember(history_);
  values_.push_back(limn::values_at(run_, {}, 0));
  for (const JournalRecord& record : history_.records) remember_place(record);
  for (const SnapshotFile& file : snapshots_of(run_))
    if (file.step <= head()) saved_.push_back(file.step);
  mark_ = mark_after(head());
  finished_ = head() >= run_.info.total_steps || (step() == head() && training_->stopped());
  keep();
}

float LiveRun::loss() const {
  const std::int64_t row = step() - history_.start - 1;
  if (row < 0 || row >= history_.rows()) return std::numeric_limits<float>::quiet_NaN();
  return history_.values[0][static_cast<std::size_t>(row)];
}

const SettingValues& LiveRun::values_at(std::int64_t step) const {
  return values_[static_cast<std::size_t>(std::ranges::upper_bound(changed_at_, step) - changed_at_.begin())];
}

std::vector<std::int64_t> LiveRun::snapshots() const {
  std::vector<std::int64_t> steps;
  for (const auto& [step, state] : kept_) steps.push_back(step);
  steps.insert(steps.end(), saved_.begin(), saved_.end());
  std::ranges::sort(steps);
  steps.erase(std::ranges::unique(steps).begin(), steps.end());
  return steps;
}

void LiveRun::advance() {
  const std::int64_t at = step();
  const bool is_new = at == head();
  std::optional<Recorder::Running> running;
  if (is_new) running.emplace(recorder_);
  const float loss = repeat(*training_);
  if (is_new)
    record_new_step(loss);
  else if (std::bit_cast<std::uint32_t>(loss) != std::bit_cast<std::uint32_t>(this->loss()))
    throw Error(
        fmt::format("step {} of {} gave a loss of {}, its journal has {}", at + 1, run_.info.id, loss, this->loss()),
        "the run was made by another build or on another instruction path: branch it, or train it anew",
        Fault::kFailure);
}

float LiveRun::repeat(Training& session) const {
  const std::int64_t at = session.cursor().step;
  if (std::ranges::binary_search(changed_at_, at)) session.change(typed_settings(run_, values_at(at)));
  const float loss = session.advance();
  if (std::ranges::binary_search(edited_at_, at + 1)) apply_edits(session, history_, at + 1);
  return loss;
}

void LiveRun::spent(double seconds) {
  since_kept_ += seconds, since_saved_ += seconds;
  if (since_kept_ > kKeepSeconds) keep();
  if (since_saved_ > kSaveSeconds && step() == head()) save(run_.snapshot("latest.safetensors"));
}

void LiveRun::record_new_step(float loss) {
  const auto row = training_->row();
  for (std::size_t c = 0; c < history_.values.size(); ++c) history_.values[c].push_back(row[c]);
  recorder_.row(loss);
  const std::int64_t at = step();
  if (at % training_->evaluation_interval() == 0 || at == run_.info.total_steps || training_->stopped())
    recorder_.measure();
  if (at >= mark_) {
    if (since_saved_ > kWorthSeconds) save(run_.snapshot_at(at));
    mark_ = mark_after(at);
  }
  if (at == run_.info.total_steps || training_->stopped()) finish();
}

void LiveRun::finish() {
  finished_ = true;
  save();
  Outcome outcome;
  outcome.steps = step();
  outcome.stopped = training_->stop_reason();
  outcome.stopped_early = outcome.stopped == kEarlyStop;
  outcome.fingerprint = training_->fingerprint();
  recorder_.finish(outcome);
}

void LiveRun::approach(std::int64_t to) {
  if (to < run_.start() || to > head())
    throw Error(fmt::format("{} has no step {}", run_.info.id, to),
                fmt::format("it has the steps from {} to {}; play on to go further", run_.start(), head()));
  if (step() <= to && step() >= place_before(to).step) return;
  restore(*training_, to);
  since_kept_ = 0;
}

LiveRun::Place LiveRun::place_before(std::int64_t step) const {
  Place place{run_.start()};
  if (const auto after = kept_.upper_bound(step); after != kept_.begin())
    place = {std::prev(after)->first, &std::prev(after)->second};
  for (const SnapshotFile& file : snapshots_of(run_))
    if (file.step <= step && (file.step > place.step || (!place.kept && place.file.empty())))
      place = {file.step, nullptr, file.path};
  return place;
}

std::int64_t LiveRun::nearest(std::int64_t step) const {
  const std::int64_t here = this->step();
  return here <= step ? std::max(here, place_before(step).step) : place_before(step).step;
}

std::unique_ptr<Training> LiveRun::another() const {
  return make_training(typed_settings(run_, values()), data_, run_.recipe.seed, pool_);
}

void LiveRun::restore(Training& session, std::int64_t step) const {
  const Place place = place_before(step);
  const auto put = [&](const std::vector<Tensor>& tensors, const Cursor& cursor) {
    session.change(typed_settings(run_, values_at(cursor.step)));
    session.restore(tensors, cursor);
  };
  const auto state_of = [](Training& other) {
    std::vector<Tensor> tensors;
    for (const TensorView& view : other.state()) tensors.push_back(copy_of(view));
    return tensors;
  };
  const bool is_other = &session != training_.get();
  if (is_other && this->step() <= step && this->step() >= place.step) {
    put(state_of(*training_), training_->cursor());
  } else if (place.kept) {
    put(place.kept->tensors, place.kept->cursor);
  } else if (!place.file.empty()) {
    const auto [info, tensors] = load_snapshot(place.file);
    put(tensors, info.cursor);
  } else {
    const Visit drawn = travel(run_, history_, data_, pool_, run_.start(), Arrival::kState);
    put(state_of(*drawn.session), drawn.session->cursor());
  }
  if (std::ranges::binary_search(edited_at_, session.cursor().step))
    apply_edits(session, history_, session.cursor().step);
}

void LiveRun::change(std::span<const std::string> changes) {
  LIMN_CHECK(step() == head(), "settings change at the head");
  const SettingValues before = values(), after = changed_values(run_, history_, step(), *data_, changes);
  const SettingValues changed = difference(before, after);
  if (changed.empty()) return;
  training_->change(typed_settings(run_, after));
  const JournalRecord record{RecordKind::kAction, step(), to_json(changed)};
  journal_.record(record.kind, record.step, record.text);
  recorded(record);
}

void LiveRun::edit(const Edits& edits) {
  LIMN_CHECK(step() == head(), "numbers are set at the head");
  if (finished_) throw Error(fmt::format("{} has ended", run_.info.id), "branch it, and set the number there");
  if (edits.empty()) return;
  training_->edit(edits);
  const JournalRecord record{RecordKind::kEdit, step(), to_json(edits)};
  journal_.record(record.kind, record.step, record.text);
  recorded(record);
  save();
}

void LiveRun::save() {
  if (step() == head()) save(run_.snapshot_at(step()));
}

void LiveRun::settle() {
  if (step() == head() && (saved_.empty() || saved_.back() != head()))
    save();
  else
    journal_.sync();
}

void LiveRun::save(const std::filesystem::path& path) {
  recorder_.save(path);
  if (path.filename() != "latest.safetensors") saved_.push_back(step()), ++places_;
  since_saved_ = 0;
}

void LiveRun::recorded(const JournalRecord& record) {
  history_.records.push_back(record);
  remember_place(record);
}

void LiveRun::remember_place(const JournalRecord& record) {
  if (record.kind == RecordKind::kAction) {
    changed_at_.push_back(record.step);
    values_.push_back(values_.back());
    for (const auto& [name, value] : settings_from_json(run_.recipe.experiment, record.text))
      values_.back()[name] = value;
  }
  if (record.kind == RecordKind::kEdit) edited_at_.push_back(record.step);
}

void LiveRun::keep() {
  since_kept_ = 0;
  if (kept_.contains(step())) return;
  Kept kept{training_->cursor(), {}};
  for (const TensorView& view : training_->state()) kept.tensors.push_back(copy_of(view));
  kept_.emplace(step(), std::move(kept));
  ++places_;
  const std::size_t most = std::max<std::size_t>(4, most_kept_ / std::max<std::size_t>(1, bytes_of(*training_)));
  while (kept_.size() > std::min(most, kMostKept)) {
    bool other = false;  // every second one goes, but never the first or the newest
    for (auto it = std::next(kept_.begin()); std::next(it) != kept_.end();)
      it = (other = !other) ? kept_.erase(it) : std::next(it);
  }
}

}  // namespace limn
