#include "data/split.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <set>

#include "data/scratch.hpp"

namespace limn {
namespace {

using testing::error_of;

TEST(Split, parts_are_disjoint_cover_all_rows_and_hold_each_class_in_its_share) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 50; ++round) {
    const std::int64_t size = 20 + random() % 2000;
    const auto classes = 1 + random() % 12;
    std::vector<std::int32_t> labels(static_cast<std::size_t>(size));
    for (auto& label : labels)
      label = static_cast<std::int32_t>(std::min<std::uint64_t>(random() % classes, random() % classes));
    const Fractions fractions = round % 2 ? kUsualFractions : Fractions{0.5, 0.2, 0.3};
    const auto parts = draw_splits(size, labels, fractions, seed + round);
    std::set<std::int32_t> seen;
    for (std::size_t s = 0; s < 3; ++s) {
      EXPECT_TRUE(std::is_sorted(parts[s].begin(), parts[s].end()));
      EXPECT_NEAR(static_cast<double>(parts[s].size()), fractions[s] * static_cast<double>(size), 1.0);
      seen.insert(parts[s].begin(), parts[s].end());
      for (std::int32_t c = 0; c < static_cast<std::int32_t>(classes); ++c) {
        const auto all = std::count(labels.begin(), labels.end(), c);
        const auto here = std::count_if(parts[s].begin(), parts[s].end(),
                                        [&](auto row) { return labels[static_cast<std::size_t>(row)] == c; });
        EXPECT_NEAR(static_cast<double>(here), fractions[s] * static_cast<double>(all),
                    1.0 + 0.5 * static_cast<double>(classes))
            << "class " << c;
      }
    }
    EXPECT_EQ(seen.size(), static_cast<std::size_t>(size));
    EXPECT_EQ(parts[0].size() + parts[1].size() + parts[2].size(), static_cast<std::size_t>(size));
  }
}

TEST(Split, the_seed_alone_decides) {
  const std::vector<std::int32_t> labels(300, 0);
  const auto draw = [&](std::uint64_t seed) { return draw_splits(300, labels, kUsualFractions, seed); };
  EXPECT_EQ(draw(7), draw(7));
  EXPECT_NE(draw(7), draw(8));
  EXPECT_EQ(draw(7), draw_splits(300, {}, kUsualFractions, 7)) << "one class is no class";
}

TEST(Split, official_sets_lose_a_twelfth_of_their_training_rows) {
  const auto parts = draw_splits(60000, {}, kOfficialFractions, 1);
  EXPECT_EQ(parts[0].size(), 55000u);
  EXPECT_EQ(parts[1].size(), 5000u);
  EXPECT_TRUE(parts[2].empty());
}

TEST(Split, every_row_is_equally_likely_to_be_tested) {
  std::vector<int> count(40);
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    const std::vector<std::int32_t> labels(40, 0);
    const auto parts = draw_splits(40, labels, kUsualFractions, seed);
    for (const auto row : parts[2]) ++count[static_cast<std::size_t>(row)];
  }
  for (const int n : count) EXPECT_NEAR(n, 300, 6 * std::sqrt(2000 * 0.15 * 0.85));
}

TEST(Split, fractions_are_checked) {
  EXPECT_EQ(parse_fractions("0.7/0.15/0.15"), kUsualFractions);
  EXPECT_EQ(parse_fractions("0.8/0.1/0.1")[0], 0.8);
  for (const auto* text : {"", "0.7", "0.7/0.3", "0.7/0.15/0.15/0", "0.7/0.2/0.2", "1/0/0", "0.7/0.3/0", "-0.1/0.6/0.5",
                           "nan/0.5/0.5", "a/b/c", "0.7,0.15,0.15", "0.7/0.15/0.15 ", "inf/0.1/0.1", "1.2/-0.1/-0.1"}) {
    EXPECT_NE(error_of([&] { parse_fractions(text); }).find("0.7/0.15/0.15"), std::string::npos) << text;
  }
}

TEST(Split, too_few_rows_are_refused) {
  for (const std::int64_t size : {0, 1, 2, 3}) {
    EXPECT_NE(error_of([&] { draw_splits(size, {}, kUsualFractions, 1); }).find("too few"), std::string::npos) << size;
  }
  EXPECT_NO_THROW(draw_splits(10, {}, kUsualFractions, 1));
}

}  // namespace
}  // namespace limn
