#include "base/thread_pool.hpp"

#include <algorithm>
#include <chrono>

#include "base/error.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#define LIMN_PAUSE() _mm_pause()
#else
#define LIMN_PAUSE() ((void)0)
#endif

namespace limn {

ThreadPool::ThreadPool(int threads) : threads_(threads) {
  LIMN_CHECK(threads >= 1);
  // Sleeping costs about 11 microseconds a wake: spin long where every thread has a core, briefly where it has not.
  spins_ = threads <= static_cast<int>(std::thread::hardware_concurrency()) ? 6000 : 200;
  taken_ = std::make_unique<Taken[]>(2 * static_cast<std::size_t>(threads));
  for (int t = 1; t < threads; ++t)
    workers_.emplace_back([this, t] {
      for (std::uint32_t seen = 0;; ++seen) {
        wait_for_change(start_, seen);
        if (quit_) return;
        walk(t);
      }
    });
}

ThreadPool::~ThreadPool() {
  quit_ = true;
  start_.fetch_add(1, std::memory_order_release);
  start_.notify_all();
  for (auto& worker : workers_) worker.join();
}

void ThreadPool::wait_for_change(const std::atomic<std::uint32_t>& word, std::uint32_t old) const {
  for (int i = 0; i < spins_; ++i) {
    if (word.load(std::memory_order_acquire) != old) return;
    LIMN_PAUSE();
  }
  while (word.load(std::memory_order_acquire) == old) word.wait(old, std::memory_order_acquire);
}

void ThreadPool::barrier() {
  const auto generation = generation_.load(std::memory_order_relaxed);
  if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == static_cast<std::uint32_t>(threads_)) {
    arrived_.store(0, std::memory_order_relaxed);
    generation_.store(generation + 1, std::memory_order_release);
    generation_.notify_all();
  } else {
    wait_for_change(generation_, generation);
  }
}

// Thread t of n takes part t of n of a stage's chunks, the same ones every time, so that their memory stays in its
// cache. Who is done takes what is left of the others.
void ThreadPool::walk(int thread) {
  const auto stages = stages_;  // a copy: the caller may set the next list while we leave the last barrier
  for (std::size_t s = 0; s < stages.size(); ++s) {
    const Stage& stage = stages[s];
    auto* taken = taken_.get() + (s % 2) * static_cast<std::size_t>(threads_);
    // One's own count for the stage after this one is set back here, while nobody can use it: all are behind the
    // barrier that ended the stage before.
    auto& next = taken_[((s + 1) % 2) * static_cast<std::size_t>(threads_) + static_cast<std::size_t>(thread)];
    next.count.store(0, std::memory_order_relaxed);
    for (int i = 0; i < threads_; ++i) {
      const int owner = (thread + i) % threads_;
      const int end = stage.chunks * (owner + 1) / threads_, begin = stage.chunks * owner / threads_;
      for (;;) {
        const auto chunk = begin + static_cast<int>(taken[owner].count.fetch_add(1, std::memory_order_relaxed));
        if (chunk >= end) break;
        stage.run(stage.context, chunk);
      }
    }
    barrier();
  }
}

void ThreadPool::run(std::span<const Stage> stages) {
  if (threads_ == 1) {
    for (const Stage& stage : stages)
      for (int chunk = 0; chunk < stage.chunks; ++chunk) stage.run(stage.context, chunk);
    return;
  }
  if (stages.empty()) return;
  stages_ = stages;
  for (int t = 0; t < threads_; ++t) taken_[static_cast<std::size_t>(t)].count.store(0, std::memory_order_relaxed);
  start_.fetch_add(1, std::memory_order_release);
  start_.notify_all();
  walk(0);
}

double ThreadPool::barrier_nanoseconds() {
  constexpr int kStages = 64, kRounds = 50;
  const std::vector<Stage> empty(kStages, Stage{0, nullptr, nullptr});
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < kRounds; ++i) run(empty);
  const std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - begin;
  return spent.count() / (kRounds * kStages);
}

}  // namespace limn
