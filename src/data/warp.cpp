#include "data/warp.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <numbers>

#include "base/error.hpp"

namespace limn {
namespace {

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

// Whole pixels: rows are copied, or mirrored.
void shift_plane(const float* from, PlaneSize size, const Motion& m, float* to) {
  const auto low = std::clamp<std::int64_t>(m.right, 0, size.width),
             high = std::clamp<std::int64_t>(size.width + m.right, 0, size.width);
  for (std::int64_t y = 0; y < size.height; ++y, to += size.width) {
    const auto source = y - m.down;
    if (source < 0 || source >= size.height || low >= high) {
      std::fill_n(to, size.width, 0.0f);
      continue;
    }
    const auto* row = from + source * size.width;
    std::fill(to, to + low, 0.0f);
    if (m.flip)
      std::reverse_copy(row + size.width - high + m.right, row + size.width - low + m.right, to + low);
    else
      std::copy(row + low - m.right, row + high - m.right, to + low);
    std::fill(to + high, to + size.width, 0.0f);
  }
}

// Where a pixel of a plane with a border of zeros looks, and how it mixes what it sees there.
struct Tap {
  std::int32_t at;
  float down, right;
};

struct Corner {
  std::int32_t whole;
  float part;
};

// Within one pixel of the plane; beyond it all is 0.
Corner corner_of(double at, std::int64_t side) {
  at = std::min(std::max(at, -1.0), static_cast<double>(side));
  const auto cut = static_cast<std::int32_t>(at);
  const auto whole = cut - (at < cut ? 1 : 0);
  return {whole, static_cast<float>(at - whole)};
}

// Where pixels x to x + taps.size() of row y came from: every movement undone, the last one first.
void find_taps(PlaneSize size, const Motion& m, Turn turn, const Displacement& d, std::int64_t y, std::int64_t x,
               std::span<Tap> taps) {
  const double middle_y = static_cast<double>(size.height - 1) / 2, middle_x = static_cast<double>(size.width - 1) / 2;
  const double off_y = static_cast<double>(y - m.down) - middle_y;
  const double cos = turn.cos / m.scale, sin = turn.sin / m.scale;
  const auto pitch = static_cast<std::int32_t>(size.width + 3);
  auto i = static_cast<std::size_t>(y * size.width + x);
  for (Tap& tap : taps) {
    const double off_x = static_cast<double>(x++ - m.right) - middle_x;
    const double turned_x = cos * off_x + sin * off_y;
    double at_y = cos * off_y - sin * off_x + middle_y;
    double at_x = (m.flip ? -turned_x : turned_x) + middle_x;
    if (!d.down.empty()) {
      at_y += static_cast<double>(d.down[i]);
      at_x += static_cast<double>(d.right[i++]);
    }
    const auto row = corner_of(at_y, size.height), column = corner_of(at_x, size.width);
    tap = {(row.whole + 1) * pitch + column.whole + 1, row.part, column.part};
  }
}

// exp(-x) for x from 0 to 2: the series of a sixteenth of it, four times squared.
double exp_of_minus(double x) {
  double sum = 1;
  for (int n = 12; n >= 1; --n) sum = 1 - x / 16 / n * sum;
  for (int i = 0; i < 4; ++i) sum *= sum;
  return sum;
}

constexpr double kWidest = 16;  // sigma

// The middle one, and those k steps from it on either side.
class Gaussian {
 public:
  explicit Gaussian(double sigma) : radius_(static_cast<std::size_t>(std::ceil(3 * sigma))) {
    const double q = exp_of_minus(1 / (2 * sigma * sigma));  // weight k is q to the k squared
    std::array<double, kMost> exact{1};
    double total = 1, power = q;
    for (std::size_t k = 1; k <= radius_; ++k, power *= q * q) {
      exact[k] = exact[k - 1] * power;
      total += 2 * exact[k];
    }
    for (std::size_t k = 0; k <= radius_; ++k) weights_[k] = static_cast<float>(exact[k] / total);
  }
  std::span<const float> weights() const { return std::span(weights_).first(radius_ + 1); }

 private:
  static constexpr std::size_t kMost = static_cast<std::size_t>(3 * kWidest) + 1;
  std::size_t radius_;
  std::array<float, kMost> weights_{};
};

using Lanes = float __attribute__((vector_size(16)));  // compilers put no loop over pixels into vectors by themselves
constexpr std::size_t kLanes = 4, kBlock = 4 * kLanes;

Lanes lanes_at(const float* p) {
  Lanes lanes;
  std::memcpy(&lanes, p, sizeof lanes);
  return lanes;
}

// Each of `width` sums, rounded up to whole blocks: the middle, and pairs that lie k steps before and behind it.
void smooth_row(const float* from, std::ptrdiff_t step, std::span<const float> weights, std::size_t width, float* to) {
  for (std::size_t x = 0; x < width; x += kBlock, from += kBlock, to += kBlock) {
    std::array<Lanes, 4> sums;
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] = weights[0] * lanes_at(from + i * kLanes);
    for (std::size_t k = 1; k < weights.size(); ++k) {
      const auto *before = from - static_cast<std::ptrdiff_t>(k) * step,
                 *behind = from + static_cast<std::ptrdiff_t>(k) * step;
      for (std::size_t i = 0; i < sums.size(); ++i)
        sums[i] += weights[k] * (lanes_at(before + i * kLanes) + lanes_at(behind + i * kLanes));
    }
    std::memcpy(to, sums.data(), sizeof sums);
  }
}

}  // namespace

PlaneSize::PlaneSize(const Shape& image) {
  const int rank = image.rank();
  LIMN_CHECK(rank == 2 || rank == 3);
  height = image[rank - 2], width = image[rank - 1];
}

void move_image(std::span<const float> from, const Shape& shape, const Motion& motion, const Displacement& displacement,
                std::span<float> to, std::vector<float>& room) {
  LIMN_CHECK(from.size() == to.size());
  const PlaneSize size(shape);
  const auto area = size.area(), width = static_cast<std::size_t>(size.width);
  if (!motion.resamples() && displacement.down.empty()) {
    for (std::size_t c = 0; c < from.size(); c += area) shift_plane(from.data() + c, size, motion, to.data() + c);
    return;
  }
  const auto pitch = width + 3, padded = pitch * static_cast<std::size_t>(size.height + 3);
  room.assign(from.size() / area * padded, 0.0f);
  for (std::size_t row = 0; row * width < from.size(); ++row) {
    const auto plane = row * width / area, y = row - plane * area / width;
    std::copy_n(from.data() + row * width, width, room.data() + plane * padded + (y + 1) * pitch + 1);
  }
  const auto turn = turn_by(motion.degrees);
  std::array<Tap, 64> taps;
  for (std::int64_t y = 0; y < size.height; ++y) {
    for (std::int64_t x = 0; x < size.width; x += static_cast<std::int64_t>(taps.size())) {
      const auto some = std::span(taps).first(
          static_cast<std::size_t>(std::min(size.width - x, static_cast<std::int64_t>(taps.size()))));
      find_taps(size, motion, turn, displacement, y, x, some);
      const auto* plane = room.data();
      for (auto c = static_cast<std::size_t>(y * size.width + x); c < from.size(); c += area, plane += padded) {
        for (std::size_t i = 0; i < some.size(); ++i) {
          const auto [at, v, u] = some[i];
          const auto mixed = [u = u](const float* p) { return (1 - u) * p[0] + u * p[1]; };
          to[c + i] = (1 - v) * mixed(plane + at) + v * mixed(plane + at + pitch);
        }
      }
    }
  }
}

void smooth_field(std::span<float> field, PlaneSize size, double sigma, std::vector<float>& room) {
  LIMN_CHECK(sigma >= 0.5 && sigma <= kWidest && field.size() == size.area());
  const Gaussian gaussian(sigma);
  const auto weights = gaussian.weights();
  const auto h = static_cast<std::size_t>(size.height), w = static_cast<std::size_t>(size.width),
             r = weights.size() - 1;
  const auto whole = (w + kBlock - 1) / kBlock * kBlock;
  room.assign(whole + 2 * r + (h + 2 * r) * whole, 0.0f);  // a row with its borders, and all rows with theirs
  float *row = room.data(), *rows = room.data() + whole + 2 * r;
  for (std::size_t y = 0; y < h; ++y) {
    std::copy_n(field.data() + y * w, w, row + r);
    smooth_row(row + r, 1, weights, w, rows + (y + r) * whole);
  }
  for (std::size_t y = 0; y < h; ++y) {
    smooth_row(rows + (y + r) * whole, static_cast<std::ptrdiff_t>(whole), weights, w, row);
    std::copy_n(row, w, field.data() + y * w);
  }
}

}  // namespace limn
