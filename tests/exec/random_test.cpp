// Normal random numbers: their distribution against the closed form, and that streams, steps and seeds are apart.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "planned.hpp"

namespace limn {
namespace {

using Numbers = std::vector<double>;
constexpr std::int64_t kDraws = 40000;

Fn drawing(std::string_view stream) {
  return trace([&](Fn& f) { f.output("x", normal(f.graph, {kDraws}, stream)); });
}
Numbers drawn(std::string_view stream, RunPoint point) { return interpret(drawing(stream), {}, point)[0]; }

TEST(NormalNumbers, HaveTheNormalDistribution) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Numbers x = drawn("noise", {seed, 5});
    double mean = 0, square = 0, fourth = 0, distance = 0;
    for (const double v : x) mean += v, square += v * v, fourth += v * v * v * v;
    const auto n = static_cast<double>(kDraws);
    EXPECT_LE(std::abs(mean / n), 4.5 / std::sqrt(n));
    EXPECT_LE(std::abs(square / n - 1), 4.5 * std::sqrt(2 / n));
    EXPECT_LE(std::abs(fourth / n - 3), 4.5 * std::sqrt(96 / n));
    std::ranges::sort(x);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double phi = 0.5 * std::erfc(-x[i] / std::sqrt(2));
      distance = std::max({distance, phi - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - phi});
    }
    EXPECT_LE(distance * std::sqrt(n), 1.95) << "Kolmogorov and Smirnov, one in a thousand";
    EXPECT_LE(std::max(x.back(), -x.front()), 5.8);
    EXPECT_GE(std::min(x.back(), -x.front()), 3.3);
  }
}

TEST(NormalNumbers, AreOtherOnesForAnotherSeedStepOrStream) {
  const Numbers x = drawn("noise", {1, 5});
  EXPECT_EQ(x, drawn("noise", {1, 5}));
  for (const Numbers& y : {drawn("noise", {2, 5}), drawn("noise", {1, 6}), drawn("other", {1, 5})}) {
    double product = 0;
    for (std::size_t i = 0; i < x.size(); ++i) product += x[i] * y[i];
    EXPECT_LE(std::abs(product / kDraws), 4.5 / std::sqrt(kDraws));
  }
}

TEST(NormalNumbers, AreTheInterpretersInAPlan) {
  const auto planned = testing::run_planned(drawing("noise"), {}, {1, 5}).outputs[0];
  const Numbers exact = drawn("noise", {1, 5});
  for (std::size_t i = 0; i < exact.size(); ++i) ASSERT_NEAR(planned[i], exact[i], 3e-6) << i;
}

TEST(NormalNumbers, AreFiniteAtBothEndsOfTheUniformOnes) {
  const Fn fn = trace([](Fn& f) {
    const Value u = input(f.graph, "u", {3});
    f.output("radius", sqrt(-2.0 * log(1.0 - u)));
  });
  const auto y = testing::run_planned(fn, {{0, 0x1p-24, 1 - 0x1p-24}}).outputs[0];
  EXPECT_EQ(y[0], 0);
  EXPECT_NEAR(y[1], std::sqrt(0x1p-23), 1e-9);
  EXPECT_NEAR(y[2], std::sqrt(48 * std::log(2)), 1e-6);
}

}  // namespace
}  // namespace limn
