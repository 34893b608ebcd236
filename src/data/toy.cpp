#include "data/toy.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <iterator>
#include <numbers>
#include <tuple>

#include "base/error.hpp"
#include "base/random.hpp"

namespace limn {
namespace {

constexpr std::uint64_t kSeed = 1;

// Six decimals: the last bits of sin and cos differ between math libraries, the text does not.
class Points {
 public:
  explicit Points(const char* target = "class") : text_(fmt::format("x,y,{}\n", target)) {}
  void add(double x, double y, std::string_view label) {
    fmt::format_to(std::back_inserter(text_), "{:.6f},{:.6f},{}\n", x, y, label);
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

// Uniform over the square from -1 to 1, with a gap along the axes.
std::string xor_points(Random& random) {
  constexpr int kPoints = 500;
  constexpr double kGap = 0.05;
  Points points;
  const auto coordinate = [&] {
    const double v = 2 * random.uniform() - 1;
    return v < 0 ? v * (1 - kGap) - kGap : v * (1 - kGap) + kGap;
  };
  for (int i = 0; i < kPoints; ++i) {
    const double x = coordinate(), y = coordinate();
    points.add(x, y, (x > 0) != (y > 0) ? "true" : "false");
  }
  return points.take();
}

// Two half circles that reach into each other, noise of deviation 0.15.
std::string moon_points(Random& random) {
  constexpr int kPointsEach = 500;
  constexpr double kNoise = 0.15;
  Points points;
  for (int i = 0; i < kPointsEach; ++i) {
    const double t = std::numbers::pi * i / (kPointsEach - 1);
    const double dx = kNoise * random.normal(), dy = kNoise * random.normal();
    points.add(std::cos(t) + dx, std::sin(t) + dy, "upper");
    const double ex = kNoise * random.normal(), ey = kNoise * random.normal();
    points.add(1 - std::cos(t) + ex, 0.5 - std::sin(t) + ey, "lower");
  }
  return points.take();
}

// Two arms of two turns each, radius 0.1 to 1, noise of deviation 0.015; the arms lie 0.22 apart.
std::string spiral_points(Random& random) {
  constexpr int kPointsEach = 500;
  constexpr double kTurns = 2, kInner = 0.1, kNoise = 0.015;
  Points points;
  for (int i = 0; i < kPointsEach; ++i) {
    const double u = static_cast<double>(i) / (kPointsEach - 1);
    const double radius = kInner + (1 - kInner) * u;
    for (const int arm : {0, 1}) {
      const double angle = 2 * std::numbers::pi * kTurns * u + std::numbers::pi * arm;
      const double dx = kNoise * random.normal(), dy = kNoise * random.normal();
      points.add(radius * std::cos(angle) + dx, radius * std::sin(angle) + dy, arm == 0 ? "first" : "second");
    }
  }
  return points.take();
}

// Two rings of radius 0.5 and 1, noise of deviation 0.08.
std::string circle_points(Random& random) {
  constexpr int kPointsEach = 500;
  constexpr double kInner = 0.5, kNoise = 0.08;
  Points points;
  for (int i = 0; i < kPointsEach; ++i) {
    const double angle = 2 * std::numbers::pi * i / kPointsEach;
    for (const double radius : {kInner, 1.0}) {
      const double dx = kNoise * random.normal(), dy = kNoise * random.normal();
      points.add(radius * std::cos(angle) + dx, radius * std::sin(angle) + dy, radius < 1 ? "inner" : "outer");
    }
  }
  return points.take();
}

// Four normal clouds of deviation 0.35 around the corners of a square on its tip.
std::string blob_points(Random& random) {
  constexpr int kPointsEach = 250;
  constexpr double kDeviation = 0.35;
  Points points;
  for (int i = 0; i < kPointsEach; ++i) {
    for (const auto& [x, y, label] : {std::tuple(1, 0, "east"), {0, 1, "north"}, {-1, 0, "west"}, {0, -1, "south"}}) {
      const double dx = kDeviation * random.normal(), dy = kDeviation * random.normal();
      points.add(x + dx, y + dy, label);
    }
  }
  return points.take();
}

// Heights sin(pi x) cos(2 y) over the square from -2 to 2, noise of deviation 0.05.
std::string wave_points(Random& random) {
  constexpr int kPoints = 1000;
  constexpr double kNoise = 0.05;
  Points points("height");
  for (int i = 0; i < kPoints; ++i) {
    const double x = 4 * random.uniform() - 2, y = 4 * random.uniform() - 2;
    const double height = std::sin(std::numbers::pi * x) * std::cos(2 * y) + kNoise * random.normal();
    points.add(x, y, fmt::format("{:.6f}", height));
  }
  return points.take();
}

}  // namespace

std::string toy_csv(std::string_view name) {
  Random random(kSeed, fmt::format("data/{}", name));
  if (name == "xor") return xor_points(random);
  if (name == "moons") return moon_points(random);
  if (name == "circles") return circle_points(random);
  if (name == "blobs") return blob_points(random);
  if (name == "waves") return wave_points(random);
  LIMN_CHECK(name == "spirals", "no toy set {}", name);
  return spiral_points(random);
}

}  // namespace limn
