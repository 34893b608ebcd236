#include "data/drawn_digits.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>

#include "data/dataset.hpp"

namespace limn {
namespace {

constexpr std::size_t kPixels = 28 * 28;

TEST(DrawnDigits, are_the_same_everywhere_each_alone_and_all_together) {
  const auto d = prepare({"drawn-digits"});
  EXPECT_EQ(d.digest, "d5d87d7cf36b7c8750fc7756a22c5bedeecb84633daa6c9f87ab1ae7b07c8942");
  EXPECT_EQ(d.train.size() + d.valid.size(), 10000u);
  ASSERT_EQ(d.test.size(), 2000u);
  EXPECT_EQ(d.test.front(), 10000);
  std::array<std::uint8_t, kPixels> alone;
  for (const std::size_t i : {0u, 7u, 9999u, 11999u}) {
    draw_digit(static_cast<std::int64_t>(i), alone);
    EXPECT_TRUE(std::equal(alone.begin(), alone.end(), d.bytes.begin() + static_cast<std::ptrdiff_t>(i * kPixels)));
    EXPECT_EQ(d.labels[i], static_cast<int>(i % 10));
  }
}

TEST(DrawnDigits, show_ink_on_paper_and_are_all_different) {
  std::set<std::vector<std::uint8_t>> seen;
  std::vector<std::uint8_t> image(kPixels);
  for (int i = 0; i < 500; ++i) {
    draw_digit(i, image);
    const auto dark = std::count_if(image.begin(), image.end(), [](int v) { return v > 120; });
    EXPECT_GT(dark, 12) << i;
    EXPECT_LT(dark, 300) << i;
    EXPECT_TRUE(seen.insert(image).second) << i;
  }
}

// The mean picture of each class tells much, and not all: a set that is neither noise nor a toy.
TEST(DrawnDigits, are_told_apart_in_part_by_the_nearest_mean_picture) {
  std::array<std::array<double, kPixels>, 10> mean{};
  constexpr int kSeen = 2000, kAsked = 1000;
  std::array<std::uint8_t, kPixels> image;
  for (int i = 0; i < kSeen; ++i) {
    draw_digit(i, image);
    for (std::size_t p = 0; p < kPixels; ++p) mean[static_cast<std::size_t>(i % 10)][p] += image[p] * 10.0 / kSeen;
  }
  int right = 0;
  for (int i = kSeen; i < kSeen + kAsked; ++i) {
    draw_digit(i, image);
    std::array<double, 10> distance{};
    for (std::size_t c = 0; c < 10; ++c) {
      for (std::size_t p = 0; p < kPixels; ++p) distance[c] += (image[p] - mean[c][p]) * (image[p] - mean[c][p]);
    }
    right += std::min_element(distance.begin(), distance.end()) - distance.begin() == i % 10;
  }
  EXPECT_GT(right, 550);
  EXPECT_LT(right, 920);
}

}  // namespace
}  // namespace limn
