#include "data/picture.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <random>

#include "data/picture_bytes.hpp"
#include "data/scratch.hpp"

namespace limn {
namespace {

using testing::error_of;
using testing::grey_png;
using testing::jpeg;
using testing::png;
using testing::with_orientation;
using Bytes = std::vector<std::uint8_t>;

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }
Picture read(const std::string& text) { return read_picture(bytes_of(text), "t"); }

Bytes random_bytes(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  Bytes out(size);
  for (auto& b : out) b = static_cast<std::uint8_t>(random());
  return out;
}

Bytes grey(std::initializer_list<int> values) {
  Bytes out;
  for (const int v : values) out.insert(out.end(), 3, static_cast<std::uint8_t>(v));
  return out;
}

TEST(Picture, that_is_written_as_png_is_read_as_it_was) {
  for (const auto& [height, width] : {std::pair(std::size_t{1}, std::size_t{1}), {7, 3}, {64, 200}}) {
    const Picture picture{static_cast<std::int64_t>(height), static_cast<std::int64_t>(width),
                          random_bytes(3 * height * width, 8)};
    const std::string text = to_png(picture);
    EXPECT_EQ(picture_kind(bytes_of(text)), "PNG");
    const Picture again = read(text);
    EXPECT_EQ(std::pair(again.height, again.width), std::pair(picture.height, picture.width));
    EXPECT_EQ(again.pixels, picture.pixels);
  }
}

TEST(Picture, png_of_every_depth_and_kind_is_read) {
  struct Case {
    const char* name;
    std::uint32_t width, height;
    Bytes rows;
    testing::PngForm form;
    Bytes pixels;
  };
  const std::vector<png_color> two{{10, 20, 30}, {200, 100, 0}};
  const std::vector<Case> cases{
      {"1 bit", 3, 2, {0b10100000, 0b01000000}, {1, PNG_COLOR_TYPE_GRAY}, grey({255, 0, 255, 0, 255, 0})},
      {"2 bits", 4, 1, {0b00011011}, {2, PNG_COLOR_TYPE_GRAY}, grey({0, 85, 170, 255})},
      {"4 bits", 3, 1, {0x0f, 0x70}, {4, PNG_COLOR_TYPE_GRAY}, grey({0, 255, 119})},
      {"8 bits", 3, 1, {0, 128, 255}, {8, PNG_COLOR_TYPE_GRAY}, grey({0, 128, 255})},
      {"16 bits", 2, 1, {0x80, 0x80, 0xff, 0xff}, {16, PNG_COLOR_TYPE_GRAY}, grey({128, 255})},
      {"colour", 2, 1, {1, 2, 3, 250, 251, 252}, {}, {1, 2, 3, 250, 251, 252}},
      {"16 bits of colour", 1, 1, {1, 1, 2, 2, 3, 3}, {16, PNG_COLOR_TYPE_RGB}, {1, 2, 3}},
      {"palette", 3, 1, {0b01000000}, {1, PNG_COLOR_TYPE_PALETTE, false, two}, {10, 20, 30, 200, 100, 0, 10, 20, 30}},
      {"palette with a clear colour",
       2,
       1,
       {0b01000000},
       {1, PNG_COLOR_TYPE_PALETTE, false, two, {0}},
       {255, 255, 255, 200, 100, 0}},
      {"grey with alpha", 3, 1, {0, 255, 0, 0, 100, 51}, {8, PNG_COLOR_TYPE_GRAY_ALPHA}, grey({0, 255, 224})},
      {"colour with alpha", 2, 1, {9, 8, 7, 255, 9, 8, 7, 0}, {8, PNG_COLOR_TYPE_RGB_ALPHA}, {9, 8, 7, 255, 255, 255}},
  };
  for (const auto& c : cases) {
    const auto picture = read(png(c.width, c.height, c.rows, c.form));
    EXPECT_EQ(picture.width, c.width) << c.name;
    EXPECT_EQ(picture.height, c.height) << c.name;
    EXPECT_EQ(picture.pixels, c.pixels) << c.name;
  }
}

TEST(Picture, an_interlaced_png_is_the_plain_one) {
  for (const auto& [width, height] : {std::pair{1u, 1u}, {5u, 7u}, {33u, 20u}}) {
    const auto rows = random_bytes(width * height * 3, width);
    EXPECT_EQ(read(png(width, height, rows, {.interlaced = true})).pixels, rows);
    EXPECT_EQ(read(png(width, height, rows, {})).pixels, rows);
  }
}

TEST(Picture, a_png_that_is_cut_or_changed_is_refused_with_its_row) {
  for (const bool interlaced : {false, true}) {
    const auto whole = png(100, 300, random_bytes(100 * 300 * 3, 3), {.interlaced = interlaced});
    for (int tenth = 1; tenth < 10; ++tenth) {
      const auto cut = whole.substr(0, whole.size() * static_cast<std::size_t>(tenth) / 10);
      const auto error = error_of([&] { read(cut); });
      EXPECT_NE(error.find("the picture is damaged at row "), std::string::npos) << error;
      const int row = std::stoi(error.substr(error.find("row ") + 4));
      if (!interlaced) {
        EXPECT_NEAR(row, 30 * tenth, 30) << error;  // libpng reads 8192 bytes at a time
      }
    }
    auto flipped = whole;
    flipped[whole.size() / 2] = static_cast<char>(flipped[whole.size() / 2] ^ 1);
    EXPECT_NE(error_of([&] { read(flipped); }).find("damaged at row"), std::string::npos);
    EXPECT_NE(error_of([&] { read(whole.substr(0, 20)); }).find("in its head"), std::string::npos);
  }
}

TEST(Picture, bytes_that_are_damaged_anywhere_are_read_or_refused) {
  testing::damage_everywhere(grey_png(5, 4, random_bytes(20, 1)), [](const std::string& bytes) {
    try {
      const auto picture = read(bytes);
      EXPECT_EQ(picture.pixels.size(), static_cast<std::size_t>(picture.height * picture.width * 3));
    } catch (const Error&) {}
  });
}

TEST(Picture, jpeg_of_every_kind_is_read_close_to_what_was_written) {
  Bytes smooth;
  for (int y = 0; y < 24; ++y)
    for (int x = 0; x < 40; ++x)
      for (const int v : {x * 6, y * 10, 255 - x * 6}) smooth.push_back(static_cast<std::uint8_t>(v));
  for (const bool progressive : {false, true}) {
    for (const int sampling : {TJSAMP_444, TJSAMP_420}) {
      const auto picture = read(jpeg(40, 24, smooth, sampling, progressive));
      ASSERT_EQ(picture.pixels.size(), smooth.size());
      for (std::size_t i = 0; i < smooth.size(); ++i) EXPECT_NEAR(picture.pixels[i], smooth[i], 12) << i;
    }
  }
  const auto grey_one = read(jpeg(8, 8, Bytes(64, 77)));
  EXPECT_EQ(grey_one.pixels, Bytes(192, 77));
  Bytes inks;  // inverted: 255 is no ink
  for (int i = 0; i < 64; ++i) inks.insert(inks.end(), {255, 128, 0, 200});
  const auto printed = read(jpeg(8, 8, inks));
  for (int c = 0; c < 3; ++c)
    EXPECT_NEAR(printed.pixels[static_cast<std::size_t>(c)], (std::array{200, 100, 0}[static_cast<std::size_t>(c)]), 3);
}

TEST(Picture, a_photograph_is_turned_upright) {
  Bytes pixels;  // four blocks: 10 20 / 30 40, wider than high
  for (int y = 0; y < 16; ++y)
    for (int x = 0; x < 32; ++x) pixels.push_back(static_cast<std::uint8_t>((y < 8 ? 10 : 30) + (x < 16 ? 0 : 10)));
  const auto plain = jpeg(32, 16, pixels);
  const std::array<std::array<int, 4>, 8> corners{{{10, 20, 30, 40},
                                                   {20, 10, 40, 30},
                                                   {40, 30, 20, 10},
                                                   {30, 40, 10, 20},
                                                   {10, 30, 20, 40},
                                                   {30, 10, 40, 20},
                                                   {40, 20, 30, 10},
                                                   {20, 40, 10, 30}}};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    for (const bool little : {true, false}) {
      const auto file = with_orientation(plain, orientation, little);
      const auto picture = read(file);
      const auto size = picture_size(bytes_of(file), "t");
      EXPECT_EQ(size.height, picture.height);
      EXPECT_EQ(size.width, orientation >= 5 ? 16 : 32) << orientation;
      const auto at = [&](std::int64_t y, std::int64_t x) {
        return picture.pixels[static_cast<std::size_t>((y * picture.width + x) * 3)];
      };
      const auto h = picture.height - 1, w = picture.width - 1;
      const std::array seen{at(0, 0), at(0, w), at(h, 0), at(h, w)};
      for (std::size_t i = 0; i < 4; ++i)
        EXPECT_NEAR(seen[i], corners[static_cast<std::size_t>(orientation - 1)][i], 1)
            << orientation << ", corner " << i;
    }
  }
}

TEST(Picture, a_jpeg_that_is_cut_is_refused) {
  const auto whole = jpeg(64, 64, random_bytes(64 * 64 * 3, 5));
  for (int tenth = 1; tenth < 10; ++tenth) {
    const auto error = error_of([&] { read(whole.substr(0, whole.size() * static_cast<std::size_t>(tenth) / 10)); });
    EXPECT_NE(error.find("damaged or cut short"), std::string::npos) << error;
  }
}

TEST(Picture, other_kinds_are_named) {
  const std::vector<std::pair<std::string, const char*>> cases{{"GIF89a........", "GIF"},
                                                               {"RIFF....WEBPVP8 ", "WebP"},
                                                               {std::string("\0\0\0\x18"
                                                                            "ftypheic",
                                                                            12),
                                                                "HEIC"},
                                                               {"BM" + std::string(40, ' '), "BMP"},
                                                               {"II*\0", "TIFF"},
                                                               {"<?xml?><svg>", "SVG"}};
  for (const auto& [bytes, kind] : cases) {
    const auto error = error_of([&] { read(bytes); });
    EXPECT_NE(error.find(fmt::format("is a {} picture", kind)), std::string::npos) << error;
    EXPECT_NE(error.find("PNG and JPEG"), std::string::npos) << error;
  }
  EXPECT_NE(error_of([&] { read("hello"); }).find("no picture"), std::string::npos);
  EXPECT_NE(error_of([&] { read(grey_png(16385, 1, Bytes(16385))); }).find("too large"), std::string::npos);
}

// The mean of what a new pixel covers, in float64 and by sampling nothing: fractions of pixels are weighed.
TEST(Picture, resizing_takes_the_mean_of_the_area) {
  for (const auto& [h, w, to_h, to_w] :
       {std::array<std::int64_t, 4>{7, 5, 3, 2}, {10, 10, 4, 4}, {3, 4, 5, 9}, {64, 48, 32, 24}, {1, 1, 2, 3}}) {
    const Picture picture{h, w, random_bytes(static_cast<std::size_t>(h * w * 3), static_cast<unsigned>(h))};
    const auto small = resized(picture, {to_h, to_w});
    ASSERT_EQ(small.pixels.size(), static_cast<std::size_t>(to_h * to_w * 3));
    const auto overlap = [](double a, double b, double c, double d) {
      return std::max(0.0, std::min(b, d) - std::max(a, c));
    };
    for (std::int64_t y = 0; y < to_h; ++y)
      for (std::int64_t x = 0; x < to_w; ++x)
        for (std::int64_t c = 0; c < 3; ++c) {
          double sum = 0, area = 0;
          const double high = static_cast<double>(h) / static_cast<double>(to_h),
                       wide = static_cast<double>(w) / static_cast<double>(to_w);
          for (std::int64_t i = 0; i < h; ++i)
            for (std::int64_t j = 0; j < w; ++j) {
              const double part = overlap(static_cast<double>(y) * high, static_cast<double>(y + 1) * high,
                                          static_cast<double>(i), static_cast<double>(i + 1)) *
                                  overlap(static_cast<double>(x) * wide, static_cast<double>(x + 1) * wide,
                                          static_cast<double>(j), static_cast<double>(j + 1));
              sum += part * picture.pixels[static_cast<std::size_t>((i * w + j) * 3 + c)];
              area += part;
            }
          EXPECT_NEAR(small.pixels[static_cast<std::size_t>((y * to_w + x) * 3 + c)], sum / area, 0.5 + 1e-6);
        }
  }
}

}  // namespace
}  // namespace limn
