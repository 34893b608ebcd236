#include "data/figure.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include "base/error.hpp"

namespace limn {
namespace {

constexpr std::int64_t kWorkingSide = 256;  // larger pictures are shrunk to it first
constexpr std::int64_t kFittedSide = 64;    // about so many pixels a side say what the ground is
constexpr std::size_t kMostMeasured = 4096;
constexpr double kInk = 0.2;      // of white: what counts as a training image's figure
constexpr double kSpeck = 0.04;   // parts smaller than this part of the largest are no figure
constexpr double kFaintest = 12;  // of 255: what stands out at all

struct Grid {  // [height, width]
  std::int64_t height = 0, width = 0;
  std::vector<double> values;

  Grid(std::int64_t h, std::int64_t w) : height(h), width(w), values(static_cast<std::size_t>(h * w)) {}
  double& at(std::int64_t y, std::int64_t x) { return values[static_cast<std::size_t>(y * width + x)]; }
};

bool on_border(std::int64_t y, std::int64_t x, PictureSize size) {
  return y == 0 || x == 0 || y == size.height - 1 || x == size.width - 1;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

double median_border(const Picture& picture) {
  std::vector<double> ring;
  for (std::int64_t y = 0; y < picture.height; ++y)
    for (std::int64_t x = 0; x < picture.width; ++x)
      if (on_border(y, x, {picture.height, picture.width}))
        ring.push_back(grey_of(&picture.pixels[static_cast<std::size_t>((y * picture.width + x) * 3)]));
  return median(std::move(ring));
}

// Box and centre of mass of what is inked, ink from 0 to 1.
struct Extent {
  std::int64_t top = 0, left = 0, height = 0, width = 0;
  double down = 0, right = 0;
};

template <class Ink>
Extent extent_of(PictureSize size, double least, Ink ink) {
  std::int64_t top = size.height, bottom = -1, left = size.width, right = -1;
  double mass = 0, down = 0, across = 0;
  for (std::int64_t y = 0; y < size.height; ++y)
    for (std::int64_t x = 0; x < size.width; ++x) {
      const double v = ink(y, x);
      mass += v, down += v * static_cast<double>(y), across += v * static_cast<double>(x);
      if (v <= least) continue;
      top = std::min(top, y), bottom = std::max(bottom, y), left = std::min(left, x), right = std::max(right, x);
    }
  if (bottom < 0) return {};
  return {top, left, bottom - top + 1, right - left + 1, down / mass, across / mass};
}

// The ground: a surface of the second degree by least squares, through the pixels near the border, where figures seldom
// are, then again and again through all that are near to it. Returns what is left of the picture above it, and how far
// the ground's own pixels are from it.
constexpr std::size_t kTerms = 6;
using Terms = std::array<double, kTerms>;

Terms terms_of(const Grid& grid, std::int64_t y, std::int64_t x) {
  const double v = 2 * static_cast<double>(y) / static_cast<double>(std::max<std::int64_t>(1, grid.height - 1)) - 1;
  const double u = 2 * static_cast<double>(x) / static_cast<double>(std::max<std::int64_t>(1, grid.width - 1)) - 1;
  return {1, u, v, u * u, u * v, v * v};
}

// The matrix is symmetric and at least half definite; terms that say nothing new (a picture one pixel wide) become 0.
Terms solved(std::array<Terms, kTerms> a, Terms b) {
  std::array<bool, kTerms> known{};
  for (std::size_t k = 0; k < kTerms; ++k) {
    known[k] = a[k][k] > 1e-9 * a[0][0];
    if (!known[k]) continue;
    for (std::size_t i = k + 1; i < kTerms; ++i) {
      const double factor = a[i][k] / a[k][k];
      for (std::size_t j = k; j < kTerms; ++j) a[i][j] -= factor * a[k][j];
      b[i] -= factor * b[k];
    }
  }
  Terms x{};
  for (std::size_t k = kTerms; k-- > 0;) {
    double sum = b[k];
    for (std::size_t j = k + 1; j < kTerms; ++j) sum -= a[k][j] * x[j];
    if (known[k]) x[k] = sum / a[k][k];
  }
  return x;
}

double ground_at(const Terms& surface, const Terms& t) {
  double ground = 0;
  for (std::size_t p = 0; p < kTerms; ++p) ground += surface[p] * t[p];
  return ground;
}

double level(Grid& grid) {
  const auto step = std::max<std::int64_t>(1, std::max(grid.height, grid.width) / kFittedSide);
  Terms surface{};
  double spread = 255;
  for (int round = 0; round < 8; ++round) {
    std::array<Terms, kTerms> a{};
    Terms b{};
    std::vector<double> distances;
    for (std::int64_t y = 0; y < grid.height; y += step)
      for (std::int64_t x = 0; x < grid.width; x += step) {
        const auto t = terms_of(grid, y, x);
        const double v = grid.at(y, x);
        const bool ground = round == 0 ? std::max(std::abs(t[1]), std::abs(t[2])) > 0.7  // near the border, at first
                                       : std::abs(v - ground_at(surface, t)) <= 2.5 * spread;
        if (!ground) continue;
        for (std::size_t p = 0; p < kTerms; ++p) {
          b[p] += t[p] * v;
          for (std::size_t q = 0; q < kTerms; ++q) a[p][q] += t[p] * t[q];
        }
      }
    surface = solved(a, b);
    for (std::int64_t y = 0; y < grid.height; y += step)
      for (std::int64_t x = 0; x < grid.width; x += step)
        distances.push_back(std::abs(grid.at(y, x) - ground_at(surface, terms_of(grid, y, x))));
    spread = std::max(1.0, 1.4826 * median(std::move(distances)));  // the deviation of normal noise, by its median
  }
  for (std::int64_t y = 0; y < grid.height; ++y)
    for (std::int64_t x = 0; x < grid.width; ++x) grid.at(y, x) -= ground_at(surface, terms_of(grid, y, x));
  return spread;
}

// Otsu's threshold (1979): between the two classes whose means lie furthest apart for their sizes.
double threshold_of(const Grid& ink) {
  std::array<double, 256> counts{};
  for (const double v : ink.values) counts[static_cast<std::size_t>(std::clamp(v, 0.0, 255.0))] += 1;
  double total = 0, sum = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) total += counts[i], sum += counts[i] * static_cast<double>(i);
  double below = 0, sum_below = 0, best = -1, threshold = 0;
  for (std::size_t i = 0; i + 1 < counts.size(); ++i) {
    below += counts[i], sum_below += counts[i] * static_cast<double>(i);
    if (below == 0 || below == total) continue;
    const double apart = sum_below / below - (sum - sum_below) / (total - below);
    const double between = below * (total - below) * apart * apart;
    if (between > best) best = between, threshold = static_cast<double>(i + 1);
  }
  return threshold;
}

// The parts of the mask that are the figure: no specks, and nothing that reaches in over the border beside it.
std::vector<std::uint8_t> figure_among(const std::vector<std::uint8_t>& mask, PictureSize size) {
  std::vector<std::int32_t> part(mask.size(), -1);
  struct Part {
    std::size_t area = 0;
    bool border = false;
  };
  std::vector<Part> parts;
  std::vector<std::size_t> open;
  for (std::size_t start = 0; start < mask.size(); ++start) {
    if (!mask[start] || part[start] >= 0) continue;
    const auto number = static_cast<std::int32_t>(parts.size());
    Part found;
    part[start] = number;
    open.push_back(start);
    while (!open.empty()) {
      const auto at = static_cast<std::int64_t>(open.back());
      open.pop_back();
      const auto y = at / size.width, x = at % size.width;
      ++found.area;
      found.border = found.border || on_border(y, x, size);
      for (auto v = std::max<std::int64_t>(0, y - 1); v <= std::min(size.height - 1, y + 1); ++v)
        for (auto u = std::max<std::int64_t>(0, x - 1); u <= std::min(size.width - 1, x + 1); ++u) {
          const auto next = static_cast<std::size_t>(v * size.width + u);
          if (!mask[next] || part[next] >= 0) continue;
          part[next] = number;
          open.push_back(next);
        }
    }
    parts.push_back(found);
  }
  std::size_t largest = 0;
  for (std::size_t i = 1; i < parts.size(); ++i)
    if (std::pair(!parts[i].border, parts[i].area) > std::pair(!parts[largest].border, parts[largest].area))
      largest = i;
  std::vector<std::uint8_t> kept(mask.size(), 0);
  for (std::size_t i = 0; i < mask.size(); ++i) {
    if (part[i] < 0) continue;
    const auto& p = parts[static_cast<std::size_t>(part[i])];
    const bool large = static_cast<double>(p.area) >= kSpeck * static_cast<double>(parts[largest].area);
    kept[i] = static_cast<std::size_t>(part[i]) == largest || (large && !p.border);
  }
  return kept;
}

Picture grey_picture(PictureSize size, std::uint8_t value) {
  return {size.height, size.width,
          std::vector<std::uint8_t>(static_cast<std::size_t>(size.height * size.width) * 3, value)};
}

std::int64_t rounded(double v) { return static_cast<std::int64_t>(std::floor(v + 0.5)); }

struct Found {
  Picture ink;          // of the figure's box: 255 is ink
  bool bright = false;  // brighter than its ground
};

std::optional<Found> find_figure(const Picture& picture) {
  const PictureSize size{picture.height, picture.width};
  Grid ink(size.height, size.width);
  for (std::size_t i = 0; i < ink.values.size(); ++i) ink.values[i] = grey_of(&picture.pixels[i * 3]);
  const double least = std::max(kFaintest, 5 * level(ink));
  double brighter = 0, darker = 0;
  for (const double v : ink.values) (v > 0 ? brighter : darker) += std::abs(v) > least ? std::abs(v) : 0;
  const bool bright = brighter > darker;
  if (!bright)
    for (double& v : ink.values) v = -v;
  const double threshold = std::max(least, threshold_of(ink));
  std::vector<std::uint8_t> mask;
  for (const double v : ink.values) mask.push_back(v > threshold ? 1 : 0);
  mask = figure_among(mask, size);
  const auto marked = std::ranges::count(mask, 1);
  if (marked < 2 || marked * 1000 < std::ssize(mask)) return std::nullopt;

  double sum = 0;
  for (std::size_t i = 0; i < mask.size(); ++i) sum += mask[i] ? ink.values[i] : 0;
  const double full = sum / static_cast<double>(marked);
  const auto is_near = [&](std::int64_t y, std::int64_t x) {  // soft edges belong to the figure
    for (auto v = std::max<std::int64_t>(0, y - 1); v <= std::min(size.height - 1, y + 1); ++v)
      for (auto u = std::max<std::int64_t>(0, x - 1); u <= std::min(size.width - 1, x + 1); ++u)
        if (mask[static_cast<std::size_t>(v * size.width + u)]) return true;
    return false;
  };
  const auto box = extent_of(size, 0, [&](std::int64_t y, std::int64_t x) {
    return static_cast<double>(mask[static_cast<std::size_t>(y * size.width + x)]);
  });
  Found found{grey_picture({box.height, box.width}, 0), bright};
  for (std::int64_t y = 0; y < box.height; ++y)
    for (std::int64_t x = 0; x < box.width; ++x)
      if (is_near(box.top + y, box.left + x))
        std::fill_n(found.ink.pixels.begin() + (y * box.width + x) * 3, 3,
                    static_cast<std::uint8_t>(std::clamp(255 * ink.at(box.top + y, box.left + x) / full, 0.0, 255.0)));
  return found;
}

// The ink, its strongest made 255, with its centre of mass where the training images have theirs, on their ground.
Picture placed(const Picture& ink, const Figure& figure, PictureSize size) {
  const double strongest = std::max<std::uint8_t>(1, *std::ranges::max_element(ink.pixels));
  const auto mass = extent_of({ink.height, ink.width}, 0, [&](std::int64_t y, std::int64_t x) {
    return ink.pixels[static_cast<std::size_t>((y * ink.width + x) * 3)] / strongest;
  });
  const auto top = std::clamp<std::int64_t>(rounded(figure.down - mass.down), 0, size.height - ink.height);
  const auto left = std::clamp<std::int64_t>(rounded(figure.right - mass.right), 0, size.width - ink.width);
  Picture out = grey_picture(size, figure.bright ? 0 : 255);
  for (std::int64_t y = 0; y < ink.height; ++y)
    for (std::int64_t x = 0; x < ink.width * 3; ++x) {
      const auto from = static_cast<std::size_t>(y * ink.width * 3 + x);
      const auto v = static_cast<std::uint8_t>(rounded(ink.pixels[from] * 255.0 / strongest));
      out.pixels[static_cast<std::size_t>(((top + y) * size.width + left) * 3 + x)] =
          figure.bright ? v : static_cast<std::uint8_t>(255 - v);
    }
  return out;
}

}  // namespace

Figure measure_figure(std::span<const std::uint8_t> bytes, PictureSize size, double most,
                      std::span<const std::int32_t> rows) {
  const auto area = static_cast<std::size_t>(size.height * size.width);
  const auto count = std::min(rows.size(), kMostMeasured);
  const auto image = [&](std::size_t i) {
    return bytes.data() + static_cast<std::size_t>(rows[i * rows.size() / count]) * area;
  };
  std::array<std::size_t, 3> grounds{};  // dark, between, bright
  for (std::size_t i = 0; i < count; ++i)
    for (std::int64_t y = 0; y < size.height; ++y)
      for (std::int64_t x = 0; x < size.width; ++x)
        if (on_border(y, x, size)) {
          const double v = image(i)[y * size.width + x] / most;
          ++grounds[v <= 0.1 ? 0 : v < 0.9 ? 1 : 2];
        }
  const auto all = static_cast<double>(grounds[0] + grounds[1] + grounds[2]);
  const auto plain = static_cast<double>(std::max(grounds[0], grounds[2]));
  if (count == 0 || plain < 0.6 * all) return {};
  Figure figure{.bright = grounds[0] > grounds[2]};
  double seen = 0, box = 0, down = 0, right = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto extent = extent_of(size, kInk, [&](std::int64_t y, std::int64_t x) {
      const double v = image(i)[y * size.width + x] / most;
      return figure.bright ? v : 1 - v;
    });
    if (extent.height == 0) continue;
    seen += 1, box += static_cast<double>(std::max(extent.height, extent.width));
    down += extent.down, right += extent.right;
  }
  if (seen == 0) return {};
  figure.box = box / seen, figure.down = down / seen, figure.right = right / seen;
  return figure;
}

FittedPicture fit_figure(const Picture& picture, const Figure& figure, PictureSize size) {
  LIMN_CHECK(figure.box > 0);
  const double border = median_border(picture);
  const bool same_ground = figure.bright ? border <= 64 : border >= 191;
  const PictureSize whole{picture.height, picture.width};
  if (whole == size && same_ground) return {picture, ""};
  const auto larger = std::max(whole.height, whole.width);
  const auto shrunk = [&](std::int64_t side) {
    return larger <= kWorkingSide ? side : std::max<std::int64_t>(1, side * kWorkingSide / larger);
  };
  const PictureSize working{shrunk(whole.height), shrunk(whole.width)};
  const auto found = find_figure(resized(picture, working));
  if (!found) return {resized(picture, size), "resized: no figure stands out"};

  const double scale = figure.box / static_cast<double>(std::max(found->ink.height, found->ink.width));
  const auto scaled = [&](std::int64_t side, std::int64_t most) {
    return std::clamp<std::int64_t>(rounded(static_cast<double>(side) * scale), 1, most);
  };
  const PictureSize fitted{scaled(found->ink.height, size.height), scaled(found->ink.width, size.width)};
  const auto in_picture = [](std::int64_t side, std::int64_t of_picture, std::int64_t of_working) {
    return (side * of_picture + of_working / 2) / of_working;
  };
  return {placed(resized(found->ink, fitted), figure, size),
          fmt::format("{}ground removed, figure of {}x{} pixels fitted to {}x{} and centred by its mass",
                      found->bright == figure.bright ? "" : "inverted, ",
                      in_picture(found->ink.width, whole.width, working.width),
                      in_picture(found->ink.height, whole.height, working.height), fitted.width, fitted.height)};
}

}  // namespace limn
