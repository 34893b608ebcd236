// What clients are sent: of every run they watch its scalars without a gap, what changed in its state, and the newest
// pictures. A client is sent no more than it acknowledges, and who waits longest goes first. All of this runs on the
// hub's own thread. It must not know sockets.
#include <algorithm>
#include <chrono>

#include "lab/hub.hpp"
#include "lab/picture.hpp"

namespace limn::lab {
namespace {

using namespace std::chrono_literals;

constexpr auto kFrameGap = 33ms;                // of one view, of the state, and of scalars
constexpr int kWindow = 4;                      // frames a client may have without having acknowledged them
constexpr std::int64_t kMostScalars = 100'000;  // in a frame
constexpr std::size_t kMostEvaluations = 2000;  // in a frame
constexpr auto kForgotten = 2s;                 // a picture that nobody watched for so long is dropped

// While anything plays, making pictures and states may take this part of the time. Half of it is for the pictures that
// somebody's list of views begins with, each an equal part; so is the other half for all others: one that is made in an
// instant comes at its full rate beside one that asks the network about every validation row.
constexpr double kPictureShare = 1.0 / 20;
bool begins_a_list(const Picture& picture) { return picture.first_last + kForgotten > picture.wanted_last; }

// What belongs to a run is made again at `made_next` while it moves; what it comes to stand at is shown at once.
Clock::time_point not_before(const Open& run, Clock::time_point due, Clock::time_point made_next) {
  return run.is_moving() ? std::max(due, made_next) : due;
}

}  // namespace

Clock::time_point Hub::stream() {
  auto next = Clock::time_point::max();
  const auto now = Clock::now();
  for (auto& [number, client] : clients_) next = std::min(next, stream_to(client, now));
  return next;
}

Clock::time_point Hub::stream_to(Client& client, Clock::time_point now) {
  for (;;) {
    auto next = Clock::time_point::max();
    if (client.sent - client.acknowledged >= kWindow) return next;  // its acknowledgement wakes the hub
    Watch* watch = nullptr;
    Open* of = nullptr;
    Part* longest = nullptr;
    for (auto& [id, its] : client.watches) {
      const auto found = client.space->open.find(id);
      if (found == client.space->open.end()) continue;
      Open& run = *found->second;
      const auto consider = [&](Part& part, Clock::time_point due) {
        if (due > now)
          next = std::min(next, due);
        else if (!longest || part.turn < longest->turn)
          watch = &its, of = &run, longest = &part;
      };
      if (its.cursor < run.live.head()) consider(its.scalars, its.scalars.due);
      if (its.state.version != run.version)
        consider(its.state,
                 run.told.version() == run.version ? its.state.due : not_before(run, its.state.due, run.state_due));
      for (Part& view : its.views) {
        Picture& picture = run.pictures[view.key];
        picture.wanted_last = now;
        if (&view == &its.views.front()) picture.first_last = now;
        if (view.version == run.version) continue;
        consider(view, picture.version > view.version ? view.due : not_before(run, view.due, picture.due));
      }
    }
    if (!longest) return next;
    if (of->is_moving()) longest->due = now + kFrameGap;  // who steps by hand sees it at once
    if (longest == &watch->scalars)
      send_scalars(client, *watch, *of);
    else if (longest == &watch->state)
      send_state(client, *watch, *of);
    else
      send_view(client, *longest, of->pictures[longest->key], *of);
    longest->turn = client.sent;
  }
}

void Hub::send_scalars(Client& client, Watch& watch, Open& run) {
  const JournalContent& history = run.live.history();
  const std::int64_t from = std::max(watch.cursor, history.start);
  const std::int64_t to =
      run.told.reach(run.live, from, std::min(run.live.head(), from + kMostScalars), kMostEvaluations);
  Frame frame("scalars", run.live.run().info.id, run.live.step());
  frame.put("from", fmt::format("{}", from + 1));
  frame.put("to", fmt::format("{}", to));
  frame.put("evals", fmt::format("[{}]", run.told.evaluations(run.live, from, to)));
  for (std::size_t c = 0; c < history.columns.size(); ++c)
    frame.add(history.columns[c], {to - from},
              std::span<const float>(history.values[c])
                  .subspan(static_cast<std::size_t>(from - history.start), static_cast<std::size_t>(to - from)));
  watch.cursor = to;
  send(client, std::move(frame).body());
}

void Hub::send_state(Client& client, Watch& watch, Open& run) {
  const auto begin = Clock::now();
  Frame frame("state", run.live.run().info.id, run.live.step());
  frame.put("whole", watch.state.version == 0 ? "true" : "false");
  const bool is_new = run.told.version() != run.version;
  frame.put("state", run.told.since(run, watch.state.version));
  watch.state.version = run.version;
  if (is_new) run.state_due = begin + share_of_time(Clock::now() - begin, false);
  send(client, std::move(frame).body());
}

// How long after its beginning something that took so long may be made again, by how many are made again and again:
// first pictures, or others and states, of every run that plays.
Clock::duration Hub::share_of_time(Clock::duration cost, bool is_first) const {
  std::size_t alike = 0;
  for (const auto& [slug, space] : spaces_)
    for (const auto& [id, run] : space.open) {
      if (!run->is_moving()) continue;
      if (!is_first) ++alike;
      for (const auto& [key, picture] : run->pictures) alike += begins_a_list(picture) == is_first ? 1 : 0;
    }
  return alike == 0
             ? cost
             : std::chrono::duration_cast<Clock::duration>(cost * (2 * static_cast<double>(alike) / kPictureShare));
}

void Hub::send_view(Client& client, Part& part, Picture& picture, Open& run) {
  const auto begin = Clock::now();
  if (picture.version != run.version && begin >= not_before(run, begin, picture.due)) {
    const Json wish = Json::parse(part.key);
    Frame frame("view", run.live.run().info.id, run.live.step());
    frame.head["view"] = wish.at("view");
    try {
      draw(wish, run.live, frame);
    } catch (const Error& error) {
      frame.head["error"] = error_json(error.what(), error.hint());
    } catch (const Json::exception& error) {
      frame.head["error"] = error_json(error.what(), "docs/protocol.md has the views");
    }
    picture.body = std::move(frame).body();
    picture.version = run.version;
    for (const auto& [id, open] : run.space.open)
      std::erase_if(open->pictures, [&](const auto& p) { return p.second.wanted_last < begin - kForgotten; });
    picture.due =
        begin + std::max<Clock::duration>(kFrameGap, share_of_time(Clock::now() - begin, begins_a_list(picture)));
  }
  part.version = picture.version;
  send(client, picture.body);
}

void Hub::send(Client& client, const Body& body) { client.send(numbered(++client.sent, body)); }

void Hub::refuse(Client& client, const Error& error) {
  Frame frame("error", "", 0);
  frame.head["error"] = error_json(error.what(), error.hint());
  send(client, std::move(frame).body());
}

void Hub::received(ClientId number, const std::string& text) {
  const auto found = clients_.find(number);
  if (found == clients_.end()) return;
  Client& client = found->second;
  if (client.writes) client.space->seen = utc_now();
  const Json wish = Json::parse(text, nullptr, false);
  try {
    if (!wish.is_object()) throw Error("a message is no JSON object", "docs/protocol.md has the messages");
    if (wish.contains("ack")) {
      const Json& ack = wish.at("ack");
      if (!ack.is_number_integer() || ack.get<std::int64_t>() < 1 || ack.get<std::int64_t>() > client.sent)
        throw Error("an acknowledgement of a frame that was not sent", "send the number of the newest frame");
      client.acknowledged = std::max(client.acknowledged, ack.get<std::int64_t>());
    } else if (wish.contains("watch") && wish.at("watch").is_string()) {
      watch(client, wish);
    } else if (wish.contains("unwatch") && wish.at("unwatch").is_string()) {
      client.watches.erase(wish.at("unwatch").get<std::string>());
    } else {
      throw Error("a message with none of watch, unwatch, ack", "docs/protocol.md has the messages");
    }
  } catch (const DataMissing& missing) {
    load(missing.wanted, {[this, number, text] { received(number, text); },
                          [this, number](const Error& error) {
                            if (const auto client = clients_.find(number); client != clients_.end())
                              refuse(client->second, error);
                          }});
  } catch (const Error& error) {
    refuse(client, error);
  } catch (const Json::exception& error) {
    refuse(client, Error(error.what(), "docs/protocol.md has the messages"));
  }
}

void Hub::watch(Client& client, const Json& wish) {
  const std::string id = wish.at("watch");
  open(*client.space, id);
  Watch watch;
  if (wish.contains("cursor") && wish.at("cursor").is_number_integer())
    watch.cursor = std::max<std::int64_t>(0, wish.at("cursor").get<std::int64_t>());
  if (wish.contains("views")) {
    if (!wish.at("views").is_array() || wish.at("views").size() > 16)
      throw Error("views are no list of at most 16", R"(write "views": [{"view": "weights"}])");
    for (const Json& view : wish.at("views")) {
      if (!view.is_object() || !view.contains("view") || !view.at("view").is_string())
        throw Error("a view has no name", R"(write {"view": "weights"})");
      watch.views.push_back({view.dump()});
    }
  }
  client.watches[id] = std::move(watch);
}

}  // namespace limn::lab
