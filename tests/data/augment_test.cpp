#include "data/augment.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <tuple>
#include <vector>

#include "base/random.hpp"
#include "data/scratch.hpp"

namespace limn {
namespace {

using testing::error_of;

std::vector<float> ramp(std::int64_t n) {
  std::vector<float> v(static_cast<std::size_t>(n));
  std::iota(v.begin(), v.end(), 1.0f);
  return v;
}

std::vector<float> moved(const std::vector<float>& image, const Shape& shape, const Motion& motion) {
  std::vector<float> out(image.size(), -1), room;
  move_image(image, shape, motion, {}, out, room);
  return out;
}

// out[c, y, x] = image[c, f(y, x)], or 0 where that is outside.
template <class F>
std::vector<float> picked(const std::vector<float>& image, std::int64_t channels, std::int64_t height,
                          std::int64_t width, F f) {
  std::vector<float> out;
  for (std::int64_t c = 0; c < channels; ++c)
    for (std::int64_t y = 0; y < height; ++y)
      for (std::int64_t x = 0; x < width; ++x) {
        const auto [v, u] = f(y, x);
        const bool outside = v < 0 || v >= height || u < 0 || u >= width;
        out.push_back(outside ? 0 : image[static_cast<std::size_t>((c * height + v) * width + u)]);
      }
  return out;
}
using At = std::pair<std::int64_t, std::int64_t>;

TEST(Augment, without_strength_an_image_stays_as_it_is) {
  const auto image = ramp(2 * 5 * 6);
  EXPECT_EQ(moved(image, Shape{2, 5, 6}, {}), image);
  auto sample = image;
  AugmentRoom room;
  augment(parse_augmentation("shift 0 rotate 0 scale 0 noise 0", true), Shape{2, 5, 6}, 7, 3, 11, sample, room);
  EXPECT_EQ(sample, image);
}

TEST(Augment, whole_pixels_and_flips_move_pixels_and_mix_none) {
  const auto image = ramp(3 * 5 * 6);
  for (const std::int64_t right : {-7, -2, 0, 1, 5}) {
    for (const std::int64_t down : {-4, 0, 3}) {
      const auto expected = picked(image, 3, 5, 6, [&](auto y, auto x) { return At(y - down, x - right); });
      EXPECT_EQ(moved(image, Shape{3, 5, 6}, {.right = right, .down = down}), expected) << right << " " << down;
    }
  }
  const auto mirrored = picked(image, 3, 5, 6, [](auto y, auto x) { return At(y, 5 - x); });
  EXPECT_EQ(moved(image, Shape{3, 5, 6}, {.flip = true}), mirrored);
}

TEST(Augment, quarter_turns_are_transposed_images) {
  constexpr std::int64_t n = 7;
  const auto image = ramp(n * n);
  const std::map<double, std::vector<float>> expected{
      {90, picked(image, 1, n, n, [](auto y, auto x) { return At(n - 1 - x, y); })},  // the left column becomes the top
      {-90, picked(image, 1, n, n, [](auto y, auto x) { return At(x, n - 1 - y); })},
      {180, picked(image, 1, n, n, [](auto y, auto x) { return At(n - 1 - y, n - 1 - x); })},
      {-180, picked(image, 1, n, n, [](auto y, auto x) { return At(n - 1 - y, n - 1 - x); })}};
  for (const auto& [degrees, turned] : expected)
    EXPECT_EQ(moved(image, Shape{n, n}, {.degrees = degrees}), turned) << degrees;
}

// A smooth picture that is known between its pixels: any movement of it can be computed in float64 by the C library.
TEST(Augment, turning_and_scaling_follow_the_picture_between_its_pixels) {
  constexpr int n = 41;
  const auto picture = [](double y, double x) { return std::exp(-((x - 4) * (x - 4) / 60 + (y + 2) * (y + 2) / 90)); };
  std::vector<float> image;
  for (int y = 0; y < n; ++y)
    for (int x = 0; x < n; ++x) image.push_back(static_cast<float>(picture(y - 20, x - 20)));
  for (const double degrees : {-33.0, 0.0, 10.0, 45.0, 123.0}) {
    for (const double scale : {0.8, 1.0, 1.2}) {
      const auto out = moved(image, Shape{n, n}, {.scale = scale, .degrees = degrees, .right = 2, .down = -1});
      const double angle = degrees * std::acos(-1.0) / 180;
      double worst = 0;
      for (int y = 8; y < 33; ++y)
        for (int x = 8; x < 33; ++x) {
          const double dy = y - 20 + 1, dx = x - 20 - 2;
          const double from_x = (std::cos(angle) * dx + std::sin(angle) * dy) / scale;
          const double from_y = (-std::sin(angle) * dx + std::cos(angle) * dy) / scale;
          worst = std::max(worst, std::abs(out[static_cast<std::size_t>(y * n + x)] - picture(from_y, from_x)));
        }
      EXPECT_LT(worst, (1.0 / 30 + 1.0 / 45) / 8) << degrees << " " << scale;  // the second derivatives, over 8
    }
  }
}

TEST(Augment, the_seed_the_epoch_and_the_row_decide_and_nothing_else) {
  const auto a = parse_augmentation("shift 2 rotate 10 scale 0.1 noise 0.1 flip", true);
  const auto key = stream_key(1, "augment");
  const auto at = [&](std::uint64_t k, std::int64_t epoch, std::int64_t row) {
    auto sample = ramp(8 * 8);
    AugmentRoom room;
    augment(a, Shape{8, 8}, k, epoch, row, sample, room);
    return sample;
  };
  const auto once = at(key, 3, 40);
  at(key, 9, 9);
  EXPECT_EQ(at(key, 3, 40), once);
  EXPECT_NE(at(key, 4, 40), once);
  EXPECT_NE(at(key, 3, 41), once);
  EXPECT_NE(at(stream_key(2, "augment"), 3, 40), once);
  // Pinned: the same bits on every machine.
  EXPECT_EQ(once[9], 0x1.4fdd64p+4f) << fmt::format("{:a}", once[9]);
  EXPECT_EQ(once[36], 0x1.7a1e9ap+5f) << fmt::format("{:a}", once[36]);
}

TEST(Augment, movements_fill_their_ranges_evenly) {
  const auto a = parse_augmentation("shift 2 rotate 10 scale 0.1 flip", true);
  std::map<std::int64_t, int> right, down;
  double flips = 0, degrees = 0, most = 0, scale = 0;
  constexpr int n = 10000;
  for (int row = 0; row < n; ++row) {
    const auto m = draw_motion(a, stream_key(5, "augment"), 0, row);
    ++right[m.right], ++down[m.down];
    flips += m.flip, degrees += m.degrees, scale += m.scale;
    most = std::max(most, std::abs(m.degrees));
    EXPECT_LE(std::abs(m.scale - 1), 0.1);
  }
  for (const auto& count : {right, down}) {
    ASSERT_EQ(count.size(), 5u);
    for (const auto& [pixels, times] : count) EXPECT_NEAR(times, n / 5, 200) << pixels;  // five deviations
  }
  EXPECT_NEAR(flips / n, 0.5, 0.025);
  EXPECT_NEAR(degrees / n, 0, 0.3);
  EXPECT_NEAR(scale / n, 1, 0.003);
  EXPECT_GT(most, 9.9);
  EXPECT_LE(most, 10);
}

// Written out in float64 from the paper and the counters' documented use: fields of uniform numbers, a sum over the
// whole plane with the C library's exp, and the four nearest pixels.
TEST(Augment, an_elastic_field_is_uniform_noise_smoothed_and_scaled) {
  constexpr int h = 19, w = 23, row = 5, epoch = 2;
  constexpr double alpha = 30, sigma = 3;
  const auto key = stream_key(9, "augment");
  std::vector<double> noise_down, noise_right;
  for (std::uint32_t i = 0; i < h * w; ++i) {
    const auto word = philox(key, {row, epoch, i / 4, 2})[i % 4];
    noise_down.push_back((static_cast<double>(word & 0xffff) - 32767.5) / 32768);
    noise_right.push_back((static_cast<double>(word >> 16) - 32767.5) / 32768);
  }
  double total = 0;
  for (int k = -9; k <= 9; ++k) total += std::exp(-k * k / (2 * sigma * sigma));
  const auto moved_by = [&](const std::vector<double>& noise, int y, int x) {
    double sum = 0;
    for (int j = std::max(0, y - 9); j <= std::min(h - 1, y + 9); ++j)
      for (int i = std::max(0, x - 9); i <= std::min(w - 1, x + 9); ++i)
        sum += std::exp(-((j - y) * (j - y) + (i - x) * (i - x)) / (2 * sigma * sigma)) *
               noise[static_cast<std::size_t>(j * w + i)];
    return alpha * sum / (total * total);
  };
  std::vector<float> image;
  for (int i = 0; i < 2 * h * w; ++i) image.push_back(static_cast<float>((i * 37) % 101) / 101);
  auto sample = image;
  AugmentRoom room;
  augment(parse_augmentation("elastic 30 3", true), Shape{2, h, w}, key, epoch, row, sample, room);
  const auto pixel = [&](int c, int y, int x) {
    return y < 0 || y >= h || x < 0 || x >= w
               ? 0.0
               : static_cast<double>(image[static_cast<std::size_t>((c * h + y) * w + x)]);
  };
  double furthest = 0;
  for (int y = 0; y < h; ++y)
    for (int x = 0; x < w; ++x) {
      const double at_y = y + moved_by(noise_down, y, x), at_x = x + moved_by(noise_right, y, x);
      furthest = std::max({furthest, std::abs(at_y - y), std::abs(at_x - x)});
      const int top = static_cast<int>(std::floor(at_y)), left = static_cast<int>(std::floor(at_x));
      const double v = at_y - top, u = at_x - left;
      for (int c = 0; c < 2; ++c)
        EXPECT_NEAR(sample[static_cast<std::size_t>((c * h + y) * w + x)],
                    (1 - v) * ((1 - u) * pixel(c, top, left) + u * pixel(c, top, left + 1)) +
                        v * ((1 - u) * pixel(c, top + 1, left) + u * pixel(c, top + 1, left + 1)),
                    1e-5)
            << y << " " << x;
    }
  EXPECT_GT(furthest, 1);
  // Pinned: the same bits on every machine.
  EXPECT_EQ(sample[200], 0x1.4ed57ap-1f) << fmt::format("{:a}", sample[200]);
  EXPECT_EQ(sample[700], 0x1.81f9bp-3f) << fmt::format("{:a}", sample[700]);
}

TEST(Augment, a_field_is_smoothed_by_a_gaussian_that_ends_at_three_sigma) {
  std::vector<float> room;
  for (const auto& [h, w, sigma] : {std::tuple{1, 1, 0.5}, {5, 40, 0.7}, {28, 28, 4.0}, {3, 70, 16.0}, {33, 2, 2.5}}) {
    std::vector<float> field;
    for (int i = 0; i < h * w; ++i) field.push_back(static_cast<float>((i * 29) % 17) / 8 - 1);
    auto smooth = field;
    smooth_field(smooth, PlaneSize(Shape{h, w}), sigma, room);
    const int r = static_cast<int>(std::ceil(3 * sigma));
    const auto weight = [s = sigma](int k) { return std::exp(-k * k / (2 * s * s)); };
    double total = 0;
    for (int k = -r; k <= r; ++k) total += weight(k);
    for (int y = 0; y < h; ++y)
      for (int x = 0; x < w; ++x) {
        double sum = 0;
        for (int j = std::max(0, y - r); j <= std::min(h - 1, y + r); ++j)
          for (int i = std::max(0, x - r); i <= std::min(w - 1, x + r); ++i)
            sum += weight(j - y) * weight(i - x) * field[static_cast<std::size_t>(j * w + i)];
        EXPECT_NEAR(smooth[static_cast<std::size_t>(y * w + x)], sum / (total * total), 2e-6)
            << h << " " << w << " " << sigma;
      }
  }
}

TEST(Augment, a_crop_is_any_window_of_the_image_with_zeros_around_it) {
  const auto a = parse_augmentation("crop 2", true);
  const auto key = stream_key(3, "augment");
  const auto image = ramp(2 * 4 * 5);
  std::map<std::vector<float>, At> windows;
  for (std::int64_t top = -2; top <= 2; ++top)
    for (std::int64_t left = -2; left <= 2; ++left)
      windows[picked(image, 2, 4, 5, [&](auto y, auto x) { return At(y + top, x + left); })] = {top, left};
  std::map<At, int> counts;
  AugmentRoom room;
  constexpr int n = 10000;
  for (int row = 0; row < n; ++row) {
    auto sample = image;
    augment(a, Shape{2, 4, 5}, key, 1, row, sample, room);
    ASSERT_TRUE(windows.contains(sample)) << row;
    ++counts[windows[sample]];
  }
  ASSERT_EQ(counts.size(), 25u);
  for (const auto& [at, times] : counts)
    EXPECT_NEAR(times, n / 25, 100) << at.first << " " << at.second;  // 5 deviations
}

TEST(Augment, a_cutout_is_a_square_about_any_pixel) {
  for (const int side : {3, 4, 9}) {
    const auto a = parse_augmentation(fmt::format("cutout {}", side), true);
    const std::vector<float> image(2 * 6 * 7, 1.0f);
    const auto covered = [&](std::int64_t cy, std::int64_t cx) {
      auto all = image;
      for (std::int64_t c = 0; c < 2; ++c)
        for (std::int64_t y = 0; y < 6; ++y)
          for (std::int64_t x = 0; x < 7; ++x)
            if (y >= cy - side / 2 && y < cy - side / 2 + side && x >= cx - side / 2 && x < cx - side / 2 + side)
              all[static_cast<std::size_t>((c * 6 + y) * 7 + x)] = 0;
      return all;
    };
    std::map<std::vector<float>, double> share;  // several centres may cover alike
    for (std::int64_t y = 0; y < 6; ++y)
      for (std::int64_t x = 0; x < 7; ++x) share[covered(y, x)] += 1.0 / 42;
    std::map<std::vector<float>, int> counts;
    AugmentRoom room;
    constexpr int n = 21000;
    for (int row = 0; row < n; ++row) {
      auto sample = image;
      augment(a, Shape{2, 6, 7}, stream_key(3, "augment"), 0, row, sample, room);
      ASSERT_TRUE(share.contains(sample)) << side;
      ++counts[sample];
    }
    for (const auto& [seen, part] : share)
      EXPECT_NEAR(counts[seen], part * n, 5 * std::sqrt(n * part * (1 - part)) + 1e-6) << side;
  }
}

TEST(Augment, noise_has_mean_zero_and_its_deviation_in_tables_too) {
  const auto a = parse_augmentation("noise 0.5", false);
  std::vector<float> sample(20000, 1.0f);
  AugmentRoom room;
  augment(a, Shape{20000}, stream_key(5, "augment"), 2, 7, sample, room);
  double sum = 0, squares = 0, within = 0;
  for (const float v : sample) {
    sum += v - 1, squares += (v - 1.0) * (v - 1.0);
    within += std::abs(v - 1) < 0.5;
  }
  EXPECT_NEAR(sum / 20000, 0, 0.018);
  EXPECT_NEAR(std::sqrt(squares / 20000), 0.5, 0.013);
  EXPECT_NEAR(within / 20000, 0.683, 0.02);
}

TEST(Augment, words_are_read_in_any_order) {
  const auto a = parse_augmentation(" flip cutout 8 noise 0.1 elastic 34 5 shift 2 crop 4 scale 0.25 rotate 10 ", true);
  EXPECT_EQ(a, (Augmentation{.shift = 2,
                             .crop = 4,
                             .rotate = 10,
                             .scale = 0.25,
                             .elastic = 34,
                             .sigma = 5,
                             .noise = 0.1,
                             .cutout = 8,
                             .flip = true}));
  EXPECT_FALSE(parse_augmentation("", true).any());
  EXPECT_FALSE(parse_augmentation("none", false).any());
}

TEST(Augment, wrong_words_are_refused) {
  struct Case {
    const char* text;
    bool images;
    const char* says;
  };
  for (const auto& c : std::vector<Case>{{"shft 2", true, "unknown word 'shft'"},
                                         {"none flip", true, "unknown word 'none'"},
                                         {"shift", true, "'shift '"},
                                         {"shift two", true, "'shift two'"},
                                         {"shift -1", true, "from 0 to 64"},
                                         {"shift 65", true, "from 0 to 64"},
                                         {"shift 1.5", true, "whole pixels"},
                                         {"rotate 181", true, "from 0 to 180"},
                                         {"rotate nan", true, "from 0 to 180"},
                                         {"scale 1", true, "from 0 to 0.9"},
                                         {"elastic 34", true, "'the sigma of elastic '"},
                                         {"elastic 34 0.4", true, "from 0.5 to 16"},
                                         {"elastic 34 17", true, "from 0.5 to 16"},
                                         {"elastic 1001 4", true, "from 0 to 1000"},
                                         {"crop 1.5", true, "whole pixels for crop"},
                                         {"crop 65", true, "from 0 to 64"},
                                         {"cutout -1", true, "from 0 to 1024"},
                                         {"crop 4 cutout 8", false, "a table"},
                                         {"noise inf", true, "from 0 to 10"},
                                         {"noise 0.1x", true, "'noise 0.1x'"},
                                         {"flip flip", true, "'flip' twice"},
                                         {"noise 1 noise 2", false, "'noise' twice"},
                                         {"shift 2", false, "a table"},
                                         {"noise 0.1 flip", false, "a table"}}) {
    const auto error = error_of([&] { parse_augmentation(c.text, c.images); });
    EXPECT_NE(error.find(c.says), std::string::npos) << c.text << ": " << error;
  }
}

}  // namespace
}  // namespace limn
