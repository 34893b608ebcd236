// The requests of docs/protocol.md about others than who asks: links that only read, and what a class does. All of this
// runs on the hub's own thread.
#include <algorithm>

#include "lab/hub.hpp"
#include "lab/refused.hpp"

namespace limn::lab {
namespace {

using Json = nlohmann::json;
using namespace std::chrono_literals;

constexpr auto kCountEvery = 10s;  // the files of a folder, where nothing is known to have changed
constexpr auto kCounting = 20ms;   // spent on that at once: training goes on meanwhile

std::string path_of(const std::string& space, const std::string& token) {
  return space.empty() ? fmt::format("/?token={}", token) : fmt::format("/at/{}/?token={}", space, token);
}

// The metrics that were measured last.
Json last_evaluation(const Run& run, const JournalContent& history) {
  Json all = Json::object();
  for (const auto& [name, value] : summarize(run, history).metrics) all[name] = value;
  return all;
}

Json newest_json(const Run& run, const JournalContent& history, const std::string& state, std::int64_t step,
                 float loss) {
  return {{"id", run.info.id},
          {"data", run.recipe.data},
          {"state", state},
          {"step", step},
          {"loss", loss},
          {"loss_hex", hex_float(loss)},
          {"evaluation", last_evaluation(run, history)}};
}

// A cell of a CSV. A text that a spreadsheet would take for a formula is no longer one.
std::string cell(const Json& value) {
  if (value.is_null()) return "";
  if (!value.is_string()) return value.dump();
  auto text = value.get<std::string>();
  if (!text.empty() && std::string_view("=+-@\t\r").find(text[0]) != std::string_view::npos)
    text = fmt::format("'{}", text);
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string quoted;
  for (const char c : text) quoted.append(c == '"' ? 2 : 1, c);
  return fmt::format("\"{}\"", quoted);
}

}  // namespace

Json Hub::link(Space& space, const Json& wish) {
  const std::string id = wish.at("run").get<std::string>();
  const bool is_there = space.open.contains(id) ||
                        std::ranges::any_of(list_runs(space.root), [&](const Run& run) { return run.info.id == id; });
  if (!is_there) throw Refused(404, fmt::format("there is no run {}", id), "GET /api/runs lists them");
  const std::string token = keys_.link(space.slug);
  return {{"run", id}, {"token", token}, {"path", path_of(space.slug, token)}};
}

// What a run that is being closed came to is said of it from then on.
void Hub::note_closing(Open& run) {
  Json& newest = run.space.counted.newest;
  const LiveRun& live = run.live;
  if (newest.is_object() && newest.at("id") == live.run().info.id)
    newest = newest_json(live.run(), live.history(), run.state(), live.step(), live.loss());
}

// Looks into the folders of students: those that were looked at longest ago first, and all of them only by and by.
void Hub::count_folders() {
  const auto begin = Clock::now();
  std::vector<Space*> all;
  for (auto& [slug, space] : spaces_)
    if (!slug.empty() && (space.counted.at == Clock::time_point{} || begin - space.counted.at > kCountEvery))
      all.push_back(&space);
  std::ranges::sort(all, {}, [](const Space* space) { return space->counted.at; });
  for (Space* space : all) {
    if (Clock::now() - begin > kCounting) return;
    Space::Counted& counted = space->counted;
    const auto runs = list_runs(space->root);
    counted.bytes = space->quota.storage().used;
    counted.runs = static_cast<std::int64_t>(runs.size());
    counted.at = Clock::now();
    if (runs.empty()) {
      counted.newest = nullptr;
      continue;
    }
    const Run& run = runs.back();
    if (counted.newest.is_object() && counted.newest.at("id") == run.info.id) continue;
    try {
      const JournalContent history = journal_of(run);
      const RunSummary summary = summarize(run, history);
      const bool is_done = summary.status == "done" || summary.step >= run.info.total_steps;
      counted.newest = newest_json(run, history,
                                   summary.status == "failed" ? "failed"
                                   : is_done                  ? "done"
                                                              : "paused",
                                   summary.step, history.rows() > 0 ? history.values[0].back() : std::nanf(""));
    } catch (const Error&) {  // a damaged journal: the student is told of it
      counted.newest = nullptr;
    }
  }
}

Json Hub::class_row(Space& space, const Student& student) {
  Json newest = space.counted.newest;
  if (newest.is_object())
    if (const auto found = space.open.find(newest.at("id").get<std::string>()); found != space.open.end()) {
      const Open& run = *found->second;
      newest = newest_json(run.live.run(), run.live.history(), run.state(), run.live.step(), run.live.loss());
    }
  const bool is_connected = std::ranges::any_of(
      clients_, [&](const auto& client) { return client.second.space == &space && client.second.writes; });
  Notebook::Tally tally;
  try {
    tally = space.notebook.tally();
  } catch (const Error&) {  // a file that cannot be read: the student is told of it
  }
  const bool is_counted = space.counted.runs >= 0;
  return {{"name", student.name},
          {"slug", student.slug},
          {"path", path_of(student.slug, student.token)},
          {"look", path_of(student.slug, keys_.link(student.slug))},
          {"connected", is_connected},
          {"seen", space.seen.empty() ? Json() : Json(space.seen)},
          {"runs", is_counted ? Json(space.counted.runs) : Json()},
          {"bytes", is_counted ? Json(space.counted.bytes) : Json()},
          {"run", newest},
          {"notebook", {{"entries", tally.entries}, {"answers", tally.answers}, {"right", tally.right}}},
          {"seconds", space.seconds}};
}

Json Hub::class_rows() {
  count_folders();
  Json rows = Json::array();
  for (const Student& student : keys_.students()) rows.push_back(class_row(spaces_.at(student.slug), student));
  return {{"students", rows}};
}

// A row for every answer, and for every guess that has none yet: the last guess at a task goes with the answer to it.
std::string Hub::class_answers() {
  std::string csv = "student,task,guess,truth,right,run,step,time\n";
  for (const Student& student : keys_.students()) {
    std::vector<Json> rows;
    for (const std::string& text : spaces_.at(student.slug).notebook.entries()) {
      Json entry = Json::parse(text, nullptr, false);
      const bool is_guess = entry.at("kind") == "guess";
      if (!is_guess && entry.at("kind") != "truth") continue;
      const auto guess = std::ranges::find_if(rows, [&](const Json& row) {
        return row.at("kind") == "guess" && row.value("task", Json()) == entry.value("task", Json());
      });
      if (guess != rows.end()) {
        if (!is_guess && !entry.contains("guess")) entry["guess"] = guess->value("guess", Json());
        rows.erase(guess);
      }
      rows.push_back(std::move(entry));
    }
    for (const Json& row : rows) {
      csv += cell(student.name);
      for (const char* name : {"task", "guess", "truth", "right", "run", "step", "at"})
        csv += fmt::format(",{}", cell(row.value(name, Json())));
      csv += "\n";
    }
  }
  return csv;
}

}  // namespace limn::lab
