#include "cli/painting.hpp"

#include <algorithm>
#include <cmath>

namespace limn::cli {
namespace {

std::uint8_t byte(double part) {  // 0 to 1
  return static_cast<std::uint8_t>(std::lround(255 * std::clamp(std::isfinite(part) ? part : 0.0, 0.0, 1.0)));
}

}  // namespace

Picture grey(const Grid& grid) {
  const auto [low, high] = std::ranges::minmax(grid.values);
  Picture picture{grid.height, grid.width, {}};
  for (const float v : grid.values)
    picture.pixels.insert(picture.pixels.end(), 3, byte(high > low ? (double{v} - low) / (double{high} - low) : 0));
  return picture;
}

Picture signed_colours(std::span<const float> values, std::int64_t height, std::int64_t width) {
  const auto area = static_cast<std::size_t>(height * width);
  std::vector<float> largest(area);
  float most = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    float& pixel = largest[i % area];
    if (std::abs(values[i]) > std::abs(pixel)) pixel = values[i];
    most = std::max(most, std::abs(values[i]));
  }
  Picture picture{height, width, {}};
  for (const float v : largest) {
    const double part = most > 0 ? std::abs(double{v}) / most : 0;
    const std::uint8_t less = byte(1 - part), full = 255, half = byte(1 - part / 2);
    const std::uint8_t blue[] = {less, half, full}, red[] = {full, half, less};
    picture.pixels.insert(picture.pixels.end(), v > 0 ? blue : red, (v > 0 ? blue : red) + 3);
  }
  return picture;
}

Picture painted(std::span<const float> picture, std::int64_t height, std::int64_t width, double low, double high) {
  const auto area = static_cast<std::size_t>(height * width), channels = picture.size() / area;
  Picture to{height, width, {}};
  for (std::size_t i = 0; i < area; ++i)
    for (std::size_t c = 0; c < 3; ++c) {
      const float v = picture[(channels == 3 ? c : 0) * area + i];
      to.pixels.push_back(byte((v - low) / (high - low)));
    }
  return to;
}

Picture over(const Picture& picture, const Grid& heat) {
  const float most = std::ranges::max(heat.values);
  Picture to = picture;
  for (std::size_t i = 0; i < heat.values.size(); ++i) {
    const double part = most > 0 ? 0.7 * heat.values[i] / most : 0;
    for (std::size_t c = 0; c < 3; ++c)
      to.pixels[3 * i + c] = byte((1 - part) * picture.pixels[3 * i + c] / 255 + (c == 0 ? part : 0));
  }
  return to;
}

}  // namespace limn::cli
