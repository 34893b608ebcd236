// Requests about what a network looks at: answered in turns at the step they are about, each turn a batch or a step of
// a settings. All of this runs on the hub's own thread. It must not know the methods.
#include <algorithm>

#include "base/error.hpp"
#include "lab/explain.hpp"
#include "lab/hub.hpp"
#include "lab/refused.hpp"

namespace limn::lab {
namespace {

using Json = nlohmann::json;

// The session takes on the settings that were changed at its very step: what is cut counts at once.
Session& settled(LiveRun& live, Training& there) {
  if (const Settings next = settings_at(live.run(), live.history(), there.cursor().step); next != there.settings())
    there.change(next);
  return network_of(there);
}

std::shared_ptr<Ascent> find_ascent(const Space& space, const std::string& id) {
  const auto found = space.ascents.find(id);
  if (found != space.ascents.end()) return found->second;
  throw Refused(404, fmt::format("there is no ascent {}", id),
                fmt::format("a space keeps the {} that were begun last", kMostAscents));
}

}  // namespace

bool Hub::explaining(Space& space, const std::string& method, std::span<const std::string> path, const Json& wish,
                     const Reply& reply) {
  const bool get = method == "GET", post = method == "POST", remove = method == "DELETE";
  const auto is = [&](std::size_t size, const char* second) { return path.size() == size && path[1] == second; };
  const bool explains = post && is(6, "runs") && path[3] == "steps" && path[5] == "explain",
             begins = post && is(6, "runs") && path[3] == "steps" && path[5] == "ascents",
             goes_on = (get || post) && is(3, "ascents");
  if ((explains || begins || (goes_on && post)) && !wish.is_object())
    throw Error("the body is no JSON object", "docs/protocol.md has the requests");
  if (explains) return explain(open(space, path[2]), path[4], wish, reply), true;
  if (begins) return ascend(open(space, path[2]), path[4], wish, reply), true;
  if (goes_on) return ascend_on(space, path[2], get ? 0 : whole(wish, "steps", 1, 0, 1000), reply), true;
  if (remove && is(2, "explaining")) {
    Json ended = Json::array();
    for (auto& [name, asked] : space.explaining)
      if (std::exchange(asked, nullptr)) ended.push_back(name);
    return reply({200, to_text(Json{{"ended", ended}})}), true;
  }
  if (remove && is(3, "ascents")) {
    find_ascent(space, path[2]);
    space.ascents.erase(path[2]);
    return reply({200, to_text(Json{{"ended", path[2]}})}), true;
  }
  return false;
}

void Hub::explain(Open& run, const std::string& at, const Json& wish, const Reply& reply) {
  LiveRun& live = run.live;
  const std::int64_t step = step_of(live, at);
  static_cast<void>(live.session());
  auto asked = std::make_shared<Explaining>(wish);
  auto& newest = run.space.explaining[asked->method()];
  newest = asked;  // what was asked for before is given up
  const auto leave = [&newest, asked] {
    if (newest == asked) newest.reset();
  };
  const auto refused = [leave, reply](const Error& error) {
    leave();
    reply(refusal(error));
  };
  const auto arrived = [this, &live, &newest, step, asked, reply, leave](Training& there, Training*) {
    bool more = false;
    const Answer now = answered([&]() -> Answer {
      if (newest != asked) throw Refused(409, "another explanation was asked for meanwhile", "ask again");
      if (!asked->has_begun()) asked->begin(settled(live, there), live.data(), pool_);
      more = asked->go_on();
      if (more) return {};
      Json answer = asked->answer();
      answer.update({{"run", live.run().info.id}, {"step", step}, {"method", asked->method()}});
      return {200, to_text(answer)};
    });
    if (more) return false;
    leave();
    reply(now);
    return true;
  };
  run.reader.send({step, Errand::Want::kState, arrived, refused, true});
}

void Hub::ascend(Open& run, const std::string& at, const Json& wish, const Reply& reply) {
  LiveRun& live = run.live;
  static_cast<void>(live.session());
  auto ascent = std::make_shared<Ascent>(Ascent{live.run().info.id, step_of(live, at), wish});
  const auto arrived = [this, &live, &space = run.space, ascent, reply](Training& there, Training*) {
    reply(answered([&]() -> Answer {
      ascent->begin(settled(live, there), live.data(), pool_);
      if (space.ascents.size() == kMostAscents)
        space.ascents.erase(
            std::ranges::min_element(space.ascents, {}, [](const auto& known) { return std::stoll(known.first); }));
      const std::string id = std::to_string(++space.ascents_begun);
      space.ascents[id] = ascent;
      return {201, to_text(ascent->json(id, {}))};
    }));
    return true;
  };
  run.reader.send(
      {ascent->step, Errand::Want::kState, arrived, [reply](const Error& error) { reply(refusal(error)); }, true});
}

// The network is the ascent's own: the run is only who takes turns for it.
void Hub::ascend_on(Space& space, const std::string& id, std::int64_t steps, const Reply& reply) {
  const auto ascent = find_ascent(space, id);
  if (steps == 0) return reply({200, to_text(ascent->json(id, {}))});
  auto values = std::make_shared<std::vector<float>>();
  const auto arrived = [&space, id, ascent, steps, values, reply](Training&, Training*) {
    bool more = false;
    const Answer now = answered([&]() -> Answer {
      if (const auto known = space.ascents.find(id); known == space.ascents.end())
        throw Refused(409, fmt::format("the ascent {} was ended meanwhile", id), "begin it again");
      if (ascent->maximiser->stop_reason().empty()) values->push_back(ascent->maximiser->advance());
      more = ascent->maximiser->stop_reason().empty() && std::ssize(*values) < steps;
      if (more) return {};
      return {200, to_text(ascent->json(id, *values))};
    });
    if (more) return false;
    reply(now);
    return true;
  };
  open(space, ascent->run).reader.send({ascent->step, Errand::Want::kState, arrived, [reply](const Error& error) {
                                          reply(refusal(error));
                                        }});
}

}  // namespace limn::lab
