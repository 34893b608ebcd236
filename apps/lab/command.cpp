// What changes runs: making one, branching, and the commands of docs/protocol.md. All of this runs on the hub's own
// thread. It must not know paths and queries of requests (route.cpp).
#include <algorithm>
#include <limits>

#include "data/catalogue.hpp"
#include "experiment/begin.hpp"
#include "experiment/experiment.hpp"
#include "lab/hub.hpp"
#include "lab/wish.hpp"

namespace limn::lab {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t kMostCount = 1'000'000'000;

}  // namespace

Json Hub::create(const Json& wish) {
  Recipe recipe;
  recipe.experiment = wish.at("experiment").get<std::string>();
  recipe.data = wish.at("data").get<std::string>();
  if (!find_entry(recipe.data)) {
    std::vector<std::string> names;
    for (const CatalogueEntry& entry : catalogue()) names.push_back(entry.name);
    throw Error(fmt::format("there is no data set {}", recipe.data), suggestion(recipe.data, names, "data sets"));
  }
  recipe.seed = static_cast<std::uint64_t>(whole(wish, "seed", 1, 0, std::numeric_limits<std::int64_t>::max()));
  if (wish.contains("steps")) recipe.steps = whole(wish, "steps", 1, 1, kMostSteps);
  if (wish.contains("epochs")) recipe.epochs = whole(wish, "epochs", 1, 1, kMostSteps);
  if (recipe.steps && recipe.epochs) throw Error("both epochs and steps are given", "give one of them");
  const Experiment& experiment = find_experiment(recipe.experiment);
  for (const std::string& change : assignments(wish.value("settings", Json::object()))) {
    const auto [name, text] = parse_assignment(change);
    if (name == "weights" && text != "none")
      throw Error("a page cannot name a file to begin from", "limn train --set weights=FILE");
    recipe.settings[name] = parse_value(find_parameter(experiment.parameters, name), text);
  }
  Open& opened = admit(begin_run(std::move(recipe), {{}, root_}, program_, pool_).run);
  opened.playing = wish.value("play", false);
  return state_json(opened);
}

Json Hub::branch(Open& parent, const Json& wish) {
  const std::int64_t step = whole(wish, "step", parent.live.step(), 0, kMostSteps);
  const auto changes = assignments(wish.value("settings", Json::object()));
  if (step == parent.live.head()) parent.live.save();
  Beginning made = branch_run(parent.live.run(), parent.live.history(), parent.live.data(), step, changes, {{}, root_},
                              program_, pool_);
  parent.branches.push_back(
      {{"id", made.run.info.id}, {"step", step}, {"patch", values_json(made.run.info.parent->patch)}});
  ++parent.version;
  Open& opened = admit(made.run);
  opened.playing = wish.value("play", false);
  return state_json(opened);
}

// Sets numbers where the run stands; behind its head, or after its end, in a branch.
Json Hub::edit(Open& run, const Json& wish) {
  const auto edits = wish.at("values").get<Edits>();
  if (run.live.step() == run.live.head() && !run.live.finished()) {
    run.live.edit(edits);
    run.op = 0;
    return state_json(run);
  }
  run.live.session().check_edit(edits);  // so that no branch is left behind a refusal
  const std::string id = branch(run, {{"step", run.live.step()}}).at("id");
  Open& made = open(id);
  made.live.edit(edits);
  return state_json(made);
}

Json Hub::command(const std::string& id, const Json& wish, const Reply& reply, bool& replied) {
  Open& run = open(id);
  LiveRun& live = run.live;
  const std::string act = wish.at("do").get<std::string>();
  const auto go = [&](std::int64_t to, std::int64_t op = 0) {  // the answer waits until it stands there
    run.playing = false;
    run.op = op;
    run.error.reset();
    if (to < live.step() || to <= live.head()) live.approach(std::min(to, live.head()));
    run.goal = to;
    waiting_.push_back({id, reply});
    replied = true;
  };
  ++run.version;
  if (act == "play") {
    run.until = whole(wish, "until", live.run().info.total_steps, 0, kMostSteps);
    run.error.reset();
    run.op = 0;
    run.playing = true;
  } else if (act == "pause") {
    run.playing = false, run.goal = -1, run.rate = 0;
    answer_waiting(id);
  } else if (act == "step") {
    const std::string unit = wish.value("unit", "batch");
    const std::int64_t count = whole(wish, "count", 1, -kMostCount, kMostCount), at = live.step();
    std::int64_t to = at + count, op = 0;
    if (unit == "epoch") {
      const std::int64_t epoch = live.session().steps_per_epoch();
      to = count >= 0 ? (at / epoch + count) * epoch : ((at + epoch - 1) / epoch + count) * epoch;
    } else if (unit == "op") {
      const auto in_step = static_cast<std::int64_t>(operations(live).size());
      const std::int64_t total = run.op + count, whole_steps = (total < 0 ? total - in_step + 1 : total) / in_step;
      to = at + whole_steps;
      if (to >= live.run().start() && to < live.run().info.total_steps) op = total - whole_steps * in_step;
    } else if (unit != "batch") {
      throw Error(fmt::format("there is no unit {}", unit), "the units are: op, batch, epoch");
    }
    go(std::max(to, live.run().start()), op);
  } else if (act == "seek") {
    const std::int64_t to = whole(wish.at("step").dump(), "step", 0, kMostSteps);
    if (to > live.head()) live.approach(to);  // says what there is
    go(to);
  } else if (act == "set") {
    if (live.step() != live.head()) return branch(run, wish);
    live.change(assignments(wish.at("settings")));
  } else if (act == "branch") {
    return branch(run, wish);
  } else if (act == "act" && wish.value("name", "") == "save") {
    live.save();
  } else if (act == "act" && wish.value("name", "") == "edit") {
    return edit(run, wish);
  } else {
    throw Error(fmt::format("there is no command {}", act),
                "the commands are: play, pause, step, seek, set, branch, act");
  }
  return replied ? Json() : state_json(run);
}

}  // namespace limn::lab
