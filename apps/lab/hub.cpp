#include "lab/hub.hpp"

#include <algorithm>
#include <chrono>
#include <new>

namespace limn::lab {
Hub::Hub(std::filesystem::path root, std::uint64_t allowed, const Program& program, ThreadPool& pool)
    : root_(std::move(root)),
      uploads_(root_ / "uploads"),
      quota_(root_, allowed),
      notebook_(root_ / "notebook.jsonl"),
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
  const Error because("the lab is stopping", "start it again", Fault::kFailure);
  for (const auto& [id, run] : open_) run->reader.give_up(because);
  for (const auto& [key, load] : loads_)
    for (const Load::Asking& asking : load.asking) asking.failed(because);
  for (const Waiting& waiting : waiting_) waiting.reply(refusal(because));
}

void Hub::load(const DataRequest& wanted, Load::Asking asking) {
  Load& load = loads_[to_text(wanted)];
  load.asking.push_back(std::move(asking));
  if (load.thread.joinable()) return;
  load.thread = std::jthread([this, wanted] {
    std::shared_ptr<const Dataset> data;
    Error error("there is not enough memory for the data", "choose a smaller set", Fault::kFailure);
    try {
      data = std::make_shared<const Dataset>(prepare(wanted));
    } catch (const Error& why) {
      error = why;
    } catch (const std::bad_alloc&) {  // said already
    }
    const std::lock_guard lock(mutex_);
    jobs_.emplace_back([this, wanted, data, error] { loaded(wanted, data, error); });
    wake_.notify_one();
  });
}

void Hub::loaded(const DataRequest& wanted, const std::shared_ptr<const Dataset>& data, const Error& error) {
  const auto load = loads_.extract(to_text(wanted));
  if (data) data_.put(wanted, data);
  data_.arrived(data);
  for (const Load::Asking& asking : load.mapped().asking) data ? asking.again() : asking.failed(error);
  data_.arrived(nullptr);
}

void Hub::answer_waiting(Open& run) {
  const std::string& id = run.live.run().info.id;
  for (const Waiting& waiting : waiting_)
    if (waiting.run == id) waiting.reply({200, run.told.whole(run)});
  std::erase_if(waiting_, [&](const Waiting& waiting) { return waiting.run == id; });
}

}  // namespace limn::lab
