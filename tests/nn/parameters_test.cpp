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

struct Rule {
  const char* name;
  bool normal;
  double (*deviation)(double inputs, double outputs);
};
const Rule kRules[] = {
    {"he", true, [](double inputs, double) { return std::sqrt(2 / inputs); }},
    {"glorot", false, [](double inputs, double outputs) { return std::sqrt(2 / (inputs + outputs)); }},
    {"lecun", true, [](double inputs, double) { return std::sqrt(1 / inputs); }},
    {"uniform", false, [](double inputs, double) { return std::sqrt(1 / (3 * inputs)); }},
    {"normal", true, [](double, double) { return 0.01; }},
};

TEST(Initialisers, HaveTheMomentsOfTheirPapers) {
  const Parameters parameters = two_layers();
  for (const std::uint64_t seed : {1, 2, 3})
    for (const Rule& row : kRules) {
      const std::string_view rule = row.name;
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
        const double deviation = row.deviation(inputs, outputs);
        const Moments m = moments_of(values);
        EXPECT_LE(std::abs(m.mean), 4.5 * deviation / std::sqrt(n));
        EXPECT_NEAR(m.deviation / deviation, 1, 4.5 / std::sqrt(2 * n));
        EXPECT_NEAR(m.kurtosis, row.normal ? 3 : 1.8, row.normal ? 0.2 : 0.03) << "normal, or uniform";
        EXPECT_TRUE(row.normal || m.largest <= std::sqrt(3) * deviation * (1 + 1e-7)) << m.largest;
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

TEST(Initialisers, DrawOrthonormalColumnsOrRows) {
  for (const Shape& shape : {Shape{30, 7}, Shape{7, 30}, Shape{12, 12}, Shape{1, 1}, Shape{1, 9}}) {
    SCOPED_TRACE(to_string(shape));
    Parameters one;
    one.add("w", shape, true);
    const auto w = drawn("orthogonal", 3, one);
    EXPECT_EQ(w, drawn("orthogonal", 3, one));
    EXPECT_TRUE(shape.size() == 1 || w != drawn("orthogonal", 4, one));
    const std::int64_t rows = shape[0], columns = shape[1], count = std::min(rows, columns),
                       length = std::max(rows, columns);
    auto at = [&](std::int64_t vector, std::int64_t k) {
      return static_cast<double>(rows < columns ? w[vector * columns + k] : w[k * columns + vector]);
    };
    for (std::int64_t i = 0; i < count; ++i)
      for (std::int64_t j = 0; j <= i; ++j) {
        double product = 0;
        for (std::int64_t k = 0; k < length; ++k) product += at(i, k) * at(j, k);
        EXPECT_NEAR(product, i == j, 3e-7) << "vectors " << i << " and " << j;
      }
  }
}

// The trace of a random rotation has mean 0 and variance 1 (Diaconis and Shahshahani 1994).
TEST(Initialisers, DrawEveryRotationAlike) {
  Parameters one;
  one.add("w", {6, 6}, true);
  double sum = 0, squares = 0;
  constexpr int kDraws = 2000;
  for (int seed = 1; seed <= kDraws; ++seed) {
    const auto w = drawn("orthogonal", static_cast<std::uint64_t>(seed), one);
    double trace = 0;
    for (int i = 0; i < 6; ++i) trace += w[i * 6 + i];
    sum += trace, squares += trace * trace;
  }
  EXPECT_LE(std::abs(sum / kDraws), 4.5 / std::sqrt(kDraws));
  EXPECT_LE(std::abs(squares / kDraws - 1), 4.5 * std::sqrt(2.0 / kDraws));
}

TEST(Initialisers, OfZerosLeaveOnlyWhatOthersDeclare) {
  Parameters parameters;
  parameters.add("layer1.w", {2, 2}, true);
  parameters.add("layer2.gamma", {2}, false, 1);
  EXPECT_EQ(drawn("zeros", 1, parameters), (std::vector<float>{0, 0, 0, 0, 1, 1}));
}

TEST(Initialisers, RefuseAnUnknownRuleBeforeTheyWrite) {
  float untouched = 5;
  Parameters one;
  one.add("w", {1, 1}, true);
  try {
    initialise(one, "zeroes", 1, &untouched);
    ADD_FAILURE() << "accepted";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("zeroes"), std::string::npos);
    for (const std::string& name : initialiser_names())
      EXPECT_NE(error.hint().find(name), std::string::npos) << error.hint();
  }
  EXPECT_EQ(untouched, 5);
}

}  // namespace
}  // namespace limn
