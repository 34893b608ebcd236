#include "experiment/run.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.hpp"
#include "base/file.hpp"
#include "experiment/aside.hpp"
#include "experiment/experiment.hpp"
#include "train/snapshot.hpp"

namespace limn {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

std::string utc_now() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

[[noreturn]] void refuse_damaged(const fs::path& file, const std::string& why) {
  throw Error(fmt::format("{} is damaged: {}", file.string(), why), "restore an undamaged copy of the run");
}

std::int64_t step_of(const Json& json, const fs::path& file) {
  if (!json.is_number_unsigned() || json.get<std::uint64_t>() > kMostSteps)
    refuse_damaged(file, fmt::format("{} is no number of steps", json.dump()));
  return json.get<std::int64_t>();
}

bool looks_like_run(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_regular_file(folder / "run.json", ignored) && fs::is_regular_file(folder / "recipe.json", ignored) &&
         fs::is_regular_file(folder / "journal", ignored);
}

std::vector<fs::path> run_folders(const fs::path& root) {
  std::vector<fs::path> folders;
  std::error_code error;
  for (fs::directory_iterator it(root, error), end; !error && it != end; it.increment(error))
    if (!it->path().filename().string().starts_with('.') && looks_like_run(it->path())) folders.push_back(it->path());
  return folders;
}

std::string id_of(const fs::path& folder) {
  const Json json = Json::parse(read_text(folder / "run.json"), nullptr, false);
  return json.is_object() ? json.value("id", "") : "";
}

// `id`, or `id-2`, `id-3`... when runs of the same recipe are in the same place.
std::string free_id(const std::string& id, const fs::path& root) {
  std::set<std::string> taken;
  for (const auto& folder : run_folders(root)) taken.insert(id_of(folder));
  std::string candidate = id;
  for (int n = 2; taken.contains(candidate); ++n) candidate = fmt::format("{}-{}", id, n);
  return candidate;
}

fs::path folder_of(const Destination& to) {  // without the slash of "out/"
  return to.folder.filename().empty() ? to.folder.parent_path() : to.folder;
}

std::string folder_name(const std::string& experiment, const RunInfo& info) {
  std::string time = info.created;  // "2026-11-25T07:12:46Z" becomes 20261125-071246
  std::erase_if(time, [](char c) { return c == '-' || c == ':' || c == 'Z'; });
  std::ranges::replace(time, 'T', '-');
  return fmt::format("{}-{}-{}", experiment, time, info.id);
}

}  // namespace

fs::path Run::snapshot_at(std::int64_t step) const { return snapshot(fmt::format("step-{}.safetensors", step)); }

std::string to_json(const RunInfo& info) {
  Json parent;
  if (info.parent)
    parent = {{"run", info.parent->run},
              {"folder", info.parent->folder},
              {"step", info.parent->step},
              {"patch", Json::parse(to_json(info.parent->patch))}};
  const Json json = {
      {"id", info.id},
      {"parent", parent},
      {"data", {{"name", info.data_name}, {"digest", info.data_digest}, {"location", info.data_location}}},
      {"build", info.build},
      {"isa", info.isa},
      {"total_steps", info.total_steps},
      {"classes", info.preprocessing.classes},
      {"preprocessing", Json::parse(info.preprocessing.to_json())},
      {"created", info.created}};
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

RunInfo info_from_json(const std::string& text, const Recipe& recipe, const fs::path& file) {
  RunInfo info;
  try {
    const Json json = Json::parse(text);
    info.id = json.at("id").get<std::string>();
    const Json& parent = json.at("parent");
    if (!parent.is_null())
      info.parent =
          Parent{parent.at("run").get<std::string>(), parent.at("folder").get<std::string>(),
                 step_of(parent.at("step"), file), settings_from_json(recipe.experiment, parent.at("patch").dump())};
    const Json& data = json.at("data");
    info.data_name = data.at("name").get<std::string>();
    info.data_digest = data.at("digest").get<std::string>();
    info.data_location = data.at("location").get<std::string>();
    info.build = json.at("build").get<std::string>();
    info.isa = json.at("isa").get<std::string>();
    info.total_steps = step_of(json.at("total_steps"), file);
    info.preprocessing = Preprocessing::from_json(json.at("preprocessing").dump());
    info.created = json.at("created").get<std::string>();
  } catch (const Json::exception&) {
    refuse_damaged(file, "it is not the JSON of a run");
  }
  const auto id = recipe_id(recipe);
  if (info.id != id && !info.id.starts_with(id + "-"))
    refuse_damaged(file, fmt::format("the hash of its recipe is {}, the run is {}", id, info.id));
  return info;
}

fs::path root_of(const Destination& to) {
  return to.folder.empty() ? fs::absolute(to.root) : fs::absolute(folder_of(to)).parent_path();
}

Run create_run(const Destination& to, const Recipe& recipe, RunInfo info, const std::vector<std::string>& columns,
               const std::function<void(const Run&)>& fill) {
  info.id = "new";
  info.created = utc_now();
  check_free(to);
  const Aside aside(root_of(to), "new");
  const Run unfinished{aside.folder(), recipe, std::move(info)};
  std::error_code error;
  fs::create_directory(unfinished.folder / "snapshots", error);
  if (error) throw_file_error("make the folder", unfinished.folder, error.value());
  write_durably(unfinished.folder / "recipe.json", to_json(recipe) + "\n");
  Journal::create(unfinished.journal(), columns, unfinished.start()).sync();
  if (fill) fill(unfinished);
  return adopt_run(to, unfinished);
}

void check_free(const Destination& to) {
  std::error_code error;
  const fs::path folder = folder_of(to);
  if (!folder.empty() && fs::symlink_status(folder, error).type() != fs::file_type::not_found)
    throw Error(fmt::format("{} exists already", folder.string()),
                "choose another folder with --out, or remove this one");
}

Run adopt_run(const Destination& to, const Run& unfinished) {
  Run run = unfinished;
  const fs::path root = root_of(to);
  run.info.id = free_id(recipe_id(run.recipe), root);
  run.folder = to.folder.empty() ? to.root / folder_name(run.recipe.experiment, run.info) : folder_of(to);
  write_durably(unfinished.folder / "run.json", to_json(run.info));
  put_in_place(unfinished.folder, run.folder);
  return run;
}

Run open_run(const fs::path& folder) {
  if (!looks_like_run(folder))
    throw Error(fmt::format("{} is not a run", folder.string()),
                "name a folder that limn train made; see `limn runs list`");
  Run run{folder, recipe_from_json(read_text(folder / "recipe.json")), {}};
  run.info = info_from_json(read_text(folder / "run.json"), run.recipe, folder / "run.json");
  return run;
}

JournalContent journal_of(const Run& run) {
  JournalContent journal = read_journal(run.journal());
  if (journal.columns.empty() || journal.columns[0] != "train.loss" || journal.start != run.start())
    refuse_damaged(run.journal(), fmt::format("it is of another run, which began behind step {}", journal.start));
  return journal;
}

fs::path find_run(const std::string& run) {
  std::error_code ignored;
  if (run.find('/') != run.npos || fs::is_directory(run, ignored)) {
    if (!fs::exists(run, ignored))
      throw Error(fmt::format("there is no run {}", run), "`limn runs list` shows the runs there are");
    return run;
  }
  std::vector<std::string> ids;
  for (const auto& folder : run_folders("runs")) {
    if (id_of(folder) == run || folder.filename() == run) return folder;
    ids.push_back(id_of(folder));
  }
  const auto near = closest(run, ids);
  throw Error(fmt::format("there is no run {} here or in runs/", run.empty() ? "without a name" : run),
              near.empty() ? "`limn runs list` shows the runs there are" : fmt::format("did you mean {}?", near));
}

std::vector<Run> list_runs(const fs::path& root) {
  std::vector<Run> runs;
  for (const auto& folder : run_folders(root)) {
    try {
      runs.push_back(open_run(folder));
    } catch (const Error&) {  // one damaged run must not hide the others
    }
  }
  std::ranges::sort(runs, [](const Run& a, const Run& b) {
    return std::tie(a.info.created, a.info.id) < std::tie(b.info.created, b.info.id);
  });
  return runs;
}

void remove_run(const fs::path& folder) {
  const Run run = open_run(folder);
  const int fd = ::open(run.journal().c_str(), O_RDONLY | O_CLOEXEC);
  const bool busy = fd >= 0 && ::flock(fd, LOCK_EX | LOCK_NB) != 0;
  if (fd >= 0) ::close(fd);
  if (busy) throw Error(fmt::format("{} is being trained", folder.string()), "stop the program that trains it first");
  std::error_code error;
  fs::remove_all(folder, error);
  if (error) throw_file_error("remove", folder, error.value());
}

std::vector<SnapshotFile> snapshots_of(const Run& run) {
  std::vector<SnapshotFile> files;
  std::error_code error;
  for (fs::directory_iterator it(run.folder / "snapshots", error), end; !error && it != end; it.increment(error))
    if (it->path().extension() == ".safetensors") files.push_back({peek_snapshot(it->path()).cursor.step, it->path()});
  std::ranges::sort(files, [](const SnapshotFile& a, const SnapshotFile& b) {
    return std::tie(a.step, a.path) < std::tie(b.step, b.path);
  });
  return files;
}

RunSummary summarize(const Run& run, const JournalContent& journal) {
  RunSummary summary{std::max(run.start(), journal.last_step()), "unfinished", {}, 0};
  for (const JournalRecord& record : journal.records) {
    if (record.kind != RecordKind::kEvent) continue;
    const Json event = Json::parse(record.text, nullptr, false);
    if (!event.is_object()) continue;
    const auto name = event.value("event", "");
    if (event.contains("seconds") && event["seconds"].is_number()) summary.seconds = event["seconds"].get<double>();
    summary.status = name == "done" ? "done" : name == "stop" ? "stopped" : name == "error" ? "failed" : "unfinished";
    const Json& metrics = name == "done" && event.contains("metrics") ? event["metrics"] : event;
    if (name != "done" && name != "eval") continue;
    for (const auto& [key, value] : metrics.items())
      if (value.is_number() && key.find('.') != key.npos) summary.metrics[key] = value.get<double>();
  }
  return summary;
}

}  // namespace limn
