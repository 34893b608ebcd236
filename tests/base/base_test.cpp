#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <numeric>

#include "base/hash.hpp"
#include "base/random.hpp"
#include "base/shape.hpp"
#include "base/thread_pool.hpp"

namespace limn {
namespace {

// Known answers of Random123 1.09 (kat_vectors, philox4x32 10 rounds).
TEST(Philox, GivesItsPublishedNumbers) {
  EXPECT_EQ(philox(0, {0, 0, 0, 0}), (Philox{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox(~0ull, {~0u, ~0u, ~0u, ~0u}), (Philox{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox(0x299f31d0a4093822, {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}),
            (Philox{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Random, HasTheMomentsOfItsDistributions) {
  Random random(1, "moments");
  double sum = 0, squares = 0, uniform = 0;
  constexpr int kN = 200000;
  for (int i = 0; i < kN; ++i) {
    const double x = random.normal();
    sum += x, squares += x * x, uniform += random.uniform();
  }
  EXPECT_NEAR(sum / kN, 0, 5 / std::sqrt(kN));
  EXPECT_NEAR(squares / kN, 1, 5 * std::sqrt(2.0 / kN));
  EXPECT_NEAR(uniform / kN, 0.5, 5 * std::sqrt(1.0 / 12 / kN));
}

TEST(Random, DrawsEveryNumberBelowEquallyOften) {
  Random random(2, "below");
  std::vector<int> count(7);
  for (int i = 0; i < 70000; ++i) ++count[random.below(7)];
  double chi = 0;
  for (int c : count) chi += (c - 10000.0) * (c - 10000.0) / 10000;
  EXPECT_LT(chi, 30);  // 6 degrees of freedom: exceeded once in 25,000 seeds
}

TEST(Hashes, GiveTheirPublishedValues) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Fingerprint().hex(), "2d06800538d394c2");  // XXH3 of nothing
  const std::vector<float> numbers{1, 2, 3};
  const std::span<const float> all(numbers);
  EXPECT_EQ(Fingerprint().add(all).hex(), Fingerprint().add(all.first(1)).add(all.subspan(1)).hex());
}

TEST(ThreadPool, RunsEveryChunkOnceAndStagesInOrder) {
  for (const int threads : {1, 2, 3, 8}) {
    ThreadPool pool(threads);
    struct Work {
      std::vector<std::atomic<int>> done = std::vector<std::atomic<int>>(40 * 16);
      std::atomic<bool> in_order{true};
    } work;
    struct At {
      Work* work;
      int stage;
    };
    std::vector<At> at;
    for (int s = 0; s < 40; ++s) at.push_back({&work, s});
    std::vector<Stage> stages;
    for (At& a : at)
      stages.push_back({1 + a.stage % 16,
                        [](void* context, int chunk) {
                          const At& here = *static_cast<At*>(context);
                          ++here.work->done[here.stage * 16 + chunk];
                          for (int before = 0; here.stage > 0 && before < 1 + (here.stage - 1) % 16; ++before)
                            if (here.work->done[(here.stage - 1) * 16 + before] % 1000 == 0)
                              here.work->in_order = false;
                        },
                        &a});
    for (int round = 1; round <= 200; ++round) {
      pool.run(stages);
      for (const At& a : at)
        for (int chunk = 0; chunk < 1 + a.stage % 16; ++chunk) ASSERT_EQ(work.done[a.stage * 16 + chunk], round);
    }
    EXPECT_TRUE(work.in_order);
  }
}

TEST(Shape, CountsItsElementsAndPrints) {
  EXPECT_EQ(Shape({2, 3, 4}).size(), 24);
  EXPECT_EQ(Shape().size(), 1);
  EXPECT_EQ(Shape({2, 3})[-1], 3);
  EXPECT_EQ(to_string(Shape{64, 784}), "[64, 784]");
  EXPECT_NE(Shape({1}), Shape({}));
}

}  // namespace
}  // namespace limn
