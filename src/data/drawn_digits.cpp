#include "data/drawn_digits.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.hpp"
#include "base/random.hpp"

namespace limn {
namespace {

constexpr std::uint64_t kSeed = 1;
constexpr int kPiecesPerSpan = 5;

struct Point {
  double x = 0, y = 0;
};
Point operator+(Point a, Point b) { return {a.x + b.x, a.y + b.y}; }
Point operator-(Point a, Point b) { return {a.x - b.x, a.y - b.y}; }
Point operator*(double s, Point a) { return {s * a.x, s * a.y}; }

using Stroke = std::vector<Point>;  // a smooth line through these points; x to the right and y down, 0 to 1
using Glyph = std::vector<Stroke>;

// The ways to write each digit.
const std::array<std::vector<Glyph>, 10>& glyphs() {
  static const std::array<std::vector<Glyph>, 10> all{{
      {{{{.5, .05}, {.2, .2}, {.12, .5}, {.2, .8}, {.5, .95}, {.8, .8}, {.88, .5}, {.8, .2}, {.5, .05}}},
       {{{.6, .08}, {.3, .12}, {.16, .5}, {.3, .9}, {.6, .92}, {.84, .6}, {.76, .2}, {.45, .06}}}},
      {{{{.5, .05}, {.5, .95}}},
       {{{.3, .28}, {.53, .05}}, {{.53, .05}, {.52, .95}}},
       {{{.3, .25}, {.5, .05}}, {{.5, .05}, {.5, .95}}, {{.28, .95}, {.74, .95}}}},
      {{{{.18, .28}, {.3, .08}, {.6, .06}, {.8, .25}, {.68, .5}, {.4, .75}, {.15, .95}},
        {{.15, .95}, {.5, .93}, {.88, .95}}},
       {{{.18, .25},
         {.45, .05},
         {.78, .2},
         {.7, .5},
         {.4, .78},
         {.2, .92},
         {.14, .82},
         {.3, .78},
         {.55, .9},
         {.88, .9}}}},
      {{{{.2, .15}, {.5, .05}, {.78, .2}, {.68, .4}, {.42, .48}},
        {{.42, .48}, {.75, .55}, {.82, .78}, {.55, .95}, {.18, .86}}},
       {{{.2, .07}, {.8, .07}}, {{.8, .07}, {.45, .42}}, {{.45, .42}, {.78, .52}, {.8, .8}, {.5, .96}, {.18, .86}}}},
      {{{{.25, .08}, {.2, .35}, {.18, .55}}, {{.18, .55}, {.5, .54}, {.9, .52}}, {{.72, .08}, {.7, .5}, {.68, .95}}},
       {{{.65, .05}, {.4, .35}, {.12, .65}}, {{.12, .65}, {.9, .65}}, {{.65, .05}, {.65, .95}}}},
      {{{{.75, .06}, {.3, .08}},
        {{.3, .08}, {.24, .45}},
        {{.24, .45}, {.55, .38}, {.82, .6}, {.75, .85}, {.48, .96}, {.16, .86}}},
       {{{.8, .1}, {.5, .05}, {.3, .12}, {.24, .42}, {.55, .42}, {.78, .62}, {.7, .88}, {.4, .96}, {.18, .85}}}},
      {{{{.7, .06},
         {.4, .2},
         {.2, .5},
         {.2, .78},
         {.42, .96},
         {.7, .88},
         {.78, .68},
         {.6, .52},
         {.36, .56},
         {.2, .75}}},
       {{{.55, .05}, {.28, .3}, {.18, .65}, {.3, .92}, {.6, .94}, {.75, .75}, {.6, .58}, {.35, .62}, {.2, .78}}}},
      {{{{.15, .08}, {.5, .07}, {.85, .08}}, {{.85, .08}, {.6, .5}, {.42, .95}}},
       {{{.15, .08}, {.5, .07}, {.85, .08}}, {{.85, .08}, {.6, .5}, {.42, .95}}, {{.35, .5}, {.75, .48}}},
       {{{.17, .24}, {.17, .08}}, {{.17, .08}, {.84, .08}}, {{.84, .08}, {.56, .55}, {.5, .95}}}},
      {{{{.5, .5},
         {.25, .35},
         {.28, .12},
         {.5, .05},
         {.74, .14},
         {.72, .36},
         {.5, .5},
         {.25, .68},
         {.25, .88},
         {.5, .96},
         {.76, .87},
         {.74, .66},
         {.5, .5}}},
       {{{.75, .15},
         {.45, .05},
         {.25, .22},
         {.5, .47},
         {.78, .72},
         {.6, .94},
         {.3, .9},
         {.25, .7},
         {.5, .48},
         {.74, .28},
         {.75, .15}}}},
      {{{{.75, .3}, {.6, .08}, {.32, .08}, {.2, .3}, {.35, .5}, {.6, .48}, {.75, .3}},
        {{.76, .25}, {.74, .6}, {.62, .95}}},
       {{{.75, .3}, {.6, .08}, {.32, .08}, {.2, .3}, {.35, .5}, {.6, .48}, {.75, .3}},
        {{.76, .25}, {.74, .7}, {.5, .95}, {.22, .86}}}},
  }};
  return all;
}

// How one picture differs from the others of its digit.
class Hand {
 public:
  explicit Hand(Random& random) {
    const auto between = [&](double low, double high) { return low + (high - low) * random.uniform(); };
    for (auto& knot : bend_) knot = {between(-kBend, kBend), between(-kBend, kBend)};
    const double t = between(-0.16, 0.16);  // the tangent of half the angle: 18 degrees to either side
    cos_ = (1 - t * t) / (1 + t * t);
    sin_ = 2 * t / (1 + t * t);
    slant_ = between(-0.35, 0.35);
    width_ = between(11, 20);
    height_ = between(15, 22);
    centre_ = {14 + between(-2, 2), 14 + between(-2, 2)};
    radius = between(0.55, 1.7);
    ink = between(170, 255);
    grain = between(0, 40);
  }

  Point place(Point p) const {  // from the glyph's square to pixels
    p = p + bend_at(p) - Point{0.5, 0.5};
    const Point q{width_ * p.x - slant_ * height_ * p.y, height_ * p.y};
    return centre_ + Point{cos_ * q.x - sin_ * q.y, sin_ * q.x + cos_ * q.y};
  }

  double radius = 1, ink = 255, grain = 0;  // of the pen in pixels; of 255

 private:
  static constexpr std::size_t kKnots = 4;  // along each side of the square
  static constexpr double kBend = 0.09;

  Point bend_at(Point p) const {
    const auto cell = [](double v, std::size_t& at) {
      v = std::clamp(v, 0.0, 1.0) * (kKnots - 1);
      at = std::min(static_cast<std::size_t>(v), kKnots - 2);
      return v - static_cast<double>(at);
    };
    std::size_t i = 0, j = 0;
    const double u = cell(p.x, i), v = cell(p.y, j);
    const auto* row = bend_.data() + j * kKnots + i;
    return (1 - v) * ((1 - u) * row[0] + u * row[1]) + v * ((1 - u) * row[kKnots] + u * row[kKnots + 1]);
  }

  std::array<Point, kKnots * kKnots> bend_;
  double cos_ = 1, sin_ = 0, slant_ = 0, width_ = 20, height_ = 20;
  Point centre_;
};

using Canvas = std::array<double, static_cast<std::size_t>(kDrawnSide* kDrawnSide)>;  // how much of a pixel is inked

void draw_piece(Canvas& canvas, Point a, Point b, double radius) {
  const double reach = radius + 1;
  const auto from = [&](double v) { return std::clamp(static_cast<int>(v - reach), 0, static_cast<int>(kDrawnSide)); };
  const auto to = [&](double v) {
    return std::clamp(static_cast<int>(v + reach) + 1, 0, static_cast<int>(kDrawnSide));
  };
  const Point ab = b - a;
  const double squared = ab.x * ab.x + ab.y * ab.y;
  for (int y = from(std::min(a.y, b.y)); y < to(std::max(a.y, b.y)); ++y) {
    for (int x = from(std::min(a.x, b.x)); x < to(std::max(a.x, b.x)); ++x) {
      const Point p = Point{x + 0.5, y + 0.5} - a;
      const double along = squared > 0 ? std::clamp((p.x * ab.x + p.y * ab.y) / squared, 0.0, 1.0) : 0;
      const Point off = p - along * ab;
      const double covered = std::clamp(radius + 0.5 - std::sqrt(off.x * off.x + off.y * off.y), 0.0, 1.0);
      auto& pixel = canvas[static_cast<std::size_t>(y * kDrawnSide + x)];
      pixel = std::max(pixel, covered);
    }
  }
}

// A Catmull-Rom spline through the points, in short straight pieces.
void draw_stroke(Canvas& canvas, const Stroke& stroke, const Hand& hand) {
  const auto at = [&](std::ptrdiff_t i) {
    return stroke[static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(i, 0, std::ssize(stroke) - 1))];
  };
  Point last = hand.place(stroke[0]);
  for (std::ptrdiff_t i = 0; i + 1 < std::ssize(stroke); ++i) {
    const Point p0 = at(i - 1), p1 = at(i), p2 = at(i + 1), p3 = at(i + 2);
    for (int piece = 1; piece <= kPiecesPerSpan; ++piece) {
      const double t = static_cast<double>(piece) / kPiecesPerSpan;
      const Point p =
          p1 +
          0.5 * t * ((p2 - p0) + t * ((2.0 * p0 - 5.0 * p1 + 4.0 * p2 - p3) + t * (3.0 * p1 - p0 - 3.0 * p2 + p3)));
      const Point next = hand.place(p);
      draw_piece(canvas, last, next, hand.radius);
      last = next;
    }
  }
}

}  // namespace

void draw_digit(std::int64_t index, std::span<std::uint8_t> image) {
  LIMN_CHECK(index >= 0 && image.size() == std::tuple_size_v<Canvas>);
  constexpr double kShake = 0.035;
  Random random(kSeed, "data/drawn-digits", static_cast<std::uint64_t>(index));
  const auto& ways = glyphs()[static_cast<std::size_t>(index % 10)];
  auto glyph = ways[random.below(static_cast<std::uint32_t>(ways.size()))];
  const Hand hand(random);
  Canvas canvas{};
  for (auto& stroke : glyph) {
    for (auto& p : stroke) {
      p.x += kShake * (2 * random.uniform() - 1);
      p.y += kShake * (2 * random.uniform() - 1);
    }
    draw_stroke(canvas, stroke, hand);
  }
  for (std::size_t i = 0; i < canvas.size(); ++i) {
    const double noise = hand.grain * (2 * static_cast<double>(unit_float(random.bits())) - 1);
    image[i] = static_cast<std::uint8_t>(std::clamp(hand.ink * canvas[i] + noise, 0.0, 255.0));
  }
}

std::vector<std::uint8_t> draw_digits() {
  constexpr auto kPixels = static_cast<std::size_t>(kDrawnSide * kDrawnSide);
  std::vector<std::uint8_t> images(kPixels * static_cast<std::size_t>(kDrawnTrain + kDrawnTest));
  for (std::int64_t i = 0; i < kDrawnTrain + kDrawnTest; ++i)
    draw_digit(i, std::span(images).subspan(static_cast<std::size_t>(i) * kPixels, kPixels));
  return images;
}

}  // namespace limn
