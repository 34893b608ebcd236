// Initial weights: their moments, their range, and that each weight is drawn by seed and name alone.
#include "nn/parameters.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace limn {
namespace {

Parameters two_layers() {
  Parameters parameters;
  parameters.add("layer1.w", {300, 100}, true);
  parameters.add("layer1.b", {100}, false);
  parameters.add("layer2.w", {100, 200}, true);
  parameters.add("layer2.b", {200}, false);
  return parameters;
}

std::vector<float> drawn(std::string_view rule, std::uint64_t seed, const Parameters& parameters = two_layers()) {
  std::vector<float> flat(static_cast<std::size_t>(parameters.size), NAN);
  initialise(parameters, rule, seed, flat.data());
  return flat;
}

struct Moments {
  double mean = 0, deviation = 0, kurtosis = 0, largest = 0;
};
Moments moments_of(std::span<const float> numbers) {
  Moments m;
  const auto n = static_cast<double>(numbers.size());
  for (const double x : numbers) m.mean += x / n, m.largest = std::max(m.largest, std::abs(x));
  double square = 0, fourth = 0;
  for (const double x : numbers) square += (x - m.mean) * (x - m.mean) / n, fourth += std::pow(x - m.mean, 4) / n;
  m.deviation = std::sqrt(square);
  m.kurtosis = fourth / (square * square);
  return m;
}

TEST(Initialisers, HaveTheMomentsOfTheirPapers) {
  const Parameters parameters = two_layers();
  for (const std::uint64_t seed : {1, 2, 3})
    for (const std::string_view rule : {"he", "glorot"}) {
      const auto flat = drawn(rule, seed);
      for (const Parameter& p : parameters.list) {
        SCOPED_TRACE(fmt::format("{} of {}, seed {}", rule, p.name, seed));
        const std::span<const float> values(flat.data() + p.offset, static_cast<std::size_t>(p.shape.size()));
        if (!p.is_weight) {
          EXPECT_EQ(std::ranges::count(values, 0.0f), p.shape.size());
          continue;
        }
        const auto inputs = static_cast<double>(p.shape[0]), outputs = static_cast<double>(p.shape[1]),
                   n = inputs * outputs;
        const bool he = rule == "he";
        const double deviation = he ? std::sqrt(2 / inputs) : std::sqrt(2 / (inputs + outputs));
        const Moments m = moments_of(values);
        EXPECT_LE(std::abs(m.mean), 4.5 * deviation / std::sqrt(n));
        EXPECT_NEAR(m.deviation / deviation, 1, 4.5 / std::sqrt(2 * n));
        EXPECT_NEAR(m.kurtosis, he ? 3 : 1.8, he ? 0.2 : 0.03) << "normal, or uniform";
        EXPECT_TRUE(he || m.largest <= std::sqrt(6 / (inputs + outputs)) * (1 + 1e-7)) << m.largest;
      }
    }
}

TEST(Initialisers, DrawEachWeightBySeedAndNameAlone) {
  EXPECT_EQ(drawn("he", 7), drawn("he", 7));
  EXPECT_NE(drawn("he", 7), drawn("he", 8));
  Parameters other;
  other.add("layer0.w", {3, 3}, true);
  other.add("layer2.w", {100, 200}, true);
  const Parameters both = two_layers();
  const auto flat = drawn("he", 7), alone = drawn("he", 7, other);
  const auto *here = flat.data() + both.list[2].offset, *there = alone.data() + other.list[1].offset;
  EXPECT_TRUE(std::equal(here, here + 100 * 200, there));
  Parameters twins;
  twins.add("layer1.w", {5, 5}, true);
  twins.add("layer2.w", {5, 5}, true);
  const auto pair = drawn("he", 7, twins);
  EXPECT_FALSE(std::equal(pair.begin(), pair.begin() + 25, pair.begin() + 25))
      << "two weights of one network are drawn apart";
}

TEST(Initialisers, RefuseAnUnknownRuleBeforeTheyWrite) {
  float untouched = 5;
  Parameters one;
  one.add("w", {1, 1}, true);
  try {
    initialise(one, "zeros", 1, &untouched);
    ADD_FAILURE() << "accepted";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("zeros"), std::string::npos);
    EXPECT_NE(error.hint().find("glorot"), std::string::npos);
  }
  EXPECT_EQ(untouched, 5);
}

}  // namespace
}  // namespace limn
