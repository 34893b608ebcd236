// The pool that walks stage lists. A stage has a fixed number of chunks; every chunk runs whole on one thread, and a
// barrier stands between stages, so results depend on the chunks alone and never on the number of threads.
// It must not know what a chunk computes.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <thread>
#include <vector>

namespace limn {

struct Stage {
  int chunks = 1;
  void (*run)(void* context, int chunk) = nullptr;
  void* context = nullptr;
};

class ThreadPool {
 public:
  explicit ThreadPool(int threads);  // at least 1: the caller counts as one
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const { return threads_; }
  // Runs the stages in order; returns when all are done. Chunks must not throw. Not reentrant; one caller at a time.
  void run(std::span<const Stage> stages);
  // Nanoseconds of an empty barrier now (the mode of the machine's two cores shows in it).
  double barrier_nanoseconds();

 private:
  void walk(int thread);
  void barrier();
  void wait_for_change(const std::atomic<std::uint32_t>& word, std::uint32_t old) const;

  struct alignas(64) Taken {  // how many of its chunks of a stage a thread, or who helps it, has begun
    std::atomic<std::uint32_t> count{0};
  };

  int threads_;
  int spins_;
  std::vector<std::thread> workers_;
  std::unique_ptr<Taken[]> taken_;  // [stage % 2][thread]
  std::span<const Stage> stages_;
  bool quit_ = false;
  alignas(64) std::atomic<std::uint32_t> start_{0};
  alignas(64) std::atomic<std::uint32_t> arrived_{0};
  alignas(64) std::atomic<std::uint32_t> generation_{0};
};

}  // namespace limn
