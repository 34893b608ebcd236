// The requests of docs/protocol.md: which is which, and what only reads. All of this runs on the hub's own thread.
// It must not know what commands do (command.cpp).
#include <unistd.h>

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "experiment/experiment.hpp"
#include "lab/cockpit.hpp"
#include "lab/describe.hpp"
#include "lab/function.hpp"
#include "lab/histograms.hpp"
#include "lab/hub.hpp"
#include "lab/loss_plane.hpp"
#include "lab/mistakes.hpp"
#include "lab/origin.hpp"
#include "lab/picture.hpp"
#include "lab/refused.hpp"
#include "lab/report.hpp"
#include "lab/wish.hpp"
#include "train/minimising.hpp"
#include "train/update.hpp"

namespace limn::lab {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostNames = 512, kMostReceipts = 64;  // in one request
constexpr std::size_t kOpenForEach = 2;       // beside 64: of more open runs in all spaces those that rest are closed
constexpr std::size_t kMostKept = 512 << 20;  // bytes of states in memory, of all runs

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

Json parse_body(const std::string& body) {
  Json json = Json::parse(body, nullptr, false);
  if (!json.is_object()) throw Error("the body is no JSON object", "docs/protocol.md has the requests");
  return json;
}

// The rate of every step, as the settings say: a column beside those of the journal.
JournalContent rates_of(LiveRun& live) {
  const JournalContent& history = live.history();
  const Settings& now = live.session().settings();
  if (is_minimiser(now.optimizer))
    throw Error(fmt::format("{} has no rate: it finds the length of each step", now.optimizer), "ask for optim.step");
  JournalContent rates;
  rates.columns = {"step.lr"}, rates.start = history.start, rates.values.resize(1);
  Settings settings = settings_at(live.run(), history, history.start);
  auto next = history.records.begin();
  for (std::int64_t step = history.start; step < history.last_step(); ++step) {
    for (; next != history.records.end() && next->step <= step; ++next)
      if (next->kind == RecordKind::kAction) settings = settings_at(live.run(), history, step);
    if (settings.schedule == "plateau")
      throw Error("the rate of the schedule plateau depends on what was measured", "ask for step.lr of a step");
    rates.values[0].push_back(learning_rate(settings, step));
  }
  return rates;
}

std::vector<std::string> names_of(const Json& wish, std::size_t most) {
  auto names = wish.at("names").get<std::vector<std::string>>();
  if (names.empty() || names.size() > most)
    throw Error(fmt::format("{} names are asked for", names.size()), fmt::format("ask for 1 to {} at once", most));
  return names;
}

}  // namespace

void Hub::route(const Request& request, const Reply& reply) {
  try {
    find_route(request, reply);
  } catch (const DataMissing& missing) {
    load(missing.wanted,
         {[this, request, reply] { route(request, reply); }, [reply](const Error& error) { reply(refusal(error)); }});
  }
}

void Hub::find_route(const Request& request, const Reply& reply) {
  bool later = false;  // it is answered when the answer is there
  Space& space = spaces_.at(request.by.space);
  if (request.by.writes) space.seen = utc_now();
  const Answer now = answered([&]() -> Answer {
    const auto parts = split(request.path, '/');  // "api", ...
    const bool get = request.method == "GET", post = request.method == "POST", remove = request.method == "DELETE";
    const auto is = [&](std::size_t size, const char* second) { return parts.size() == size && parts[1] == second; };
    const auto of_run = [&](std::size_t size, const char* what) { return is(size, "runs") && parts[3] == what; };
    const auto answer = [&](const Json& json) -> Answer { return {200, to_text(json)}; };
    const auto state = [](Open& run) { return run.told.whole(run); };
    if (get && is(2, "lab")) return answer(lab(request.by, space));
    if (get && is(2, "runs")) return answer(runs(space));
    if (post && is(2, "runs")) return {201, state(create(space, parse_body(request.body)))};
    if (get && is(2, "experiments")) {
      Json all = Json::array();
      for (const Experiment& experiment : experiments())
        if (experiment.has_page) all.push_back(describe(experiment));
      return answer({{"experiments", all}});
    }
    if (get && is(2, "notebook")) return {200, notebook(space)};
    if (post && is(2, "notebook")) return {201, note(space, parse_body(request.body))};
    if (post && is(2, "links")) return {201, to_text(link(space, parse_body(request.body)))};
    if (get && (is(2, "class") || is(3, "class")) && space.slug.empty() && !keys_.students().empty()) {
      if (!request.by.teaches) throw Refused(403, "this is the teacher's", "open the teacher's link");
      if (parts.size() == 2) return answer(class_rows());
      if (parts[2] == "answers") return {200, class_answers(), "text/csv; charset=utf-8", "answers.csv"};
    }
    if (get && is(2, "storage")) return answer(storage(space));
    if (get && is(2, "data")) return answer(data(space));
    if (post && is(2, "data")) {
      upload(space, parse_query(request.query)["name"], request.body, reply);
      later = true;
      return {};
    }
    if (get && is(3, "data")) return answer(uploaded(space, decoded(parts[2])));
    if (remove && is(3, "data")) return answer(remove_upload(space, decoded(parts[2])));
    if (remove && is(3, "runs")) return answer(remove_run(space, parts[2]));
    if (get && is(3, "runs")) return {200, state(open(space, parts[2]))};
    if ((get && of_run(4, "archive")) || (post && is(2, "archives"))) {
      if (get)
        save_archive(space, parts[2], parse_query(request.query).contains("alone"), reply);
      else
        open_archive(request, reply);
      later = true;
      return {};
    }
    if (post && of_run(4, "command")) {
      if (Open* left = command(space, parts[2], parse_body(request.body), reply)) return {200, state(*left)};
      later = true;
      return {};
    }
    if (get && of_run(4, "curve")) return answer(curve(open(space, parts[2]), parse_query(request.query)));
    if (get && of_run(4, "report")) {
      report(open(space, parts[2]), reply);
      later = true;
      return {};
    }
    if (get && (of_run(4, "plane") || of_run(4, "phase"))) {
      Open& run = open(space, parts[2]);
      auto query = parse_query(request.query);
      return {200, parts[3] == "plane" ? plane(run.live, query) : phase(run.live, query), "application/octet-stream"};
    }
    if (get && of_run(4, "points")) {
      auto query = parse_query(request.query);
      return answer(points(open(space, parts[2]).live, whole(query["x"], "x", 0, 1'000'000),
                           whole(query["y"], "y", 0, 1'000'000)));
    }
    if (post && of_run(4, "predict")) {
      const Json wish = parse_body(request.body);
      return answer(predict_one(open(space, parts[2]).live, wish.at("x").get<std::vector<float>>()));
    }
    const bool numbers = parts.size() >= 6 && parts[1] == "runs" && parts[3] == "steps";
    const auto asked = [&](std::vector<std::string> names, bool alone) -> Answer {
      quantities(open(space, parts[2]), parts[4], {std::move(names), parts[5] == "receipts", alone}, reply);
      later = true;
      return {};
    };
    if (numbers && (parts[5] == "quantities" || parts[5] == "receipts")) {
      if (get && parts.size() == 7) return asked({decoded(parts[6])}, true);
      if (post && parts.size() == 6)
        return asked(names_of(parse_body(request.body), parts[5] == "receipts" ? kMostReceipts : kMostNames), false);
    }
    if (get && of_run(5, "origin")) {
      Json answered = origin(open(space, parts[2]).live, decoded(parts[4]));
      answered["run"] = parts[2];
      return answer(answered);
    }
    if (get && of_run(6, "steps") && (parts[5] == "histograms" || parts[5] == "mistakes" || parts[5] == "cockpit")) {
      spread(open(space, parts[2]), parts[4], parts[5], parse_query(request.query), reply);
      later = true;
      return {};
    }
    later = explaining(space, request.method, parts, post ? Json::parse(request.body, nullptr, false) : Json(), reply);
    if (later) return {};
    if (get && of_run(6, "steps") && parts[5] == "plane") {
      survey(space, {parts[2], step_of(open(space, parts[2]).live, parts[4])}, parse_query(request.query), reply);
      later = true;
      return {};
    }
    throw Refused(404, fmt::format("there is no {} {}", request.method, request.path),
                  "docs/protocol.md has the requests");
  });
  if (!later) reply(now);
}

Json Hub::lab(const Grant& by, const Space& space) const {
  Json ids = Json::array();
  for (const auto& [id, run] : space.open) ids.push_back(id);
  return {{"build", program_.build},
          {"isa", program_.isa},
          {"threads", program_.threads},
          {"started", started_},
          {"runs", ids},
          {"pid", ::getpid()},
          {"may", by.writes ? "write" : "read"},
          {"who", space.name.empty() ? Json() : Json(space.name)},
          {"class", !keys_.students().empty()}};
}

Json Hub::runs(const Space& space) {
  Json all = Json::array();
  for (const Run& run : list_runs(space.root)) {
    if (const auto found = space.open.find(run.info.id); found != space.open.end()) {
      all.push_back(
          summary_json(run, found->second->state(), found->second->live.head(), found->second->live.seconds()));
    } else {
      const RunSummary summary = summarize(run, journal_of(run));
      all.push_back(summary_json(run, summary.status, summary.step, summary.seconds));
    }
  }
  return {{"runs", all}};
}

// Of the runs that nobody watches and that stand still, closes the one that was asked for longest ago, in that space or
// in any. False: there is none.
bool Hub::close_idle(Space* only) {
  Open* oldest = nullptr;
  for (auto& [slug, space] : spaces_) {
    if (only && &space != only) continue;
    for (const auto& [id, run] : space.open) {
      const bool is_watched = std::ranges::any_of(clients_, [&, id = id](const auto& client) {
        return client.second.space == &run->space && client.second.watches.contains(id);
      });
      if (!is_watched && !run->is_moving() && run->reader.is_idle() && (!oldest || run->touched < oldest->touched))
        oldest = run.get();
    }
  }
  if (!oldest) return false;
  oldest->live.save();
  note_closing(*oldest);
  oldest->space.open.erase(oldest->live.run().info.id);
  return true;
}

void Hub::make_room(Space& space) {
  if (space.open.size() >= space.limits.open && !close_idle(&space))
    throw Error(fmt::format("{} runs are open", space.open.size()), "pause one, and close its page", Fault::kFailure);
  std::size_t all = 0;
  for (const auto& [slug, other] : spaces_) all += other.open.size();
  if (all >= Limits{}.open + kOpenForEach * keys_.students().size()) close_idle(nullptr);
}

void check_page(const std::string& experiment) {
  if (find_experiment(experiment).has_page) return;
  throw Error(fmt::format("the lab has no page for runs of the experiment {}", experiment),
              "`limn train`, `limn replay` and `limn eval` have them");
}

Open& Hub::admit(Space& space, Run run, std::shared_ptr<const Dataset> data) {
  check_page(run.recipe.experiment);
  make_room(space);
  const std::string id = run.info.id;
  auto opened = std::make_unique<Open>(space, std::move(run), program_, pool_, std::move(data));
  opened->until = opened->live.run().info.total_steps;
  opened->touched = ++touches_;
  Open& admitted = *(space.open[id] = std::move(opened));
  space.counted.at = {};
  std::size_t all = 0;
  for (const auto& [slug, other] : spaces_) all += other.open.size();
  for (const auto& [slug, other] : spaces_)
    for (const auto& [its_id, its] : other.open) its->live.keep_within(kMostKept / all);
  return admitted;
}

Open& Hub::open(Space& space, const std::string& id) {
  if (const auto found = space.open.find(id); found != space.open.end()) {
    found->second->touched = ++touches_;
    return *found->second;
  }
  const auto all = list_runs(space.root);
  for (const Run& run : all)
    if (run.info.id == id) {
      Open& opened =
          admit(space, run, data_.find(data_request(run.recipe, run.info.data_location), run.info.data_digest));
      opened.goal = opened.live.head();  // a killed program's journal may reach beyond its last snapshot
      add_branches(opened, all);
      return opened;
    }
  throw Refused(404, fmt::format("there is no run {}", id), "GET /api/runs lists them");
}

void Hub::add_branches(Open& parent, const std::vector<Run>& all) {
  for (const Run& run : all) {
    if (!run.info.parent || run.info.parent->run != parent.live.run().info.id) continue;
    if (std::ranges::any_of(parent.branches, [&](const Json& known) { return known.at("id") == run.info.id; }))
      continue;
    parent.branches.push_back(
        {{"id", run.info.id}, {"step", run.start()}, {"patch", values_json(run.info.parent->patch)}});
    ++parent.version;
  }
}

// How a step's numbers are spread, or the rows that it is most wrong about.
void Hub::spread(Open& run, const std::string& at, const std::string& what,
                 const std::map<std::string, std::string>& query, const Reply& reply) {
  LiveRun& live = run.live;
  const std::int64_t step = step_of(live, at);
  Json wish = Json::object();
  for (const auto& [name, value] : query)
    wish[name] = name == "split" || name == "tensor" ? Json(value) : Json(whole(value, name, 0, 1'000'000));
  const auto look = [&live, step, wish, what](Session& there, const std::function<void()>& settle) -> Answer {
    Json answer = {{"run", live.run().info.id}, {"step", step}};
    if (what == "histograms")
      answer.update(histograms(there, *live.data(), settle));
    else if (what == "cockpit")
      answer.update(cockpit(there, wish.value("tensor", "")));
    else
      settle(), answer.update(mistakes(wish, there, *live.data()));
    return {200, to_text(answer)};
  };
  const bool has_gradient = step == live.run().start() || !live.session().gradient().empty();
  const bool is_known = what == "mistakes" || (what == "histograms" && has_gradient);
  if (step == live.step() && is_known) return reply(answered([&] { return look(live.session(), [] {}); }));
  run.reader.send({step, what == "mistakes" ? Errand::Want::kState : Errand::Want::kStepped,
                   [&live, look, reply](Training& there, Training*) {
                     reply(answered([&] {
                       return look(network_of(there),
                                   [&] { there.change(settings_at(live.run(), live.history(), there.cursor().step)); });
                     }));
                     return true;
                   },
                   [reply](const Error& error) { reply(refusal(error)); }, true});
}

// Of the head, as it is now: a run that plays goes on meanwhile, and its curve may reach further when it is drawn up.
void Hub::report(Open& run, const Reply& reply) {
  const auto arrived = [this, &space = run.space, &live = run.live, reply](Training& there, Training*) {
    reply(answered([&]() -> Answer {
      const auto history = [&space](const Run& of) -> const JournalContent* {
        const auto found = space.open.find(of.info.id);
        return found == space.open.end() ? nullptr : &found->second->live.history();
      };
      const Run& of = live.run();
      return {200, lab::report(of, live.history(), there, live.data(), pool_, history), "text/html; charset=utf-8",
              fmt::format("limn-{}.html", of.info.id)};
    }));
    return true;
  };
  const auto want = run.live.training().descent() ? Errand::Want::kStepped : Errand::Want::kState;
  run.reader.send({run.live.head(), want, arrived, [reply](const Error& error) { reply(refusal(error)); }, true});
}

Json Hub::curve(Open& run, const std::map<std::string, std::string>& query) {
  const auto get = [&](const char* name, std::int64_t initial, std::int64_t low, std::int64_t high) {
    const auto found = query.find(name);
    return found == query.end() ? initial : whole(found->second, name, low, high);
  };
  const std::string name = query.contains("name") ? query.at("name") : "train.loss";
  const JournalContent rates = name == "step.lr" ? rates_of(run.live) : JournalContent{};
  const JournalContent& history = name == "step.lr" ? rates : run.live.history();
  const auto column = std::ranges::find(history.columns, name);
  if (column == history.columns.end())
    throw Error(fmt::format("there is no curve {}", name),
                fmt::format("there are {}", fmt::join(history.columns, ", ")));
  const std::int64_t from = std::max(get("from", history.start + 1, 0, kMostSteps), history.start + 1);
  const std::int64_t to = std::min(get("to", history.last_step(), 0, kMostSteps), history.last_step());
  Json out = {{"run", run.live.run().info.id}, {"name", name}, {"from", from}, {"to", to}};
  out.update(curve_json(history, static_cast<std::size_t>(column - history.columns.begin()), from, to,
                        get("points", 1000, 1, 100'000)));
  return out;
}

}  // namespace limn::lab
