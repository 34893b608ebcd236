#include "lab/hub.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>

#include "lab/frame.hpp"
#include "lab/picture.hpp"

namespace limn::lab {
namespace {

using namespace std::chrono_literals;

constexpr double kQuantumSeconds = 0.005;
constexpr auto kFrameGap = 33ms;                // of one view, of the state, and of scalars
constexpr int kWindow = 2;                      // frames a client may have without having acknowledged them
constexpr int kPictureShare = 20;               // while a run plays, one view may take 1/20 of the time
constexpr std::int64_t kMostScalars = 100'000;  // in a frame

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

}  // namespace

Hub::Hub(std::filesystem::path root, std::uint64_t allowed, const Program& program, ThreadPool& pool)
    : root_(std::move(root)),
      uploads_(root_ / "uploads"),
      quota_(root_, allowed),
      program_(program),
      pool_(pool),
      started_(utc_now()),
      thread_([this] { work(); }) {}

Hub::~Hub() { stop(); }

void Hub::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Hub::ask(Request request, Reply reply) {
  const std::lock_guard lock(mutex_);
  jobs_.emplace_back([this, request = std::move(request), reply = std::move(reply)] { route(request, reply); });
  wake_.notify_one();
}

void Hub::connect(ClientId client, Send send) {
  const std::lock_guard lock(mutex_);
  jobs_.emplace_back([this, client, send = std::move(send)] { clients_[client].send = send; });
  wake_.notify_one();
}

void Hub::disconnect(ClientId client) {
  const std::lock_guard lock(mutex_);
  jobs_.emplace_back([this, client] { clients_.erase(client); });
  wake_.notify_one();
}

void Hub::message(ClientId client, std::string text) {
  const std::lock_guard lock(mutex_);
  jobs_.emplace_back([this, client, text = std::move(text)] { received(client, text); });
  wake_.notify_one();
}

void Hub::work() {
  bool busy = false, due = false;
  for (;;) {
    std::deque<std::function<void()>> jobs;
    {
      std::unique_lock lock(mutex_);
      const auto ready = [&] { return stopping_ || !jobs_.empty(); };
      if (!busy && due)
        wake_.wait_for(lock, 5ms, ready);
      else if (!busy)
        wake_.wait(lock, ready);
      if (stopping_) break;
      jobs.swap(jobs_);
    }
    for (const auto& job : jobs) job();
    busy = false;
    for (const auto& [id, run] : open_) busy |= quantum(id, *run);
    due = stream();
  }
  for (const auto& [id, run] : open_) {
    run->playing = false, run->goal = -1;
    try {
      run->live.save();
    } catch (const Error&) {  // the disk is full: the last snapshot stands
    }
  }
  for (const Waiting& waiting : waiting_)
    waiting.reply({503, error_json("the lab is stopping", "start it again").dump()});
}

bool Hub::quantum(const std::string& id, Open& open) {
  if (!open.playing && open.goal < 0) return false;
  const auto begin = Clock::now();
  const std::int64_t first = open.live.step();
  double seconds = 0;
  try {
    while (seconds < kQuantumSeconds) {
      const std::int64_t at = open.live.step();
      const std::int64_t end = open.goal >= 0 ? open.goal : open.until;
      const bool ended = open.live.finished() && at == open.live.head() && open.goal < 0;
      if (at >= end || ended) {
        if (open.goal >= 0)
          open.goal = -1;
        else
          open.playing = false;
        if (!open.playing) break;
        continue;
      }
      open.live.advance();
      seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    }
    open.live.spent(seconds);
  } catch (const Error& error) {
    open.error.emplace(error.what(), error.hint(), error.fault());
    open.playing = false, open.goal = -1;
  }
  const double rate = static_cast<double>(open.live.step() - first) / std::max(seconds, 1e-9);
  open.rate = !open.playing ? 0 : open.rate == 0 ? rate : 0.95 * open.rate + 0.05 * rate;
  ++open.version;
  if (open.goal < 0) answer_waiting(id);
  return open.playing || open.goal >= 0;
}

void Hub::answer_waiting(const std::string& id) {
  for (std::size_t i = 0; i < waiting_.size();) {
    if (waiting_[i].run != id) {
      ++i;
      continue;
    }
    waiting_[i].reply({200, state_json(*open_.at(id)).dump()});
    waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

bool Hub::stream() {
  bool due = false;
  const auto now = Clock::now();
  for (auto& [number, client] : clients_)
    for (auto& [id, watch] : client.watches)
      if (const auto found = open_.find(id); found != open_.end())
        due |= stream_to(client, id, watch, *found->second, now);
  return due;
}

bool Hub::stream_to(Client& client, const std::string& id, Watch& watch, Open& open, Clock::time_point now) {
  LiveRun& live = open.live;
  const auto room = [&] { return client.sent - client.acknowledged < kWindow; };
  bool later = false;
  if (watch.cursor < live.head()) {
    if (room() && now >= watch.scalars_due) {
      const std::int64_t from = std::max(watch.cursor, live.history().start);
      const std::int64_t count = std::min(live.head() - from, kMostScalars);
      const auto first = static_cast<std::size_t>(from - live.history().start);
      Frame frame;
      frame.head["from"] = from + 1, frame.head["to"] = from + count;
      frame.add("train.loss", {count},
                std::span<const float>(live.history().values[0]).subspan(first, static_cast<std::size_t>(count)));
      watch.cursor = from + count;
      watch.scalars_due = now + kFrameGap;
      send(client, frame, "scalars", id, live.step());
    }
    later = true;
  }
  if (watch.version != open.version) {
    if (room() && now >= watch.state_due) {
      Frame frame;
      frame.head["state"] = state_json(open);
      watch.version = open.version;
      watch.state_due = now + kFrameGap;
      send(client, frame, "state", id, live.step());
    }
    later = true;
  }
  for (std::size_t i = 0; i < watch.views.size(); ++i) {
    View& view = watch.views[watch.turn++ % watch.views.size()];
    if (view.version == open.version) continue;
    later = true;
    if (!room() || now < view.due) continue;
    const auto begin = Clock::now();
    Frame frame;
    frame.head["view"] = view.wish.at("view");
    try {
      draw(view.wish, live, frame);
    } catch (const Error& error) {
      frame.head["error"] = error_json(error.what(), error.hint());
    }
    view.version = open.version;
    const auto cost = Clock::now() - begin;
    view.due = now + std::max<Clock::duration>(kFrameGap, open.playing ? cost * kPictureShare : cost);
    send(client, frame, "view", id, live.step());
  }
  return later && room();
}

void Hub::send(Client& client, Frame& frame, const char* kind, const std::string& id, std::int64_t step) {
  frame.head["frame"] = ++client.sent;
  frame.head["kind"] = kind;
  frame.head["run"] = id;
  frame.head["step"] = step;
  client.send(frame.bytes());
}

void Hub::received(ClientId number, const std::string& text) {
  const auto found = clients_.find(number);
  if (found == clients_.end()) return;
  Client& client = found->second;
  const auto refuse = [&](const std::string& what, const std::string& hint) {
    Frame frame;
    frame.head["error"] = error_json(what, hint);
    send(client, frame, "error", "", 0);
  };
  const Json wish = Json::parse(text, nullptr, false);
  try {
    if (!wish.is_object()) throw Error("a message is no JSON object", "docs/protocol.md has the messages");
    if (wish.contains("ack")) {
      const Json& ack = wish.at("ack");
      if (!ack.is_number_integer() || ack.get<std::int64_t>() < 1 || ack.get<std::int64_t>() > client.sent)
        throw Error("an acknowledgement of a frame that was not sent", "send the number of the newest frame");
      client.acknowledged = std::max(client.acknowledged, ack.get<std::int64_t>());
    } else if (wish.contains("watch") && wish.at("watch").is_string()) {
      const std::string id = wish.at("watch");
      open(id);
      Watch watch;
      if (wish.contains("cursor") && wish.at("cursor").is_number_integer())
        watch.cursor = std::max<std::int64_t>(0, wish.at("cursor").get<std::int64_t>());
      if (wish.contains("views")) {
        if (!wish.at("views").is_array() || wish.at("views").size() > 16)
          throw Error("views are no list of at most 16", R"(write "views": [{"view": "weights"}])");
        for (const Json& view : wish.at("views")) {
          if (!view.is_object() || !view.contains("view") || !view.at("view").is_string())
            throw Error("a view has no name", R"(write {"view": "weights"})");
          watch.views.push_back({view});
        }
      }
      client.watches[id] = std::move(watch);
    } else if (wish.contains("unwatch") && wish.at("unwatch").is_string()) {
      client.watches.erase(wish.at("unwatch").get<std::string>());
    } else {
      throw Error("a message with none of watch, unwatch, ack", "docs/protocol.md has the messages");
    }
  } catch (const Error& error) {
    refuse(error.what(), error.hint());
  } catch (const Json::exception& error) {
    refuse(error.what(), "docs/protocol.md has the messages");
  }
}

}  // namespace limn::lab
