// What changes runs: making one, branching, and the commands of docs/protocol.md. All of this runs on the hub's own
// thread. It must not know paths and queries of requests (route.cpp).
#include <algorithm>
#include <limits>

#include "experiment/begin.hpp"
#include "experiment/experiment.hpp"
#include "lab/hub.hpp"
#include "lab/wish.hpp"

namespace limn::lab {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t kMostCount = 1'000'000'000;
constexpr std::size_t kMostTogether = 16;
constexpr double kMostSpeed = 1e6;

// Steps a second; 0 where none is asked for.
double speed_of(const Json& wish) {
  const Json speed = wish.value("speed", Json());
  if (speed.is_null()) return 0;
  if (!speed.is_number() || !(speed.get<double>() > 0) || speed.get<double>() > kMostSpeed)
    throw Error(
        fmt::format("a speed of {}", speed.dump()),
        fmt::format("write steps per second, above 0 and up to {}, or null for as fast as it goes", kMostSpeed));
  return speed.get<double>();
}

// Refuses that these runs of the space play, or where none is named one more, beside those that play already.
void check_playing(const Space& space, std::span<Open* const> runs) {
  std::size_t count = std::max<std::size_t>(1, runs.size());
  for (const auto& [id, run] : space.open) count += run->playing && std::ranges::find(runs, run.get()) == runs.end();
  if (count > space.limits.playing)
    throw Error(fmt::format("more than {} runs would play", space.limits.playing), "pause one of those that play");
}

}  // namespace

Open& Hub::create(Space& space, const Json& wish) {
  Recipe recipe;
  recipe.experiment = wish.at("experiment").get<std::string>();
  recipe.data = wish.at("data").get<std::string>();
  const std::string location = location_of(space, recipe.data);
  space.quota.check_run();
  recipe.seed = static_cast<std::uint64_t>(whole(wish, "seed", 1, 0, std::numeric_limits<std::int64_t>::max()));
  if (wish.contains("steps")) recipe.steps = whole(wish, "steps", 1, 1, kMostSteps);
  if (wish.contains("epochs")) recipe.epochs = whole(wish, "epochs", 1, 1, kMostSteps);
  if (recipe.steps && recipe.epochs) throw Error("both epochs and steps are given", "give one of them");
  const Experiment& experiment = find_experiment(recipe.experiment);
  check_page(recipe.experiment);
  for (const std::string& change : assignments(wish.value("settings", Json::object()))) {
    const auto [name, text] = parse_assignment(change);
    if (name == "weights" && text != "none")
      throw Error("a page cannot name a file to begin from", "limn train --set weights=FILE");
    recipe.settings[name] = parse_value(find_parameter(experiment.parameters, name), text);
  }
  const bool plays = wish.value("play", false);
  if (plays) check_playing(space, {});
  auto data = data_.find(data_request(recipe, location));
  const Run made = begin_run(std::move(recipe), {{}, space.root}, program_, pool_, location, data).run;
  data_.put(data_request(made.recipe, made.info.data_location), data);  // as it is asked for when it is opened again
  Open& opened = admit(space, made, std::move(data));
  if (plays) play(opened, Json::object());
  return opened;
}

// A run that begins at a step of this one, with changes and perhaps edits; it is answered when the way there is made.
void Hub::branch(Open& parent, const Json& wish, const Reply& reply, const Edits& edits) {
  const LiveRun& live = parent.live;
  const std::int64_t step = whole(wish, "step", live.step(), 0, kMostSteps);
  if (step < live.run().start() || step > live.head())
    throw Error(fmt::format("{} has no step {} to branch at", live.run().info.id, step),
                fmt::format("it has the steps from {} to {}", live.run().start(), live.head()));
  const auto changes = assignments(wish.value("settings", Json::object()));
  changed_values(live.run(), live.history(), step, *live.data(), changes,
                 Changed::kBranch);  // throws before going there
  const bool plays = wish.value("play", false);
  Space& space = parent.space;
  if (plays) check_playing(space, {});
  space.quota.check_run();
  const auto arrived = [this, &parent, changes, plays, edits, reply](Training& there, Training*) {
    reply(answered([&]() -> Answer {
      const Run made = branch_from(parent.live.run(), parent.live.history(), *parent.live.data(), there, changes,
                                   {{}, parent.space.root}, program_);
      add_branches(parent, {made});
      Open& opened = admit(parent.space, made, parent.live.data());
      if (!edits.empty()) opened.live.edit(edits);
      if (plays) play(opened, Json::object());
      return {200, opened.told.whole(opened)};
    }));
    return true;
  };
  parent.reader.send(
      {step, Errand::Want::kState, arrived, [reply](const Error& error) { reply(refusal(error)); }, true});
}

// Sets numbers where the run stands; behind its head, or after its end, in a branch.
Open* Hub::edit(Open& run, const Json& wish, const Reply& reply) {
  const auto edits = wish.at("values").get<Edits>();
  if (run.live.step() == run.live.head() && !run.live.finished()) {
    run.live.edit(edits);
    run.op = 0;
    return &run;
  }
  run.live.training().check_edit(edits);  // so that no branch is left behind a refusal
  branch(run, Json::object(), reply, edits);
  return nullptr;
}

// Nothing has changed where this refuses.
void Hub::play(Open& run, const Json& wish) {
  std::int64_t until = run.live.run().info.total_steps;
  std::optional<Condition> condition;
  if (wish.contains("until") && wish.at("until").is_object())
    condition = parse_condition(wish.at("until"), run.live);
  else
    until = whole(wish, "until", until, 0, kMostSteps);
  const bool is_step = wish.contains("until") && !condition;
  const double speed = speed_of(wish);
  std::vector<Open*> runs{&run};
  for (const Json& id : wish.value("together", Json::array())) {
    if (runs.size() > std::min(kMostTogether, run.space.limits.playing))
      throw Error(fmt::format("more than {} runs together", std::min(kMostTogether, run.space.limits.playing)),
                  "choose some of them");
    Open& other = open(run.space, id.get<std::string>());
    if (std::ranges::find(runs, &other) == runs.end()) runs.push_back(&other);
  }
  check_playing(run.space, runs);
  start(runs, speed);
  for (Open* other : runs) {
    other->until = is_step ? until : other->live.run().info.total_steps;
    other->condition = condition;
    other->reached = nullptr;
  }
}

Open* Hub::command(Space& space, const std::string& id, const Json& wish, const Reply& reply) {
  Open& run = open(space, id);
  LiveRun& live = run.live;
  const std::string act = wish.at("do").get<std::string>();
  const auto go = [&](std::int64_t to, std::int64_t op = 0) -> Open* {  // the answer waits until it stands there
    halt(run);
    run.op = op;
    run.reached = nullptr;
    run.error.reset();
    if (to < live.step() || to <= live.head()) live.approach(std::min(to, live.head()));
    run.goal = to;
    space.waiting.push_back({id, reply});
    return nullptr;
  };
  ++run.version;
  if (act == "play") {
    play(run, wish);
  } else if (act == "pause") {
    halt(run);
    run.goal = -1;
    live.flush();
    answer_waiting(run);
  } else if (act == "speed") {
    if (!run.playing)
      throw Error(fmt::format("{} does not play", id), R"(write {"do": "play", "speed": 2} to begin at a speed)");
    run.play->speed = speed_of(wish), run.play->due = Clock::now();
    for (Open* other : run.play->runs) count_anew(*other);
  } else if (act == "step") {
    const std::string unit = wish.value("unit", "batch");
    const std::int64_t count = whole(wish, "count", 1, -kMostCount, kMostCount), at = live.step();
    std::int64_t to = at + count, op = 0;
    if (unit == "epoch") {
      const std::int64_t epoch = live.training().steps_per_epoch();
      to = count >= 0 ? (at / epoch + count) * epoch : ((at + epoch - 1) / epoch + count) * epoch;
    } else if (unit == "op") {
      const auto in_step = static_cast<std::int64_t>(operations(live).size());
      const std::int64_t total = run.op + count, whole_steps = (total < 0 ? total - in_step + 1 : total) / in_step;
      to = at + whole_steps;
      if (to >= live.run().start() && to < live.run().info.total_steps) op = total - whole_steps * in_step;
    } else if (unit != "batch") {
      throw Error(fmt::format("there is no unit {}", unit), "the units are: op, batch, epoch");
    }
    return go(std::max(to, live.run().start()), op);
  } else if (act == "seek") {
    const std::int64_t to = whole(wish.at("step").dump(), "step", 0, kMostSteps);
    if (to > live.head()) live.approach(to);  // says what there is
    return go(to);
  } else if (act == "set") {
    if (live.step() != live.head()) return branch(run, wish, reply), nullptr;
    live.change(assignments(wish.at("settings")));
  } else if (act == "branch") {
    return branch(run, wish, reply), nullptr;
  } else if (act == "act" && wish.value("name", "") == "save") {
    live.save();
  } else if (act == "act" && wish.value("name", "") == "edit") {
    return edit(run, wish, reply);
  } else {
    throw Error(fmt::format("there is no command {}", act),
                "the commands are: play, pause, speed, step, seek, set, branch, act");
  }
  return &run;
}

}  // namespace limn::lab
