#include "experiment/unpacked.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/thread_pool.hpp"
#include "data/catalogue.hpp"
#include "data/kept_file.hpp"
#include "experiment/experiment.hpp"
#include "experiment/pack.hpp"
#include "experiment/travel.hpp"

namespace limn {
namespace {

namespace fs = std::filesystem;

constexpr const char* kUploads = "uploads";  // in a folder of runs, as the lab keeps them

// What the end of a whole training at this step wrote down; "" where there is none.
std::string fingerprint_of(const JournalContent& journal, std::int64_t step) {
  std::string found;
  for (const JournalRecord& record : journal.records) {
    if (record.kind != RecordKind::kEvent || record.step != step) continue;
    const auto event = nlohmann::json::parse(record.text);  // check_journal() saw to its shape
    if (event.at("event") == "done") found = event.value("fingerprint", "");
  }
  return found;
}

// An event is an object with a name, of numbers, texts and objects of numbers, as recorders write it.
bool is_event(const std::string& text) {
  using Json = nlohmann::json;
  const Json event = Json::parse(text, nullptr, false);
  const auto is_plain = [](const Json& value) { return value.is_primitive(); };
  const auto is_number = [](const Json& value) { return value.is_number() || value.is_null(); };
  if (!event.is_object() || !event.contains("event") || !event["event"].is_string()) return false;
  for (const auto& [name, value] : event.items()) {
    const bool is_object = name == "metrics" && value.is_object();
    if (is_object ? !std::ranges::all_of(value, is_number) : !is_plain(value)) return false;
    if (name == "fingerprint" && !value.is_string()) return false;
    if (event["event"] == "eval" && name != "event" && !is_number(value)) return false;
  }
  return true;
}

// Two journals of the same recipe: whether one goes on from where the other ends.
bool is_beginning_of(const JournalContent& begin, const JournalContent& whole) {
  if (begin.start != whole.start || begin.rows() > whole.rows()) return false;
  for (std::size_t i = 0; i < begin.values[0].size(); ++i)
    if (std::bit_cast<std::uint32_t>(begin.values[0][i]) != std::bit_cast<std::uint32_t>(whole.values[0][i]))
      return false;
  const auto acts = [](const JournalContent& journal) {
    std::vector<JournalRecord> all = journal.records;
    std::erase_if(all, [](const JournalRecord& record) { return record.kind == RecordKind::kEvent; });
    return all;
  };
  const auto first = acts(begin), all = acts(whole);
  const auto is_same = [](const JournalRecord& a, const JournalRecord& b) {
    return a.kind == b.kind && a.step == b.step && a.text == b.text;
  };
  if (first.size() > all.size() || !std::equal(first.begin(), first.end(), all.begin(), is_same)) return false;
  return std::all_of(all.begin() + static_cast<std::ptrdiff_t>(first.size()), all.end(),
                     [&](const JournalRecord& record) { return record.step >= begin.last_step(); });
}

}  // namespace

Unpacked::Unpacked(Archive archive, const std::string& name, const Destination& to, const Program& program, int order)
    : archive_(std::move(archive)),
      name_(name),
      to_(to),
      aside_((check_free(to), root_of(to)), fmt::format("import-{}", order)) {
  std::error_code error;
  fs::create_directory(aside_.folder() / "data", error);
  if (error) throw_file_error("make the folder", aside_.folder(), error.value());
  for (const auto& [file, bytes] : archive_.data) write_durably(aside_.folder() / "data" / file, bytes);
  std::set<std::string> left;
  for (const auto& [id, run] : archive_.runs) left.insert(id);
  while (!left.empty()) {
    const auto next = std::ranges::find_if(left, [&](const std::string& id) {
      const auto& parent = archive_.runs.at(id).info.parent;
      return !parent || !left.contains(parent->run);
    });
    if (next == left.end()) fail("runs in it are branches of each other");
    write(*next, archive_.runs.at(*next));
    const Run& run = runs_.back();
    const JournalContent journal = journal_of(run);
    check_journal(run, journal);
    check_snapshots(run, archive_.runs.at(*next), journal);
    check_bits(run, archive_.runs.at(*next), journal, program);
    left.erase(next);
  }
}

void Unpacked::fail(const std::string& why) const {
  throw Error(fmt::format("{} cannot be read as a .limn file: {}", name_, why),
              "save the run again where it is: limn export RUN --format limn FILE.limn");
}

void Unpacked::write(const std::string& id, const ArchivedRun& archived) {
  Run run{aside_.folder() / id, archived.recipe, archived.info};
  std::error_code error;
  fs::create_directories(run.folder / "snapshots", error);
  if (error) throw_file_error("make the folder", run.folder, error.value());
  write_durably(run.folder / "recipe.json", to_json(run.recipe) + "\n");
  write_durably(run.journal(), archived.journal);
  for (const auto& [step, bytes] : archived.snapshots) write_durably(run.snapshot_at(step), bytes);
  if (!run.info.data_location.empty()) run.info.data_location = (aside_.folder() / run.info.data_location).string();
  runs_.push_back(std::move(run));
}

void Unpacked::check_journal(const Run& run, const JournalContent& journal) const {
  const std::string& id = run.info.id;
  if (journal.torn) fail(fmt::format("the journal of {} is cut short", id));
  const auto& losses = journal.values[0];  // the last one may be what a training ended with that diverged
  const auto behind = losses.empty() ? losses.end() : losses.end() - 1;
  if (!std::all_of(losses.begin(), behind, [](float loss) { return std::isfinite(loss); }))
    fail(fmt::format("the journal of {} goes on behind a loss that is no number", id));
  for (const JournalRecord& record : journal.records) {
    if (record.step < journal.start || record.step > journal.last_step())
      fail(fmt::format("the journal of {} has a record of step {}, which it does not reach", id, record.step));
    if (record.kind == RecordKind::kAction) settings_from_json(run.recipe.experiment, record.text);
    if (record.kind == RecordKind::kEdit) edited_at(journal, record.step);
    if (record.kind == RecordKind::kEvent && !is_event(record.text))
      fail(fmt::format("the journal of {} has an event that is none", id));
  }
}

void Unpacked::check_snapshots(const Run& run, const ArchivedRun& archived, const JournalContent& journal) const {
  const auto refuse = [&](std::int64_t step, const char* why) {
    fail(fmt::format("the snapshot of {} after step {} {}", run.info.id, step, why));
  };
  if (needs_beginning(run) && !archived.snapshots.contains(run.start()))
    fail(fmt::format("the state with which {} began is missing", run.info.id));
  for (const auto& [step, bytes] : archived.snapshots) {
    const Snapshot snapshot = load_snapshot(run.snapshot_at(step));
    if (snapshot.info.cursor.step != step) refuse(step, "is of another step");
    if (step < run.start() || step > journal.last_step()) refuse(step, "is of no step of its journal");
    if (!is_number(snapshot)) refuse(step, "holds what is no number");
  }
}

// What a snapshot of another run would not do: give the journal's loss at the next step, or at the end the fingerprint
// that was written down there. Data of a catalogue are not fetched for it.
void Unpacked::check_bits(const Run& run, const ArchivedRun& archived, const JournalContent& journal,
                          const Program& program) {
  const CatalogueEntry* entry = find_entry(run.recipe.data);
  if (entry && !is_present(*entry)) return;
  const DataRequest wanted = data_request(run.recipe, run.info.data_location);
  const bool loaded = data_ && wanted == data_of_ && data_->digest == run.info.data_digest;
  if (!loaded) data_ = load_data(run), data_of_ = wanted;
  if (run.info.build != program.build || run.info.isa != program.isa) return;
  ThreadPool pool(1);
  std::set<std::int64_t> steps{run.start()};
  for (const auto& [step, bytes] : archived.snapshots) steps.insert(step);
  for (const std::int64_t step : steps) {
    const auto refuse = [&] {
      fail(fmt::format("{} is of another run after step {}: the journal has other bits", run.info.id, step));
    };
    if (step < journal.last_step()) {
      const float loss = travel(run, journal, data_, pool, step + 1, Arrival::kStepped).loss;
      const float recorded = journal.values[0][static_cast<std::size_t>(step - journal.start)];
      if (std::bit_cast<std::uint32_t>(loss) != std::bit_cast<std::uint32_t>(recorded)) refuse();
    } else {
      const Visit place = travel(run, journal, data_, pool, step, Arrival::kState);
      const std::string recorded = fingerprint_of(journal, step);
      if (!recorded.empty() && recorded != place.session->fingerprint()) refuse();
    }
  }
}

std::vector<Arrived> Unpacked::place() {
  const fs::path root = root_of(to_);
  const auto here = list_runs(to_.folder.empty() ? to_.root : root);
  std::map<std::string, const Run*> known;  // by the id in the archive
  std::set<std::string> files;              // of data that come in
  for (Run& run : runs_) {
    const std::string& id = run.info.id;
    const auto parent = run.info.parent ? known.find(run.info.parent->run) : known.end();
    const bool is_new =
        run.info.parent && archive_.runs.contains(run.info.parent->run) && (parent == known.end() || !parent->second);
    known[id] = is_new ? nullptr : known_as(run, parent == known.end() ? nullptr : parent->second, here);
    if (!known[id] && !run.info.data_location.empty()) files.insert(fs::path(run.info.data_location).filename());
  }
  std::map<std::string, std::string> locations;
  for (const std::string& file : files) locations[file] = place_data(file, (root / kUploads).lexically_normal());

  std::map<std::string, Run> placed;
  std::vector<Arrived> arrived;
  for (const Run& unpacked : runs_) {
    Run run = unpacked;
    const std::string id = run.info.id;
    if (known[id]) {
      arrived.push_back({placed[id] = *known[id], true});
      continue;
    }
    if (auto& parent = run.info.parent) {
      const auto moved = placed.find(parent->run);
      const auto found = std::ranges::find(here, parent->run, [](const Run& other) { return other.info.id; });
      const Run* is = moved != placed.end() ? &moved->second : found != here.end() ? &*found : nullptr;
      if (is) parent->run = is->info.id;
      parent->folder = is ? fs::absolute(is->folder).lexically_normal().string() : parent->run;
    }
    if (!run.info.data_location.empty())
      run.info.data_location = locations.at(fs::path(run.info.data_location).filename());
    const bool is_main = id == archive_.main;
    arrived.push_back({placed[id] = adopt_run(is_main || to_.folder.empty() ? to_ : Destination{{}, root}, run)});
  }
  const auto main =
      std::ranges::find(arrived, placed.at(archive_.main).info.id, [](const Arrived& a) { return a.run.info.id; });
  std::rotate(arrived.begin(), main, main + 1);
  return arrived;
}

// The file of this name, or of this content, among those that are kept there. Error: its name is that of other bytes.
std::string Unpacked::place_data(const std::string& file, const fs::path& folder) const {
  const std::string tail = kept_tail(file);
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw_file_error("make the folder", folder, error.value());
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (kept_tail(it->path().filename().string()) != tail) continue;
    if (read_text(it->path(), kMostArchive) != archive_.data.at(file))
      throw Error(fmt::format("{} is here with other bytes", it->path().string()),
                  "remove it, and read the file again");
    return it->path().string();
  }
  put_in_place(aside_.folder() / "data" / file, folder / file);
  return (folder / file).string();
}

const Run* Unpacked::known_as(const Run& run, const Run* parent, const std::vector<Run>& here) const {
  const JournalContent journal = journal_of(run);
  for (const Run& other : here) {
    if (to_json(other.recipe) != to_json(run.recipe) || other.info.data_digest != run.info.data_digest ||
        other.info.parent.has_value() != run.info.parent.has_value())
      continue;
    if (run.info.parent) {
      const Parent &its = *other.info.parent, &wanted = *run.info.parent;
      const std::string& id = parent ? parent->info.id : wanted.run;
      if (its.run != id || its.step != wanted.step || its.patch != wanted.patch) continue;
    }
    try {
      if (is_beginning_of(journal, journal_of(other))) return &other;
    } catch (const Error&) {  // a damaged one is not the same
    }
  }
  return nullptr;
}

}  // namespace limn
