#include "experiment/travel.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.hpp"
#include "experiment/experiment.hpp"
#include "experiment/weights.hpp"
#include "train/curvature.hpp"

namespace limn {
namespace {

using Json = nlohmann::json;

// A minimiser's run on a network that was made before it had more than the loss goes on without them.
bool can_go_on(const std::vector<std::string>& columns, Training& session) {
  return columns == session.columns() || (session.session() && columns == std::vector<std::string>{"train.loss"});
}

// Whose data the session gets: over other data, it stands at no place of an epoch.
enum class Over { kOwn, kOther };

std::unique_ptr<Training> session_from(const Run& run, const JournalContent& journal,
                                       std::shared_ptr<const Dataset> data, ThreadPool& pool, const SnapshotFile* file,
                                       Over over = Over::kOwn) {
  auto session =
      make_training(settings_at(run, journal, file ? file->step : 0), std::move(data), run.recipe.seed, pool);
  if (over == Over::kOwn && !can_go_on(journal.columns, *session))
    throw Error(fmt::format("{} is damaged: its columns are not those of such a training", run.journal().string()),
                "restore an undamaged copy of the run");
  if (file) {
    const auto [info, tensors] = load_snapshot(file->path);
    session->restore(tensors, over == Over::kOwn ? info.cursor : Cursor{info.cursor.step, 0, 0});
  } else if (run.info.parent) {
    throw Error(fmt::format("the snapshot with which the branch {} began is gone", run.folder.string()),
                fmt::format("branch again: limn branch {} --at {}", run.info.parent->folder, run.info.parent->step));
  } else if (begins_from_weights(run.recipe)) {
    throw Error(fmt::format("the snapshot with the weights that {} began from is gone", run.folder.string()),
                fmt::format("train it again: limn run {}", (run.folder / "recipe.json").string()));
  }
  apply_edits(*session, journal, session->cursor().step);
  return session;
}

// The newest snapshot that the journal reaches, or null.
const SnapshotFile* newest_of(const std::vector<SnapshotFile>& files, const JournalContent& journal) {
  const SnapshotFile* last = nullptr;
  for (const SnapshotFile& file : files)
    if (file.step <= journal.last_step()) last = &file;
  return last;
}

}  // namespace

std::shared_ptr<const Dataset> load_data(const Run& run) {
  auto data = std::make_shared<const Dataset>(prepare(data_request(run.recipe, run.info.data_location)));
  if (data->digest != run.info.data_digest)
    throw Error(fmt::format("the data {} are not those the run {} was made with", run.recipe.data, run.info.id),
                "restore the data as they were, or train a new run");
  return data;
}

std::string to_json(const Edits& edits) { return Json(edits).dump(); }

Edits edited_at(const JournalContent& journal, std::int64_t step) {
  Edits edits;
  for (const JournalRecord& record : journal.records) {
    if (record.kind != RecordKind::kEdit || record.step != step) continue;
    const Json json = Json::parse(record.text, nullptr, false);
    const auto is_number = [](const Json& value) { return value.is_number(); };
    if (!json.is_object() || !std::ranges::all_of(json, is_number))
      throw Error(fmt::format("the journal has a damaged edit: {}", record.text), "restore the run from a copy");
    for (const auto& [name, value] : json.items()) edits[name] = value.get<double>();
  }
  return edits;
}

void apply_edits(Training& session, const JournalContent& journal, std::int64_t step) {
  if (const Edits edits = edited_at(journal, step); !edits.empty()) session.edit(edits);
}

Settings typed_settings(const Run& run, const SettingValues& values) {
  const Experiment& experiment = find_experiment(run.recipe.experiment);
  for (const ParameterSpec& parameter : experiment.parameters) {
    const auto found = values.find(parameter.name);
    const bool number = parameter.kind == ParameterKind::kNumber || parameter.kind == ParameterKind::kInteger;
    if (found == values.end() || (number && std::holds_alternative<std::string>(found->second)))
      throw Error(fmt::format("the recipe of {} does not say its {}", run.folder.string(), parameter.name),
                  "it was made by another version of limn, or changed: train it anew with `limn run`");
  }
  Settings settings = experiment.settings(values);
  settings.total_steps = run.info.total_steps;
  return settings;
}

namespace {

// Another optimiser: what suited the old one alone is as if nobody had said it.
void choose_anew(const Experiment& experiment, SettingValues& settings, const std::set<std::string>& named) {
  constexpr std::string_view kSuiting[] = {"lr",       "momentum", "beta2", "epsilon",    "bias_correction", "batch",
                                           "schedule", "warmup",   "drop",  "drop_every", "power",           "memory"};
  for (const ParameterSpec& parameter : experiment.parameters)
    if (std::ranges::find(kSuiting, parameter.name) != std::end(kSuiting) && !named.contains(parameter.name))
      settings[parameter.name] = parse_value(parameter, parameter.initial);
}

}  // namespace

SettingValues changed_values(const Run& run, const JournalContent& journal, std::int64_t step, const Dataset& data,
                             std::span<const std::string> changes, Changed where) {
  const Experiment& experiment = find_experiment(run.recipe.experiment);
  Recipe changed = run.recipe;
  changed.settings = values_at(run, journal, step);
  std::set<std::string> named;
  for (const std::string& change : changes) {
    const auto [name, text] = parse_assignment(change);
    const ParameterSpec& parameter = find_parameter(experiment.parameters, name);
    if (parameter.fixed && !(where == Changed::kBranch && parameter.branches))
      throw Error(fmt::format("{} cannot be changed once a training has begun", name),
                  parameter.branches
                      ? fmt::format("branch the run: limn branch {} --at {} --set {}", run.info.id, step, change)
                      : fmt::format("train a new run: limn train {} --data {} --set {}", run.recipe.experiment,
                                    run.recipe.data, change));
    changed.settings[name] = parse_value(parameter, text);
    named.insert(name);
  }
  if (changed.settings.at("optimizer") != values_at(run, journal, step).at("optimizer"))
    choose_anew(experiment, changed.settings, named);
  experiment.resolve(changed, data);
  return changed.settings;
}

SettingValues values_at(const Run& run, const JournalContent& journal, std::int64_t step) {
  SettingValues values = run.recipe.settings;
  for (const ParameterSpec& parameter : find_experiment(run.recipe.experiment).parameters)  // made before they were
    if (!values.contains(parameter.name)) values[parameter.name] = parse_value(parameter, parameter.initial);
  for (const JournalRecord& record : journal.records)
    if (record.kind == RecordKind::kAction && record.step <= step)
      for (const auto& [name, value] : settings_from_json(run.recipe.experiment, record.text)) values[name] = value;
  return values;
}

Settings settings_at(const Run& run, const JournalContent& journal, std::int64_t step) {
  return typed_settings(run, values_at(run, journal, step));
}

Visit travel(const Run& run, const JournalContent& journal, std::shared_ptr<const Dataset> data, ThreadPool& pool,
             std::int64_t step, Arrival arrival) {
  if (step < run.start())
    throw Error(
        fmt::format("step {} is before the beginning of {}, which branched at step {}", step, run.info.id, run.start()),
        fmt::format("ask its parent: {}", run.info.parent->folder));
  const auto files = snapshots_of(run);
  const std::int64_t furthest = arrival == Arrival::kStepped && step > run.start() ? step - 1 : step;
  const SnapshotFile* nearest = nullptr;
  for (const SnapshotFile& file : files)
    if (file.step <= furthest) nearest = &file;
  Visit place{session_from(run, journal, std::move(data), pool, nearest), nearest ? nearest->step : 0};
  Training& session = *place.session;
  const std::int64_t begin = session.cursor().step;
  std::vector<const JournalRecord*> changes;  // that lie on the way, in order
  std::set<std::int64_t> edits;
  for (const JournalRecord& record : journal.records) {
    if (record.kind == RecordKind::kEdit) edits.insert(record.step);
    if (record.kind == RecordKind::kAction && record.step >= begin) changes.push_back(&record);
  }
  SettingValues values = values_at(run, journal, begin - 1);
  auto next = changes.begin();
  for (std::int64_t at = begin; at < step; ++at) {
    const auto first = next;
    for (; next != changes.end() && (*next)->step == at; ++next)
      for (const auto& [name, value] : settings_from_json(run.recipe.experiment, (*next)->text)) values[name] = value;
    if (next != first) session.change(typed_settings(run, values));
    session.keep_before(at + 1 == step);
    place.loss = session.advance();
    if (edits.contains(at + 1)) apply_edits(session, journal, at + 1);
    place.stepped = true;
  }
  return place;
}

bool is_ahead(Training& of, const std::string& name) {
  const auto begins = [&](const char* split) { return name.starts_with(split); };
  return name.find('@') != std::string::npos || begins("valid.") || begins("test.") ||
         (begins("train.") && name != "train.loss") || name.ends_with(".dead") || name.ends_with(".saturated") ||
         name == "batch.digest" || (of.session() && Curvature::knows(name.substr(0, name.find('['))));
}

namespace {

// The settings of the next step, unless it has them: a minimiser would be made anew for every number.
void settle(const Run& run, const JournalContent& journal, Training& session) {
  if (const Settings next = settings_at(run, journal, session.cursor().step); next != session.settings())
    session.change(next);
}

}  // namespace

bool prepare_at(const Run& run, const JournalContent& journal, Training& session, const std::string& name) {
  if (is_ahead(session, name)) settle(run, journal, session);
  return session.prepare(name);
}

double quantity_at(const Run& run, const JournalContent& journal, Training& session, const std::string& name) {
  if (is_ahead(session, name)) settle(run, journal, session);
  return session.quantity(name);
}

Visit newest(const Run& run, const JournalContent& journal, std::shared_ptr<const Dataset> data, ThreadPool& pool) {
  const auto files = snapshots_of(run);
  const SnapshotFile* last = newest_of(files, journal);
  return {session_from(run, journal, std::move(data), pool, last), last ? last->step : 0};
}

Snapshot newest_snapshot(const Run& run, const JournalContent& journal) {
  const auto files = snapshots_of(run);
  if (const SnapshotFile* last = newest_of(files, journal)) return load_snapshot(last->path);
  throw Error(fmt::format("{} has no snapshot yet", run.folder.string()),
              fmt::format("train it on: limn resume {}", run.folder.string()));
}

std::unique_ptr<Training> newest_over(const Run& run, const JournalContent& journal,
                                      std::shared_ptr<const Dataset> data, ThreadPool& pool) {
  const auto files = snapshots_of(run);
  return session_from(run, journal, std::move(data), pool, newest_of(files, journal), Over::kOther);
}

void verify_snapshots(const Run& run) {
  for (const SnapshotFile& file : snapshots_of(run)) load_snapshot(file.path);
}

}  // namespace limn
