// The requests of docs/protocol.md: which is which, and what only reads. All of this runs on the hub's own thread.
// It must not know what commands do (command.cpp).
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "experiment/experiment.hpp"
#include "lab/describe.hpp"
#include "lab/hub.hpp"
#include "lab/picture.hpp"
#include "lab/receipt.hpp"
#include "lab/refused.hpp"
#include "lab/wish.hpp"

namespace limn::lab {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostOpen = 64;
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
  const Answer now = answered([&]() -> Answer {
    const auto parts = split(request.path, '/');  // "api", ...
    const bool get = request.method == "GET", post = request.method == "POST", remove = request.method == "DELETE";
    const auto is = [&](std::size_t size, const char* second) { return parts.size() == size && parts[1] == second; };
    const auto of_run = [&](std::size_t size, const char* what) { return is(size, "runs") && parts[3] == what; };
    const auto answer = [&](const Json& json) -> Answer { return {200, to_text(json)}; };
    const auto state = [](Open& run) { return run.told.whole(run); };
    if (get && is(2, "lab")) return answer(lab());
    if (get && is(2, "runs")) return answer(runs());
    if (post && is(2, "runs")) return {201, state(create(parse_body(request.body)))};
    if (get && is(2, "experiments")) {
      Json all = Json::array();
      for (const Experiment& experiment : experiments()) all.push_back(describe(experiment));
      return answer({{"experiments", all}});
    }
    if (get && is(2, "notebook")) return {200, notebook()};
    if (post && is(2, "notebook")) return {201, note(parse_body(request.body))};
    if (get && is(2, "storage")) return answer(storage());
    if (get && is(2, "data")) return answer(data());
    if (post && is(2, "data")) return {201, to_text(upload(parse_query(request.query)["name"], request.body))};
    if (get && is(3, "data")) return answer(uploaded(decoded(parts[2])));
    if (remove && is(3, "data")) return answer(remove_upload(decoded(parts[2])));
    if (remove && is(3, "runs")) return answer(remove_run(parts[2]));
    if (get && is(3, "runs")) return {200, state(open(parts[2]))};
    if (post && of_run(4, "command")) {
      if (Open* left = command(parts[2], parse_body(request.body), reply)) return {200, state(*left)};
      later = true;
      return {};
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
    if (get && parts.size() == 7 && of_run(7, "steps") && (parts[5] == "quantities" || parts[5] == "receipts")) {
      quantity(open(parts[2]), whole(parts[4], "the step", 0, kMostSteps), decoded(parts[6]), parts[5] == "receipts",
               reply);
      later = true;
      return {};
    }
    throw Refused(404, fmt::format("there is no {} {}", request.method, request.path),
                  "docs/protocol.md has the requests");
  });
  if (!later) reply(now);
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

Open& Hub::admit(Run run, std::shared_ptr<const Dataset> data) {
  if (open_.size() >= kMostOpen) {  // one that nobody watches and that stands still makes room
    const auto idle = std::ranges::find_if(open_, [&](const auto& entry) {
      const bool watched =
          std::ranges::any_of(clients_, [&](const auto& c) { return c.second.watches.contains(entry.first); });
      return !watched && !entry.second->playing && entry.second->goal < 0 && entry.second->reader.is_idle();
    });
    if (idle == open_.end())
      throw Error(fmt::format("{} runs are open", open_.size()), "pause one, and close its page", Fault::kFailure);
    idle->second->live.save();
    open_.erase(idle);
  }
  const std::string id = run.info.id;
  auto opened = std::make_unique<Open>(std::move(run), program_, pool_, std::move(data));
  opened->until = opened->live.run().info.total_steps;
  Open& admitted = *(open_[id] = std::move(opened));
  for (const auto& [other, its] : open_) its->live.keep_within(kMostKept / open_.size());
  return admitted;
}

Open& Hub::open(const std::string& id) {
  if (const auto found = open_.find(id); found != open_.end()) return *found->second;
  for (const Run& run : list_runs(root_))
    if (run.info.id == id) {
      Open& opened = admit(run, data_.find(data_request(run.recipe, run.info.data_location), run.info.data_digest));
      opened.goal = opened.live.head();  // a killed program's journal may reach beyond its last snapshot
      return opened;
    }
  throw Refused(404, fmt::format("there is no run {}", id), "GET /api/runs lists them");
}

// A quantity, or with `receipt` also where it comes from.
void Hub::quantity(Open& run, std::int64_t step, const std::string& name, bool with_receipt, const Reply& reply) {
  LiveRun& live = run.live;
  const auto found = [id = live.run().info.id, name, step](float value) -> Json {
    return {{"run", id}, {"name", name}, {"step", step}, {"value", value}, {"hex", hex_float(value)}};
  };
  const std::int64_t row = step - live.history().start - 1;
  const bool is_loss = name == "train.loss" && row >= 0 && row < live.history().rows();
  if (is_loss && !with_receipt)
    return reply({200, found(live.history().values[0][static_cast<std::size_t>(row)]).dump()});
  if (step == live.step() && name != "train.loss" && !with_receipt) try {
      return reply({200, found(live.session().quantity(name)).dump()});
    } catch (const Error&) {  // a gradient, and no step was taken since the state was restored
      if (step == live.run().start()) throw;
    }
  if (step < live.run().start() || step > live.head())
    throw Error(fmt::format("{} has no step {}", live.run().info.id, step),
                fmt::format("it has the steps from {} to {}", live.run().start(), live.head()));
  const auto arrived = [&live, found, name, with_receipt, reply](Session& there, Session* before) {
    reply(answered([&]() -> Answer {
      Json answer = found(quantity_at(live.run(), live.history(), there, name));
      if (with_receipt) {
        std::function<Session&()> earlier;
        if (before) earlier = [&]() -> Session& { return *before; };
        answer.update(receipt(there, *live.data(), earlier, name, answer.at("value").get<float>()));
        const auto say = [&](std::string why) { answer["receipt"] = nullptr, answer["why"] = std::move(why); };
        if (edited_at(live.history(), there.cursor().step).contains(name))
          say("set by hand at this step");
        else if (answer.at("receipt").is_null() && !before && live.run().info.parent)
          say(fmt::format("the first step of a branch: ask its parent {}", live.run().info.parent->run));
      }
      return {200, to_text(answer)};
    }));
  };
  run.reader.send({step, with_receipt ? Errand::Want::kBefore : Errand::Want::kStepped, arrived,
                   [reply](const Error& error) { reply(refusal(error)); }, with_receipt || is_ahead(name)});
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
