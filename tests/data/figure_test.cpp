// Photographed figures against what they were drawn from; what stays untouched is compared bit by bit.
#include "data/figure.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <numeric>
#include <random>

#include "data/drawn_digits.hpp"

namespace limn {
namespace {

constexpr PictureSize kDigit{28, 28};

std::vector<std::int32_t> first_rows(int n) {
  std::vector<std::int32_t> rows(static_cast<std::size_t>(n));
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

Picture grey_of_bytes(std::span<const std::uint8_t> bytes, PictureSize size) {
  Picture picture{size.height, size.width, {}};
  for (const auto v : bytes) picture.pixels.insert(picture.pixels.end(), 3, v);
  return picture;
}

// Dark ink on uneven, tinted, noisy paper, `times` as large and anywhere on it. Bilinear between the digit's pixels.
Picture photographed(std::span<const std::uint8_t> digit, double times, unsigned seed) {
  std::mt19937 random(seed);
  const auto noise = [&] { return static_cast<double>(random() % 15) - 7; };
  const auto uniform = [&](double low, double high) { return low + (high - low) * random() / 4294967295.0; };
  const auto inner = static_cast<std::int64_t>(28 * times);
  Picture out{inner + 60, inner + 90, {}};
  const double down = uniform(5, 55), right = uniform(5, 85), slope_y = uniform(-40, 40), slope_x = uniform(-40, 40);
  const auto pixel = [&](std::int64_t y, std::int64_t x) {
    return y < 0 || x < 0 || y > 27 || x > 27 ? 0.0 : digit[static_cast<std::size_t>(y * 28 + x)] / 255.0;
  };
  for (std::int64_t y = 0; y < out.height; ++y)
    for (std::int64_t x = 0; x < out.width; ++x) {
      const double v = (static_cast<double>(y) - down) / times, u = (static_cast<double>(x) - right) / times;
      const auto top = static_cast<std::int64_t>(std::floor(v)), left = static_cast<std::int64_t>(std::floor(u));
      const double b = v - static_cast<double>(top), a = u - static_cast<double>(left);
      const double ink = (1 - b) * ((1 - a) * pixel(top, left) + a * pixel(top, left + 1)) +
                         b * ((1 - a) * pixel(top + 1, left) + a * pixel(top + 1, left + 1));
      const double paper = 190 + slope_y * (static_cast<double>(y) / static_cast<double>(out.height) - 0.5) +
                           slope_x * (static_cast<double>(x) / static_cast<double>(out.width) - 0.5);
      for (const double tint : {1.05, 1.0, 0.85})
        out.pixels.push_back(
            static_cast<std::uint8_t>(std::clamp(paper * tint * (1 - ink) + 50 * ink + noise(), 0.0, 255.0)));
    }
  return out;
}

std::vector<std::uint8_t> drawn(std::int64_t n) {
  std::vector<std::uint8_t> all(static_cast<std::size_t>(n) * 784);
  for (std::int64_t i = 0; i < n; ++i) draw_digit(i, std::span(all).subspan(static_cast<std::size_t>(i) * 784, 784));
  return all;
}

std::span<const std::uint8_t> digit_of(const std::vector<std::uint8_t>& all, std::size_t i) {
  return std::span(all).subspan(i * 784, 784);
}

TEST(Figure, training_images_say_how_a_figure_stands) {
  std::vector<std::uint8_t> images(20 * 28 * 30, 0), inverse;
  for (std::size_t i = 0; i < 20; ++i)  // blocks of 12 rows and 8 columns from row 6 + i % 2 and column 10
    for (std::size_t y = 0; y < 12; ++y)
      for (std::size_t x = 0; x < 8; ++x) images[i * 840 + (6 + i % 2 + y) * 30 + 10 + x] = 200;
  for (const auto v : images) inverse.push_back(static_cast<std::uint8_t>(255 - v));
  for (const bool bright : {true, false}) {
    const auto figure = measure_figure(bright ? images : inverse, {28, 30}, 255, first_rows(20));
    EXPECT_EQ(figure.bright, bright);
    EXPECT_DOUBLE_EQ(figure.box, 12);
    EXPECT_NEAR(figure.down, 12, 1e-9);
    EXPECT_NEAR(figure.right, 13.5, 1e-9);
  }
  std::mt19937 random(3);
  for (auto& v : images) v = static_cast<std::uint8_t>(random());
  EXPECT_EQ(measure_figure(images, {28, 30}, 255, first_rows(20)).box, 0);
  EXPECT_EQ(measure_figure({}, {28, 30}, 255, {}).box, 0);
  EXPECT_EQ(measure_figure(std::vector<std::uint8_t>(28 * 30, 0), {28, 30}, 255, first_rows(1)).box, 0);
}

TEST(Figure, a_picture_like_the_training_images_stays_bit_by_bit) {
  const auto digits = drawn(2100);
  const auto figure = measure_figure(digits, kDigit, 255, first_rows(2000));
  for (std::size_t i = 0; i < 50; ++i) {
    const auto digit = grey_of_bytes(digit_of(digits, i), kDigit);
    const auto [picture, done] = fit_figure(digit, figure, kDigit);
    EXPECT_EQ(picture.pixels, digit.pixels);
    EXPECT_EQ(done, "");
  }
}

// The digits nearest in the training images name photographs about as well as the digits themselves.
TEST(Figure, a_photographed_digit_is_recognised_like_the_digit) {
  constexpr std::size_t kKnown = 2000, kAsked = 60;
  const auto digits = drawn(2100);
  auto figure = measure_figure(digits, kDigit, 255, first_rows(2000));
  const auto named = [&](const Picture& picture) {
    std::size_t nearest = 0;
    std::int64_t least = std::int64_t{1} << 60;
    for (std::size_t k = 0; k < kKnown; ++k) {
      std::int64_t sum = 0;
      for (std::size_t p = 0; p < 784; ++p) {
        const int ink = figure.bright ? picture.pixels[p * 3] : 255 - picture.pixels[p * 3];
        const int off = ink - digits[k * 784 + p];
        sum += off * off;
      }
      if (sum < least) least = sum, nearest = k;
    }
    return nearest % 10;
  };
  for (const bool bright : {true, false}) {
    int plain = 0, photographs = 0, untreated = 0;
    for (std::size_t i = 0; i < kAsked; ++i) {
      const auto digit = digit_of(digits, kKnown + i);
      const auto photograph = photographed(digit, 2.5 + 0.05 * static_cast<double>(i), static_cast<unsigned>(i));
      figure.bright = bright;
      const auto [picture, done] = fit_figure(photograph, figure, kDigit);
      EXPECT_EQ(done.starts_with("inverted, "), bright) << done;
      photographs += named(picture) == i % 10;
      untreated += named(resized(photograph, kDigit)) == i % 10;
      figure.bright = true;
      plain += named(grey_of_bytes(digit, kDigit)) == i % 10;
    }
    EXPECT_GE(plain, 50);
    EXPECT_GE(photographs, plain - 4);
    EXPECT_LT(untreated, plain - 20);
  }
}

TEST(Figure, the_box_and_the_centre_are_the_training_images_own) {
  const auto digits = drawn(2100);
  const auto figure = measure_figure(digits, kDigit, 255, first_rows(2000));
  for (std::size_t i = 0; i < 30; ++i) {
    const auto [picture, done] =
        fit_figure(photographed(digit_of(digits, i), 5, 100 + static_cast<unsigned>(i)), figure, kDigit);
    std::vector<std::uint8_t> grey;
    for (std::size_t k = 0; k < 784; ++k) grey.push_back(picture.pixels[k * 3]);
    const auto seen = measure_figure(grey, kDigit, 255, first_rows(1));
    EXPECT_NEAR(seen.box, figure.box, 2) << done;
    EXPECT_NEAR(seen.down, figure.down, 0.75) << done;
    EXPECT_NEAR(seen.right, figure.right, 0.75) << done;
  }
}

TEST(Figure, where_nothing_stands_out_a_picture_is_only_resized) {
  const Figure figure{.box = 20, .down = 13.5, .right = 13.5};
  std::mt19937 random(1);
  std::normal_distribution<double> noise(0, 5);
  for (const auto& [h, w] : {std::pair{1, 1}, {1, 300}, {300, 1}, {2, 2}, {3, 3}, {60, 80}, {28, 28}, {700, 500}}) {
    Picture picture{h, w, {}};
    for (int i = 0; i < h * w; ++i)
      picture.pixels.insert(picture.pixels.end(), 3,
                            static_cast<std::uint8_t>(180 + noise(random) / (h * w < 100 ? 5 : 1)));
    const auto [fitted, done] = fit_figure(picture, figure, kDigit);
    EXPECT_EQ(done, "resized: no figure stands out") << h << "x" << w;
    EXPECT_EQ(fitted.pixels, resized(picture, kDigit).pixels);
  }
}

TEST(Figure, specks_and_what_reaches_in_over_the_border_are_left_out) {
  const Figure figure{.box = 20, .down = 13.5, .right = 13.5};
  Picture picture{100, 120, std::vector<std::uint8_t>(100 * 120 * 3, 220)};
  const auto block = [&](int top, int left, int height, int width) {
    for (int y = top; y < top + height; ++y)
      for (int x = left; x < left + width; ++x)
        std::fill_n(picture.pixels.begin() + (y * 120 + x) * 3, 3, std::uint8_t{30});
  };
  block(40, 50, 40, 10);
  const auto alone = fit_figure(picture, figure, kDigit);
  block(10, 10, 2, 2);
  block(0, 100, 9, 20);
  const auto beside = fit_figure(picture, figure, kDigit);
  EXPECT_EQ(alone.done, "inverted, ground removed, figure of 10x40 pixels fitted to 5x20 and centred by its mass");
  EXPECT_EQ(beside.done, alone.done);
}

}  // namespace
}  // namespace limn
