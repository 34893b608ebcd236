#include "data/augment.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numbers>
#include <sstream>

#include "base/error.hpp"
#include "base/random.hpp"

namespace limn {
namespace {

constexpr std::uint32_t kMotion = 0, kNoise = 1;  // what a counter's numbers are for

// The i-th four words for one sample in one epoch.
Philox words(std::uint64_t key, std::int64_t epoch, std::int64_t row, std::uint32_t purpose, std::uint32_t i) {
  return philox(key, {static_cast<std::uint32_t>(row), static_cast<std::uint32_t>(epoch), i, purpose});
}

double symmetric(std::uint32_t bits, double most) {  // uniform from -most to most
  return most * (2 * (static_cast<double>(bits) * 0x1p-32) - 1);
}

// Mean 0 and deviation 1: the sum of eight uniform numbers of 16 bits (Irwin and Hall), exact up to its last division.
double nearly_normal(const Philox& w) {
  std::uint32_t sum = 0;
  for (const auto word : w) sum += (word & 0xffff) + (word >> 16);
  constexpr double kMean = 4 * 65535.0, kDeviation = 53509.92;  // 65536 sqrt(8 / 12)
  return (static_cast<double>(sum) - kMean) / kDeviation;
}

struct Turn {
  double cos = 1, sin = 0;
};

// Exact for quarter turns; else the Taylor series over at most 45 degrees, whose 16th power is below the last bit.
Turn turn_by(double degrees) {
  const double quarters = std::floor(degrees / 90 + 0.5);
  const double x = (degrees - 90 * quarters) * (std::numbers::pi / 180), x2 = x * x;
  double sin = 0, cos = 0;
  for (int n = 15; n >= 1; n -= 2) sin = 1 - x2 / ((n + 1) * (n + 2)) * sin;
  for (int n = 14; n >= 0; n -= 2) cos = 1 - x2 / ((n + 1) * (n + 2)) * cos;
  sin *= x;
  switch (static_cast<std::int64_t>(quarters) & 3) {
    case 0: return {cos, sin};
    case 1: return {-sin, cos};
    case 2: return {-cos, -sin};
    default: return {sin, -cos};
  }
}

struct Limits {
  const char* name;
  double most;
};
constexpr Limits kShift{"shift", 64}, kRotate{"rotate", 180}, kScale{"scale", 0.9}, kNoiseLimits{"noise", 10};

const char* const kHint =
    "write words and strengths like: shift 2 rotate 10 scale 0.1 noise 0.1 flip; for a table: noise 0.1; or none";

double strength(std::istringstream& words, const Limits& limits) {
  std::string text;
  words >> text;
  double value = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, status] = std::from_chars(text.data(), end, value);
  if (text.empty() || status != std::errc() || stop != end || !(value >= 0 && value <= limits.most)) {
    throw Error(fmt::format("augment has '{} {}', which is no number from 0 to {}", limits.name, text, limits.most),
                kHint);
  }
  return value;
}

float pixel(std::span<const float> plane, std::int64_t height, std::int64_t width, std::int64_t y, std::int64_t x) {
  return y < 0 || y >= height || x < 0 || x >= width ? 0.0f : plane[static_cast<std::size_t>(y * width + x)];
}

}  // namespace

Augmentation parse_augmentation(const std::string& text, bool images) {
  Augmentation a;
  if (text == "none") return a;
  std::istringstream words(text);
  std::string seen = " ";
  for (std::string word; words >> word;) {
    if (seen.find(" " + word + " ") != std::string::npos) throw Error("augment has '" + word + "' twice", kHint);
    seen += word + " ";
    if (!images && word != kNoiseLimits.name)
      throw Error(fmt::format("augment has '{}', but the data are a table", word), kHint);
    if (word == kShift.name) {
      const double value = strength(words, kShift);
      if (value != std::floor(value)) throw Error(fmt::format("augment shifts by whole pixels, not {}", value), kHint);
      a.shift = static_cast<std::int64_t>(value);
    } else if (word == kRotate.name) {
      a.rotate = strength(words, kRotate);
    } else if (word == kScale.name) {
      a.scale = strength(words, kScale);
    } else if (word == kNoiseLimits.name) {
      a.noise = strength(words, kNoiseLimits);
    } else if (word == "flip") {
      a.flip = true;
    } else {
      throw Error(fmt::format("augment has the unknown word '{}'", word), kHint);
    }
  }
  return a;
}

Motion draw_motion(const Augmentation& a, std::uint64_t key, std::int64_t epoch, std::int64_t row) {
  const auto first = words(key, epoch, row, kMotion, 0), second = words(key, epoch, row, kMotion, 1);
  const auto pixels = [&](std::uint32_t bits) {
    const auto choices = static_cast<std::uint64_t>(2 * a.shift + 1);
    return static_cast<std::int64_t>(bits * choices >> 32) - a.shift;
  };
  return {.flip = a.flip && (second[0] & 1) != 0,
          .scale = 1 + symmetric(first[3], a.scale),
          .degrees = symmetric(first[2], a.rotate),
          .right = pixels(first[0]),
          .down = pixels(first[1])};
}

void move_image(std::span<const float> from, const Shape& shape, const Motion& motion, std::span<float> to) {
  const auto rank = shape.rank();
  LIMN_CHECK((rank == 2 || rank == 3) && from.size() == to.size());
  const std::int64_t height = shape[rank - 2], width = shape[rank - 1];
  const auto area = static_cast<std::size_t>(height * width);
  const auto [cos, sin] = turn_by(motion.degrees);
  const double middle_y = static_cast<double>(height - 1) / 2, middle_x = static_cast<double>(width - 1) / 2;
  for (std::int64_t y = 0; y < height; ++y) {
    for (std::int64_t x = 0; x < width; ++x) {
      // Where the pixel came from: every movement undone, the last one first.
      const double off_y = static_cast<double>(y - motion.down) - middle_y;
      const double off_x = static_cast<double>(x - motion.right) - middle_x;
      const double turned_x = (cos * off_x + sin * off_y) / motion.scale;
      const double at_y = (cos * off_y - sin * off_x) / motion.scale + middle_y;
      const double at_x = (motion.flip ? -turned_x : turned_x) + middle_x;
      const double low_y = std::floor(at_y), low_x = std::floor(at_x);
      const auto v = static_cast<float>(at_y - low_y), u = static_cast<float>(at_x - low_x);
      const auto row = static_cast<std::int64_t>(low_y), column = static_cast<std::int64_t>(low_x);
      for (std::size_t c = 0; c * area < from.size(); ++c) {
        const auto plane = from.subspan(c * area, area);
        const auto mixed = [&](std::int64_t r) {
          return (1 - u) * pixel(plane, height, width, r, column) + u * pixel(plane, height, width, r, column + 1);
        };
        to[c * area + static_cast<std::size_t>(y * width + x)] = (1 - v) * mixed(row) + v * mixed(row + 1);
      }
    }
  }
}

void augment(const Augmentation& a, const Shape& shape, std::uint64_t key, std::int64_t epoch, std::int64_t row,
             std::span<float> sample, std::span<float> room) {
  if (a.moves()) {
    std::copy(sample.begin(), sample.end(), room.begin());
    move_image(room.first(sample.size()), shape, draw_motion(a, key, epoch, row), sample);
  }
  if (a.noise == 0) return;
  for (std::size_t i = 0; i < sample.size(); ++i) {
    const auto z = nearly_normal(words(key, epoch, row, kNoise, static_cast<std::uint32_t>(i)));
    sample[i] += static_cast<float>(a.noise * z);
  }
}

}  // namespace limn
