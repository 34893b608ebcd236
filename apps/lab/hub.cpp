#include "lab/hub.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>

namespace limn::lab {
namespace {

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
  bool busy = false;
  auto next = Clock::time_point::max();  // when there may be something to do
  for (;;) {
    std::deque<std::function<void()>> jobs;
    {
      std::unique_lock lock(mutex_);
      const auto ready = [&] { return stopping_ || !jobs_.empty(); };
      if (!busy && next != Clock::time_point::max())
        wake_.wait_until(lock, next, ready);
      else if (!busy)
        wake_.wait(lock, ready);
      if (stopping_) break;
      jobs.swap(jobs_);
    }
    for (const auto& job : jobs) job();
    next = Clock::time_point::max();
    busy = take_turn(next);
    next = std::min(next, stream());
  }
  for (const auto& [id, run] : open_) {
    halt(*run);
    try {
      run->live.save();
    } catch (const Error&) {  // the disk is full: the last snapshot stands
    }
  }
  for (const Waiting& waiting : waiting_)
    waiting.reply({503, error_json("the lab is stopping", "start it again").dump()});
}

void Hub::answer_waiting(Open& run) {
  const std::string& id = run.live.run().info.id;
  for (const Waiting& waiting : waiting_)
    if (waiting.run == id) waiting.reply({200, run.told.whole(run)});
  std::erase_if(waiting_, [&](const Waiting& waiting) { return waiting.run == id; });
}

}  // namespace limn::lab
