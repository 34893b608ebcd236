#include "kernel/limit.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

#include "kernel/kernels.hpp"

namespace limn {
namespace {

struct Work {
  std::vector<float> memory;
  std::size_t part;  // floats a chunk reads
  std::size_t rounds;
  std::vector<float> sums;
};

// Best of several windows: a limit is what the machine can do, not what it does on average.
template <class Run>
double best_seconds(Run run) {
  double best = 1e9;
  for (int window = 0; window < 9; ++window) {
    const auto begin = std::chrono::steady_clock::now();
    run();
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  return best;
}

}  // namespace

double measure_flops(ThreadPool& pool) {
  constexpr std::size_t kRounds = 1'000'000;
  Work work{{}, 0, kRounds, std::vector<float>(static_cast<std::size_t>(pool.threads()) * 16)};
  const Stage stage{pool.threads(),
                    [](void* context, int chunk) {
                      auto& w = *static_cast<Work*>(context);
                      w.sums[static_cast<std::size_t>(chunk) * 16] = kernels().multiply_add_chains(w.rounds);
                    },
                    &work};
  const double seconds = best_seconds([&] { pool.run({&stage, 1}); });
  return 2.0 * static_cast<double>(kRounds) * static_cast<double>(kernels().floats_per_round) * pool.threads() /
         seconds;
}

double measure_bandwidth(ThreadPool& pool, std::size_t bytes) {
  const auto threads = static_cast<std::size_t>(pool.threads());
  const std::size_t part = std::max<std::size_t>(bytes / sizeof(float) / threads, 4096);
  Work work{std::vector<float>(part * threads, 1.0f), part, std::max<std::size_t>(1, 4'000'000 / part),
            std::vector<float>(threads * 16)};
  const Stage stage{pool.threads(),
                    [](void* context, int chunk) {
                      auto& w = *static_cast<Work*>(context);
                      const auto i = static_cast<std::size_t>(chunk);
                      for (std::size_t round = 0; round < w.rounds; ++round)
                        kernels().sum_rows(w.memory.data() + i * w.part, 1, w.part, w.part, &w.sums[i * 16]);
                    },
                    &work};
  const double seconds = best_seconds([&] { pool.run({&stage, 1}); });
  return static_cast<double>(part * threads * work.rounds * sizeof(float)) / seconds;
}

}  // namespace limn
