// The estimate of a target's noise against data whose noise is known.
#include "data/noise.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <random>

namespace limn {
namespace {

struct Made {
  std::vector<float> values;
  Dataset data;
};

// targets: a smooth function of two features, and noise of `share` of the whole variance 1.
Made made(std::int32_t rows, double share, unsigned seed) {
  Made m;
  std::mt19937 bits(seed);
  std::normal_distribution<double> normal;
  for (std::int32_t i = 0; i < rows; ++i) {
    const double a = normal(bits), b = normal(bits);
    m.values.insert(m.values.end(), {static_cast<float>(a), static_cast<float>(b)});
    m.data.targets.push_back(
        static_cast<float>(std::sqrt((1 - share) / 2) * (a + b) + std::sqrt(share) * normal(bits)));
  }
  m.data.task = Task::kRegress, m.data.sample = Shape{2}, m.data.size = rows;
  m.data.train.resize(static_cast<std::size_t>(rows));
  std::iota(m.data.train.begin(), m.data.train.end(), 0);
  m.data.values = m.values;
  return m;
}

TEST(Noise, IsFoundInDataThatHaveIt) {
  // The mean of n pairs' half squares of N(0, 2 s) has a deviation of about s sqrt(3 / n): 0.05 at 1000 rows.
  for (const unsigned seed : {1U, 2U, 3U}) {
    EXPECT_NEAR(noise_share(made(1000, 0.6, seed).data), 0.6, 0.2) << seed;
    EXPECT_NEAR(noise_share(made(5000, 0.2, seed).data), 0.2, 0.07) << seed;
    EXPECT_LT(noise_share(made(1000, 0, seed).data), 0.02) << seed;
  }
}

TEST(Noise, OfPairsIsHalfTheirSquaredDifference) {
  Made m;
  m.values = {0, 0, 0, 0.1F, 5, 5, 5, 5.1F};
  m.data.targets = {0, 1, 3, 3.5F};
  m.data.sample = Shape{2}, m.data.values = m.values, m.data.train = {0, 1, 2, 3};
  EXPECT_DOUBLE_EQ(noise_share(m.data), (2 * 1 + 2 * 0.25) / (2 * 4));
  m.data.train = {0};
  EXPECT_EQ(noise_share(m.data), 1);
}

}  // namespace
}  // namespace limn
