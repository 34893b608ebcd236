// How runs play: until what, how fast, and which of them side by side.
// It must not know clients, requests or who else wants the time.
#pragma once
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "experiment/live.hpp"

namespace limn::lab {

struct Open;
using Clock = std::chrono::steady_clock;

// What stops a run that plays: a metric on one side of a number, or seconds of its training.
struct Condition {
  std::string name;    // empty: seconds
  bool below = false;  // else above; of seconds it is always above
  double bound = 0;
};

// {"name": "valid.loss", "below": 0.3}, {"name": ..., "above": ...} or {"seconds": 10}. Error: another shape, or a
// metric that this run does not measure.
Condition parse_condition(const nlohmann::json& until, const LiveRun& live);
nlohmann::json to_json(const Condition& condition);

// Runs that train side by side, or one alone. The one that is furthest behind goes first, so that they come to stand at
// equal steps and stay there: between two calls of `play` no run is a step ahead of those that caught up with it.
struct Play {
  std::vector<Open*> runs;  // those that play still
  double speed = 0;         // steps a second; 0: as fast as it goes
  Clock::time_point due{};  // of the next step, at a speed
  double used = 0;          // time it had, as turns count it
  bool halts = false;       // as soon as its runs stand level

  bool level() const;  // all stand at the same step
};

// Lets these runs play together, each of them until where it is told to; whom they played with before, pauses.
void start(std::span<Open* const> runs, double speed);
void halt(Open& run);        // pauses it and those that play with it
void count_anew(Open& run);  // its steps a second, from now on

// Trains for about that long, at its speed and up to what each run is to reach.
// The caller holds it: a run that leaves may be the last that does.
void play(const std::shared_ptr<Play>& play, double seconds);

// Towards the run's goal, for about that long.
void go_on(Open& run, double seconds);

}  // namespace limn::lab
