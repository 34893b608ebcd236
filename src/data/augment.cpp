#include "data/augment.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>

#include "base/error.hpp"
#include "base/random.hpp"

namespace limn {
namespace {

constexpr std::uint32_t kMotion = 0, kNoise = 1, kElastic = 2;  // what a counter's numbers are for

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

struct Limits {
  const char* name;
  double most, least = 0;
};
const char* const kHint =
    "write words and strengths like: shift 2 crop 4 rotate 10 scale 0.1 elastic 34 4 noise 0.1 cutout 8 flip; for a "
    "table: noise 0.1; or none";

double strength(std::istringstream& words, const Limits& limits) {
  std::string text;
  words >> text;
  double value = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, status] = std::from_chars(text.data(), end, value);
  if (text.empty() || status != std::errc() || stop != end || !(value >= limits.least && value <= limits.most)) {
    throw Error(fmt::format("augment has '{} {}', which is no number from {} to {}", limits.name, text, limits.least,
                            limits.most),
                kHint);
  }
  return value;
}

std::int64_t whole(std::istringstream& words, const Limits& limits) {
  const double value = strength(words, limits);
  if (value != std::floor(value))
    throw Error(fmt::format("augment takes whole pixels for {}, not {}", limits.name, value), kHint);
  return static_cast<std::int64_t>(value);
}

std::int64_t below(std::uint32_t bits, std::int64_t n) {  // 0 to n - 1
  return static_cast<std::int64_t>(bits * static_cast<std::uint64_t>(n) >> 32);
}

// Both fields of a sample: uniform from -1 to 1, of 16 bits each, then smoothed and made so many pixels long.
Displacement draw_displacement(const Augmentation& a, PlaneSize size, std::uint64_t key, std::int64_t epoch,
                               std::int64_t row, AugmentRoom& room) {
  const auto area = size.area();
  room.down.resize(area), room.right.resize(area);
  const auto uniform = [](std::uint32_t bits) { return (static_cast<float>(bits) - 32767.5f) * 0x1p-15f; };
  for (std::size_t i = 0; i < area; i += 4) {
    const auto w = words(key, epoch, row, kElastic, static_cast<std::uint32_t>(i / 4));
    for (std::size_t k = 0; k < std::min<std::size_t>(4, area - i); ++k)
      room.down[i + k] = uniform(w[k] & 0xffff), room.right[i + k] = uniform(w[k] >> 16);
  }
  const auto alpha = static_cast<float>(a.elastic);
  for (auto* field : {&room.down, &room.right}) {
    smooth_field(*field, size, a.sigma, room.work);
    for (float& v : *field) v *= alpha;
  }
  return {room.down, room.right};
}

void cover(std::int64_t side, PlaneSize size, std::uint64_t key, std::int64_t epoch, std::int64_t row,
           std::span<float> sample) {
  const auto [height, width] = size;
  const auto w = words(key, epoch, row, kMotion, 2);
  const auto top = below(w[0], height) - side / 2, left = below(w[1], width) - side / 2;
  const auto begin = std::max<std::int64_t>(left, 0), end = std::min(left + side, width);
  for (auto* plane = sample.data(); plane < sample.data() + sample.size(); plane += height * width)
    for (auto y = std::max<std::int64_t>(top, 0); y < std::min(top + side, height); ++y)
      std::fill(plane + y * width + begin, plane + y * width + end, 0.0f);
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
    if (!images && word != "noise") throw Error(fmt::format("augment has '{}', but the data are a table", word), kHint);
    if (word == "shift") {
      a.shift = whole(words, {"shift", 64});
    } else if (word == "crop") {
      a.crop = whole(words, {"crop", 64});
    } else if (word == "cutout") {
      a.cutout = whole(words, {"cutout", 1024});
    } else if (word == "rotate") {
      a.rotate = strength(words, {"rotate", 180});
    } else if (word == "scale") {
      a.scale = strength(words, {"scale", 0.9});
    } else if (word == "elastic") {
      a.elastic = strength(words, {"elastic", 1000});
      a.sigma = strength(words, {"the sigma of elastic", 16, 0.5});
    } else if (word == "noise") {
      a.noise = strength(words, {"noise", 10});
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
  const auto pixels = [](std::uint32_t bits, std::int64_t most) { return below(bits, 2 * most + 1) - most; };
  return {.flip = a.flip && (second[0] & 1) != 0,
          .scale = 1 + symmetric(first[3], a.scale),
          .degrees = symmetric(first[2], a.rotate),
          .right = pixels(first[0], a.shift) + pixels(second[1], a.crop),
          .down = pixels(first[1], a.shift) + pixels(second[2], a.crop)};
}

void augment(const Augmentation& a, const Shape& shape, std::uint64_t key, std::int64_t epoch, std::int64_t row,
             std::span<float> sample, AugmentRoom& room) {
  if (a.moves()) {
    Displacement displacement;
    if (a.elastic > 0) displacement = draw_displacement(a, PlaneSize(shape), key, epoch, row, room);
    room.image.assign(sample.begin(), sample.end());
    move_image(room.image, shape, draw_motion(a, key, epoch, row), displacement, sample, room.work);
  }
  if (a.noise > 0) {
    for (std::size_t i = 0; i < sample.size(); ++i) {
      const auto z = nearly_normal(words(key, epoch, row, kNoise, static_cast<std::uint32_t>(i)));
      sample[i] += static_cast<float>(a.noise * z);
    }
  }
  if (a.cutout > 0) cover(a.cutout, PlaneSize(shape), key, epoch, row, sample);
}

}  // namespace limn
