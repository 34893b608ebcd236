// The requests of docs/protocol.md. All of this runs on the hub's own thread.
#include <unistd.h>
#include <algorithm>

#include <charconv>
#include <limits>

#include "experiment/begin.hpp"
#include "lab/describe.hpp"
#include "lab/hub.hpp"
#include "lab/picture.hpp"
#include "lab/receipt.hpp"

namespace limn::lab {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostOpen = 64;
constexpr std::int64_t kMostCount = 1'000'000'000;

struct NotFound : Error {
  using Error::Error;
};

std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16).ptr == text.data() + i + 3) {
      out += static_cast<char>(value);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::vector<std::string> split(std::string_view text, char by) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(by), text.size());
    if (end > 0) parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

std::map<std::string, std::string> parse_query(const std::string& query) {
  std::map<std::string, std::string> all;
  for (const std::string& pair : split(query, '&')) {
    const std::size_t equals = std::min(pair.find('='), pair.size());
    all[decoded(pair.substr(0, equals))] = decoded(pair.substr(std::min(equals + 1, pair.size())));
  }
  return all;
}

std::int64_t whole(const std::string& text, const std::string& name, std::int64_t low, std::int64_t high) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < low || value > high)
    throw Error(fmt::format("{} is \"{}\"", name, text), fmt::format("write a whole number from {} to {}", low, high));
  return value;
}

std::int64_t whole(const Json& wish, const char* name, std::int64_t initial, std::int64_t low, std::int64_t high) {
  return wish.contains(name) ? whole(wish.at(name).dump(), name, low, high) : initial;
}

Json parse_body(const std::string& body) {
  Json json = Json::parse(body, nullptr, false);
  if (!json.is_object()) throw Error("the body is no JSON object", "docs/protocol.md has the requests");
  return json;
}

}  // namespace

void Hub::route(const Request& request, const Reply& reply) {
  try {
    const auto parts = split(request.path, '/');  // "api", ...
    const bool get = request.method == "GET", post = request.method == "POST";
    const auto is = [&](std::size_t size, const char* second) { return parts.size() == size && parts[1] == second; };
    const auto of_run = [&](std::size_t size, const char* what) { return is(size, "runs") && parts[3] == what; };
    const auto answer = [&](const Json& json, int status = 200) { reply({status, json.dump()}); };
    if (get && is(2, "lab")) return answer(lab());
    if (get && is(2, "runs")) return answer(runs());
    if (post && is(2, "runs")) return answer(create(parse_body(request.body)), 201);
    if (get && is(2, "experiments")) {
      Json all = Json::array();
      for (const Experiment& experiment : experiments()) all.push_back(describe(experiment));
      return answer({{"experiments", all}});
    }
    if (get && is(2, "data")) {
      Json all = Json::array();
      for (const CatalogueEntry& entry : catalogue()) all.push_back(describe(entry));
      return answer({{"data", all}});
    }
    if (get && is(3, "runs")) return answer(state_json(open(parts[2])));
    if (post && of_run(4, "command")) {
      bool replied = false;
      const Json state = command(parts[2], parse_body(request.body), reply, replied);
      return replied ? void() : answer(state);
    }
    if (get && of_run(4, "curve")) return answer(curve(open(parts[2]), parse_query(request.query)));
    if (get && of_run(4, "points")) {
      auto query = parse_query(request.query);
      return answer(
          points(open(parts[2]).live, whole(query["x"], "x", 0, 1'000'000), whole(query["y"], "y", 0, 1'000'000)));
    }
    if (post && of_run(4, "predict")) {
      const Json wish = parse_body(request.body);
      return answer(predict_one(open(parts[2]).live, wish.at("x").get<std::vector<float>>()));
    }
    if (get && parts.size() == 7 && of_run(7, "steps") && (parts[5] == "quantities" || parts[5] == "receipts"))
      return answer(quantity(open(parts[2]), whole(parts[4], "the step", 0, kMostSteps), decoded(parts[6]),
                             parts[5] == "receipts"));
    throw NotFound(fmt::format("there is no {} {}", request.method, request.path), "docs/protocol.md has the requests");
  } catch (const NotFound& error) {
    reply({404, error_json(error.what(), error.hint()).dump()});
  } catch (const Error& error) {
    reply({error.fault() == Fault::kRequest ? 400 : 500, error_json(error.what(), error.hint()).dump()});
  } catch (const Json::exception& error) {
    reply({400, error_json(fmt::format("the body has not the shape that is asked for: {}", error.what()),
                           "docs/protocol.md has the requests")
                    .dump(-1, ' ', false, Json::error_handler_t::replace)});
  } catch (const std::bad_alloc&) {
    reply({500, error_json("there is not enough memory", "choose a smaller batch or network").dump()});
  }
}

Json Hub::lab() const {
  Json ids = Json::array();
  for (const auto& [id, run] : open_) ids.push_back(id);
  return {{"build", program_.build}, {"isa", program_.isa}, {"threads", program_.threads},
          {"started", started_},     {"runs", ids},         {"pid", ::getpid()}};
}

Json Hub::runs() {
  Json all = Json::array();
  for (const Run& run : list_runs(root_)) {
    if (const auto found = open_.find(run.info.id); found != open_.end()) {
      all.push_back(summary_json(run, found->second->state(), found->second->live.head()));
    } else {
      const RunSummary summary = summarize(run, journal_of(run));
      all.push_back(summary_json(run, summary.status, summary.step));
    }
  }
  return {{"runs", all}};
}

Open& Hub::admit(Run run) {
  if (open_.size() >= kMostOpen) {  // one that nobody watches and that stands still makes room
    const auto idle = std::ranges::find_if(open_, [&](const auto& entry) {
      const bool watched =
          std::ranges::any_of(clients_, [&](const auto& c) { return c.second.watches.contains(entry.first); });
      return !watched && !entry.second->playing && entry.second->goal < 0;
    });
    if (idle == open_.end())
      throw Error(fmt::format("{} runs are open", open_.size()), "pause one, and close its page", Fault::kFailure);
    idle->second->live.save();
    open_.erase(idle);
  }
  const std::string id = run.info.id;
  auto opened = std::make_unique<Open>(std::move(run), program_, pool_);
  opened->until = opened->live.run().info.total_steps;
  return *(open_[id] = std::move(opened));
}

Open& Hub::open(const std::string& id) {
  if (const auto found = open_.find(id); found != open_.end()) return *found->second;
  for (const Run& run : list_runs(root_))
    if (run.info.id == id) {
      Open& opened = admit(run);
      opened.goal = opened.live.head();  // a killed program's journal may reach beyond its last snapshot
      return opened;
    }
  throw NotFound(fmt::format("there is no run {}", id), "GET /api/runs lists them");
}

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

// A quantity, or with `receipt` also where it comes from.
Json Hub::quantity(Open& run, std::int64_t step, const std::string& name, bool with_receipt) {
  LiveRun& live = run.live;
  const auto found = [&](float value) -> Json {
    return {{"run", live.run().info.id}, {"name", name}, {"step", step}, {"value", value}, {"hex", hex_float(value)}};
  };
  const std::int64_t row = step - live.history().start - 1;
  const bool is_loss = name == "train.loss" && row >= 0 && row < live.history().rows();
  if (is_loss && !with_receipt) return found(live.history().values[0][static_cast<std::size_t>(row)]);
  if (step == live.step() && name != "train.loss" && !with_receipt) try {
      return found(live.session().quantity(name));
    } catch (const Error&) {  // a gradient, and no step was taken since the state was restored
      if (step == live.run().start()) throw;
    }
  if (step < live.run().start() || step > live.head())
    throw Error(fmt::format("{} has no step {}", live.run().info.id, step),
                fmt::format("it has the steps from {} to {}", live.run().start(), live.head()));
  const auto going = [&](std::int64_t to) {
    return std::move(travel(live.run(), live.history(), live.data(), pool_, to, Arrival::kStepped).session);
  };
  const bool stands_there = step == live.step() && is_ahead(name);  // of the state alone: no step has to be made again
  const std::unique_ptr<Session> gone = stands_there ? nullptr : going(step);
  Session& there = stands_there ? live.session() : *gone;
  Json answer = found(quantity_at(live.run(), live.history(), there, name));
  if (with_receipt) {
    std::unique_ptr<Session> earlier;
    std::function<Session&()> before;
    if (step > live.run().start()) before = [&]() -> Session& { return *(earlier = going(step - 1)); };
    answer.update(receipt(there, *live.data(), before, name, answer.at("value").get<float>()));
    const auto say = [&](std::string why) { answer["receipt"] = nullptr, answer["why"] = std::move(why); };
    if (edited_at(live.history(), step).contains(name))
      say("set by hand at this step");
    else if (answer.at("receipt").is_null() && !before && live.run().info.parent)
      say(fmt::format("the first step of a branch: ask its parent {}", live.run().info.parent->run));
  }
  return answer;
}

Json Hub::curve(Open& run, const std::map<std::string, std::string>& query) {
  const JournalContent& history = run.live.history();
  const auto get = [&](const char* name, std::int64_t initial, std::int64_t low, std::int64_t high) {
    const auto found = query.find(name);
    return found == query.end() ? initial : whole(found->second, name, low, high);
  };
  const std::string name = query.contains("name") ? query.at("name") : "train.loss";
  if (name != "train.loss") throw Error(fmt::format("there is no curve {}", name), "the curve is train.loss");
  const std::int64_t from = std::max(get("from", history.start + 1, 0, kMostSteps), history.start + 1);
  const std::int64_t to = std::min(get("to", history.last_step(), 0, kMostSteps), history.last_step());
  const std::int64_t columns = get("points", 1000, 1, 100'000), count = std::max<std::int64_t>(0, to - from + 1);
  Json out = {{"run", run.live.run().info.id}, {"name", name},         {"from", from},         {"to", to},
              {"step", Json::array()},         {"low", Json::array()}, {"high", Json::array()}};
  const std::int64_t used = std::min(columns, count);
  for (std::int64_t c = 0; c < used; ++c) {
    const std::int64_t begin = from + count * c / used, end = from + count * (c + 1) / used;
    const auto part =
        std::span<const float>(history.values[0])
            .subspan(static_cast<std::size_t>(begin - history.start - 1), static_cast<std::size_t>(end - begin));
    const auto [low, high] = std::ranges::minmax(part);
    out["step"].push_back(begin), out["low"].push_back(low), out["high"].push_back(high);
  }
  return out;
}

}  // namespace limn::lab
