// A run that is open in the lab, and what the lab says of runs in JSON; docs/protocol.md has the shapes.
#pragma once
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.hpp"
#include "experiment/live.hpp"
#include "lab/frame.hpp"
#include "lab/play.hpp"
#include "lab/reader.hpp"
#include "lab/told.hpp"
#include "nn/architecture.hpp"

namespace limn::lab {

struct Space;

// A view of the run as it was drawn last, for all who watch it.
struct Picture {
  Body body;
  std::uint64_t version = 0;               // of the run that it shows
  Clock::time_point due{}, wanted_last{};  // when it may be drawn again; when somebody watched it last
  Clock::time_point first_last{};          // when somebody's list of views began with it
};

// A run that is open in the lab, and what it has been told to do.
struct Open {
  Open(Space& its_space, Run run, const Program& program, ThreadPool& pool, std::shared_ptr<const Dataset> data)
      : space(its_space), live(std::move(run), program, pool, std::move(data)), reader(live) {}
  ~Open() { halt(*this); }  // nobody plays with it any more
  Open(const Open&) = delete;
  Open& operator=(const Open&) = delete;

  Space& space;
  LiveRun live;
  Reader reader;
  std::uint64_t touched = 0;  // when it was asked for last, in order
  bool playing = false;
  std::int64_t goal = -1;              // where it is going at once; -1: nowhere
  std::int64_t until = 0;              // where playing stops
  std::optional<Condition> condition;  // what stops it too
  nlohmann::json reached = nullptr;    // how that condition was met
  std::shared_ptr<Play> play;          // while it plays: how, and with whom
  std::int64_t op = 0;                 // operations done of the next step
  double used = 0;                     // time it had to go to its goals, as turns count it
  double seconds = 0;                  // of training since it began to play
  double unaccounted = 0;              // of them, those of this quantum
  double rate = 0;                     // steps per second while it plays, and from when on they are counted
  Clock::time_point rate_since{};
  std::int64_t rate_from = 0;
  std::optional<Error> error;
  std::vector<nlohmann::json> branches;  // {"id", "step", "patch"}
  std::uint64_t version = 1;             // counts what changed in its STATE
  Told told;
  Clock::time_point state_due{};            // when it may be written again for those who watch
  std::map<std::string, Picture> pictures;  // by the view's wish, as text

  bool is_moving() const { return playing || goal >= 0; }
  const char* state() const {
    return error ? "failed" : playing ? "playing" : live.finished() && live.step() == live.head() ? "done" : "paused";
  }
};

std::string to_text(const nlohmann::json& json);  // bytes that are no UTF-8, as a request can hold, are replaced
std::string utc_now();                            // ISO 8601, to the second
nlohmann::json error_json(const std::string& what, const std::string& hint);
// The layers with parameters, each with its units, of planes its channels: layer k stands at k - 1.
std::vector<LayerSpec> layers_of(const Network& network);
// What one training step consists of, in order: "layer1.z", "layer2.z", "loss", "layer2.delta", "layer1.delta",
// "update".
std::vector<std::string> operations(const LiveRun& live);
// What a record of the journal says. A change or an edit, {"step", "changes", "before"?}: `values` are the settings
// behind the changes before it, or empty before the first one. A measurement: {"step", "valid.loss"...}, else null.
nlohmann::json flag_json(const Run& run, const JournalRecord& record, SettingValues& values);
nlohmann::json evaluation_json(const JournalRecord& record);
// A column of the journal, of the steps `from` to `to`, which the journal has, in at most `points` points: where each
// begins, its least and its largest: {"step", "low", "high"}.
nlohmann::json curve_json(const JournalContent& journal, std::size_t column, std::int64_t from, std::int64_t to,
                          std::int64_t points);
// The double whose shortest text is that of the float: it reads as 0.1, and rounds to the same float. Not finite: null.
nlohmann::json shortest(float value);
// The step that `at` names, a number or "now". Error: the run has no such step.
std::int64_t step_of(const LiveRun& live, const std::string& at);
nlohmann::json summary_json(const Run& run, const std::string& state, std::int64_t head, double seconds);
nlohmann::json values_json(const SettingValues& values);
std::string hex_float(double value);  // as C's %a writes it

// {"NAME": VALUE...} as the assignments that commands take. Error: not an object of numbers and texts.
std::vector<std::string> assignments(const nlohmann::json& settings);

}  // namespace limn::lab
