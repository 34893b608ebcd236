#include "lab/hub.hpp"

#include <algorithm>
#include <chrono>
#include <new>

namespace limn::lab {
Hub::Hub(const std::filesystem::path& root, std::uint64_t allowed, std::uint64_t for_each, Keys& keys,
         const Program& program, ThreadPool& pool)
    : keys_(keys), program_(program), pool_(pool), started_(utc_now()) {
  const auto& students = keys.students();
  const std::filesystem::path folder = root / "students";
  spaces_.try_emplace("", "", "", root, allowed, Limits{}, students.empty() ? "" : folder);
  for (const Student& student : students)
    spaces_.try_emplace(student.slug, student.slug, student.name, folder / student.slug, for_each, kStudentLimits);
  thread_ = std::thread([this] { work(); });
}

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

void Hub::connect(ClientId client, const Grant& by, Send send) {
  const std::lock_guard lock(mutex_);
  jobs_.emplace_back([this, client, by, send = std::move(send)] {
    clients_.emplace(client, Client{&spaces_.at(by.space), by.writes, send, {}});
  });
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
  const Error because("the lab is stopping", "start it again", Fault::kFailure);
  for (const auto& [slug, space] : spaces_) {
    for (const auto& [id, run] : space.open) {
      halt(*run);
      try {
        run->live.save();
      } catch (const Error&) {  // the disk is full: the last snapshot stands
      }
      run->reader.give_up(because);
    }
    for (const Space::Waiting& waiting : space.waiting) waiting.reply(refusal(because));
  }
  for (const auto& [key, load] : loads_)
    for (const Load::Asking& asking : load.asking) asking.failed(because);
  for (const auto& [number, aside] : asides_) aside.reply(refusal(because));
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
  auto& all = run.space.waiting;
  if (std::ranges::none_of(all, [&](const Space::Waiting& waiting) { return waiting.run == id; })) return;
  run.live.flush();  // so that a crash loses no step that was answered
  for (const Space::Waiting& waiting : all)
    if (waiting.run == id) waiting.reply({200, run.told.whole(run)});
  std::erase_if(all, [&](const Space::Waiting& waiting) { return waiting.run == id; });
}

}  // namespace limn::lab
