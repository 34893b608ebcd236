#include "lab/play.hpp"

#include <algorithm>
#include <cmath>

#include "lab/state.hpp"

namespace limn::lab {
namespace {

using Json = nlohmann::json;
using Seconds = std::chrono::duration<double>;

constexpr auto kRateSpan = std::chrono::milliseconds(250);  // over which steps are counted
constexpr auto kMostLate = std::chrono::milliseconds(100);  // what a pace makes up for when it was held up

std::vector<std::string> measured(const LiveRun& live) {
  std::vector<std::string> names{"train.loss"};
  if (live.data()->valid.empty()) return names;
  const bool classes = live.data()->task == Task::kClassify;
  for (const char* metric : classes ? std::vector{"loss", "accuracy"} : std::vector{"loss", "mae", "rmse", "r2"})
    names.push_back(fmt::format("valid.{}", metric));
  return names;
}

// What the metric is after the step that the run just took; nothing where it was not measured there.
std::optional<double> value_now(Open& run, const std::string& name) {
  if (name == "train.loss") return run.live.loss();
  const Json eval = run.told.evaluation(run.live, run.live.step());
  const auto found = eval.find(name);
  return found != eval.end() && found->is_number() ? std::optional(found->get<double>()) : std::nullopt;
}

bool is_reached(Open& run) {
  if (!run.condition) return false;
  const Condition& wanted = *run.condition;
  if (wanted.name.empty()) {
    if (run.seconds < wanted.bound) return false;
    run.reached = {{"step", run.live.step()}, {"seconds", run.seconds}};
    return true;
  }
  const auto value = value_now(run, wanted.name);
  if (!value || !(wanted.below ? *value < wanted.bound : *value > wanted.bound)) return false;
  run.reached = {{"step", run.live.step()}, {"name", wanted.name}, {"value", *value}};
  return true;
}

void leave(Open& run) {
  run.playing = false, run.rate = 0;
  ++run.version;
  if (run.play) std::erase(run.play->runs, &run);
  run.play.reset();
}

// One step; the seconds that it took. An error stays with the run, which goes nowhere then.
double advance(Open& run, Clock::time_point begin) {
  try {
    run.live.advance();
  } catch (const Error& error) {
    run.error.emplace(error.what(), error.hint(), error.fault());
    run.goal = -1;
    leave(run);
  }
  const double seconds = Seconds(Clock::now() - begin).count();
  run.seconds += seconds, run.unaccounted += seconds;
  return seconds;
}

// Behind a run's share of a quantum: what is kept of its states, and how fast it is.
void settle(Open& run) {
  if (run.unaccounted == 0) return;
  ++run.version;
  try {
    run.live.spent(std::exchange(run.unaccounted, 0));
  } catch (const Error& error) {
    run.error.emplace(error.what(), error.hint(), error.fault());
    run.goal = -1;
    leave(run);
  }
  const auto now = Clock::now(), since = run.rate_since;
  if (!run.playing || (now - since < kRateSpan && (run.rate > 0 || run.play->speed > 0))) return;
  run.rate = static_cast<double>(run.live.step() - run.rate_from) / Seconds(now - since).count();
  if (now - since >= kRateSpan) run.rate_since = now, run.rate_from = run.live.step();
}

bool is_at_end(const Open& run) {
  const std::int64_t at = run.live.step();
  return at >= run.until || (run.live.finished() && at == run.live.head());
}

}  // namespace

Condition parse_condition(const Json& until, const LiveRun& live) {
  const std::string hint = R"(write a step, {"name": "valid.loss", "below": 0.3} or {"seconds": 10})";
  const auto number = [&](const char* name) {
    const Json& value = until.at(name);
    if (!value.is_number() || !std::isfinite(value.get<double>()))
      throw Error(fmt::format("{} is {}", name, value.dump()), "write a number");
    return value.get<double>();
  };
  if (until.contains("seconds")) {
    const Condition condition{"", false, number("seconds")};
    if (until.size() > 1 || condition.bound <= 0) throw Error(fmt::format("until {}", until.dump()), hint);
    return condition;
  }
  const bool below = until.contains("below"), named = until.contains("name") && until.at("name").is_string();
  if (!named || until.size() != 2 || below == until.contains("above"))
    throw Error(fmt::format("until {}", until.dump()), hint);
  const auto name = until.at("name").get<std::string>();
  const auto names = measured(live);
  if (std::ranges::find(names, name) == names.end())
    throw Error(fmt::format("{} does not measure {}", live.run().info.id, name),
                suggestion(name, names, "metrics to wait for"));
  return {name, below, number(below ? "below" : "above")};
}

Json to_json(const Condition& condition) {
  if (condition.name.empty()) return {{"seconds", condition.bound}};
  return {{"name", condition.name}, {condition.below ? "below" : "above", condition.bound}};
}

bool Play::level() const {
  return std::ranges::all_of(runs, [&](const Open* run) { return run->live.step() == runs.front()->live.step(); });
}

void start(std::span<Open* const> runs, double speed) {
  for (Open* run : runs) halt(*run);
  const auto play = std::make_shared<Play>();
  play->runs.assign(runs.begin(), runs.end());
  play->speed = speed;
  play->due = Clock::now();
  for (Open* run : runs) {
    run->play = play;
    run->playing = true;
    run->goal = -1, run->op = 0, run->seconds = 0;
    run->error.reset();
    count_anew(*run);
  }
}

void count_anew(Open& run) {
  run.rate = 0, run.rate_since = Clock::now(), run.rate_from = run.live.step();
  ++run.version;
}

void halt(Open& run) {
  const auto play = run.play;
  if (play)
    for (Open* other : std::vector(play->runs)) leave(*other);
  leave(run);
}

void play(const std::shared_ptr<Play>& play, double seconds) {
  const auto begin = Clock::now();
  const std::vector<Open*> all = play->runs;
  auto now = begin;
  for (bool in_round = false;;) {
    for (std::size_t i = play->runs.size(); i-- > 0;)
      if (is_at_end(*play->runs[i])) leave(*play->runs[i]);
    if (play->runs.empty()) break;
    const bool level = play->level();
    in_round = in_round && !level;  // else some of them catch up, or a round begins
    if (!in_round) {
      if (play->halts) halt(*play->runs.front());
      if (play->runs.empty() || Seconds(now - begin).count() >= seconds) break;
      if (level && play->speed > 0) {
        if (now < play->due) break;
        play->due = std::max(play->due + std::chrono::duration_cast<Clock::duration>(Seconds(1 / play->speed)),
                             now - kMostLate);
      }
      in_round = level;
    }
    Open& behind = **std::ranges::min_element(play->runs, {}, [](const Open* run) { return run->live.step(); });
    advance(behind, now);
    now = Clock::now();
    play->halts = play->halts || (behind.playing && is_reached(behind));
  }
  for (Open* run : all) settle(*run);
}

void go_on(Open& run, double seconds) {
  const auto begin = Clock::now();
  for (auto now = begin; run.goal > run.live.step() && Seconds(now - begin).count() < seconds; now = Clock::now())
    advance(run, now);
  if (run.live.step() >= run.goal) run.goal = -1;
  ++run.version;
  settle(run);
}

}  // namespace limn::lab
