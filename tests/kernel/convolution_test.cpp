// Convolutions in their three roles on every instruction path, against loops in float64 over what meets through the
// window; and the products of rows that lie anywhere and sums of outer products that they are made of.
#include "kernel/convolution.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "convolutions.hpp"
#include "kernel/paths.hpp"

namespace limn {
namespace {

using testing::convolution, testing::Convolution, testing::Guarded, testing::on_every_path;

// visit(x, w, y): the places in memory of every product of the convolution; w as [window..., in / groups, out].
template <class Visit>
void each_product(const Convolution& c, Visit visit) {
  const auto plane = plane_of(c.window, c.x), places = plane_of(c.window, c.y);
  const Window& w = c.window;
  const std::int64_t in = c.x[-1], out = c.y[-1], per_in = in / w.groups, per_out = out / w.groups;
  const auto each = [](const auto& sizes, auto body) {
    for (std::int64_t i = 0; i < sizes[0]; ++i)
      for (std::int64_t j = 0; j < sizes[1]; ++j)
        for (std::int64_t k = 0; k < sizes[2]; ++k) body(std::array<std::int64_t, 3>{i, j, k});
  };
  for (std::int64_t n = 0; n < c.x[0]; ++n)
    each(places, [&](const auto& place) {
      each(w.size, [&](const auto& tap) {
        std::array<std::int64_t, 3> at{};
        for (std::size_t i = 0; i < 3; ++i)
          if (at[i] = place[i] * w.stride[i] + tap[i] * w.dilation[i] - w.low[i]; at[i] < 0 || at[i] >= plane[i])
            return;
        const std::int64_t x = ((n * plane[0] + at[0]) * plane[1] + at[1]) * plane[2] + at[2],
                           y = ((n * places[0] + place[0]) * places[1] + place[1]) * places[2] + place[2],
                           t = (tap[0] * w.size[1] + tap[1]) * w.size[2] + tap[2];
        for (std::int64_t o = 0; o < out; ++o)
          for (std::int64_t i = 0; i < per_in; ++i)
            visit(x * in + o / per_out * per_in + i, (t * per_in + i) * out + o, y * out + o);
      });
    });
}

struct Exact {
  double value = 0, size = 0;  // of the sum, and of the terms
  int terms = 0;
  void add(double a, double b) { value += a * b, size += std::abs(a * b), ++terms; }
};

// The weights as the role reads them: for kData [window..., out, in / groups].
std::size_t place_of_weight(const Convolution& c, ConvRole role, std::int64_t w) {
  const std::int64_t out = c.y[-1], in = c.x[-1] / c.window.groups;
  if (role != ConvRole::kData) return static_cast<std::size_t>(w);
  const std::int64_t o = w % out, i = w / out % in, t = w / out / in;
  return static_cast<std::size_t>((t * out + o) * in + i);
}

struct Numbers {
  Guarded x, w, y;  // w as [window..., in / groups, out]
  explicit Numbers(const Convolution& c)
      : x(static_cast<std::size_t>(c.x.size())),
        w(static_cast<std::size_t>(c.w.size())),
        y(static_cast<std::size_t>(c.y.size())) {}
};

// Runs all chunks twice, as steps do one after another, and gives the last result.
std::vector<float> run(const Convolution& c, ConvRole role, Numbers& numbers) {
  const auto weights = static_cast<std::size_t>(c.w.size());
  Guarded turned(weights);
  for (std::size_t i = 0; i < weights; ++i)
    turned[place_of_weight(c, role, static_cast<std::int64_t>(i))] = numbers.w[i];
  const Shape& shape = role == ConvRole::kForward ? c.y : role == ConvRole::kData ? c.x : c.w;
  Guarded result(static_cast<std::size_t>(shape.size()));
  const Convolver convolver(role, c.window, c.x, c.w, c.y);
  const float* const a = role == ConvRole::kData ? numbers.y.data() : numbers.x.data();
  const float* const b = role == ConvRole::kWeights ? numbers.y.data() : turned.data();
  std::vector<int> done(static_cast<std::size_t>(role == ConvRole::kWeights ? 0 : shape.size() / shape[-1]), 0);
  for (int round = 0; round < 2; ++round)
    for (int chunk = convolver.chunks() - 1; chunk >= 0; --chunk)
      convolver.run(chunk, a, b, result.data(), [&](std::int64_t row0, std::int64_t row1) {
        for (std::int64_t row = row0; row < row1; ++row) ++done[static_cast<std::size_t>(row)];
      });
  for (const int times : done) EXPECT_EQ(times, 2) << "rows that were said to be complete";
  return {result.data(), result.data() + shape.size()};
}

std::vector<Exact> exact(const Convolution& c, ConvRole role, Numbers& numbers) {
  const Shape& shape = role == ConvRole::kForward ? c.y : role == ConvRole::kData ? c.x : c.w;
  std::vector<Exact> sums(static_cast<std::size_t>(shape.size()));
  each_product(c, [&](std::int64_t x, std::int64_t w, std::int64_t y) {
    const double at_x = numbers.x[static_cast<std::size_t>(x)], at_w = numbers.w[static_cast<std::size_t>(w)],
                 at_y = numbers.y[static_cast<std::size_t>(y)];
    switch (role) {
      case ConvRole::kForward: return sums[static_cast<std::size_t>(y)].add(at_x, at_w);
      case ConvRole::kData: return sums[static_cast<std::size_t>(x)].add(at_y, at_w);
      case ConvRole::kWeights: return sums[static_cast<std::size_t>(w)].add(at_x, at_y);
    }
  });
  return sums;
}

std::string to_text(const Convolution& c, ConvRole role) {
  const auto axes = [](const Window::PerAxis& a) { return fmt::format("{}x{}x{}", a[0], a[1], a[2]); };
  return fmt::format("role {}: {} with {} to {}, stride {} dilation {} low {} high {} groups {}",
                     static_cast<int>(role), to_string(c.x), to_string(c.w), to_string(c.y), axes(c.window.stride),
                     axes(c.window.dilation), axes(c.window.low), axes(c.window.high), c.window.groups);
}

void expect_right(const Convolution& c, Random& random) {
  for (const ConvRole role : {ConvRole::kForward, ConvRole::kData, ConvRole::kWeights}) {
    SCOPED_TRACE(to_text(c, role));
    Numbers numbers(c);
    for (Guarded* g : {&numbers.x, &numbers.w, &numbers.y}) g->fill(random, -1, 1);
    const auto given = run(c, role, numbers);
    const auto wanted = exact(c, role, numbers);
    for (std::size_t i = 0; i < given.size(); ++i)  // Higham 2002, equation 3.5; a few sums of parts more
      ASSERT_LE(std::abs(given[i] - wanted[i].value), (wanted[i].terms + 10) * 0x1p-24 * wanted[i].size)
          << "element " << i << ": " << given[i] << " for " << wanted[i].value;
  }
}

TEST(Convolver, AgreesWithFloat64OverSmallConvolutionsOfAllKinds) {
  on_every_path([] {
    Random random(11, "small convolutions");
    for (const Convolution& c : testing::convolutions()) expect_right(c, random);
    for (int trial = 0; trial < 60; ++trial) expect_right(testing::random_convolution(random), random);
  });
}

// Several chunks, pieces and strips of columns with remainders; as layers of networks have them.
TEST(Convolver, AgreesWithFloat64OverTheSizesOfLayers) {
  const auto square = [](std::int32_t size, std::int32_t stride, std::int32_t pad, std::int32_t groups = 1) {
    return Window{.axes = 2,
                  .size = {size, size, 1},
                  .stride = {stride, stride, 1},
                  .low = {pad, pad, 0},
                  .high = {pad, pad, 0},
                  .groups = groups};
  };
  const Convolution layers[] = {
      convolution(3, 1, 6, {28, 28}, square(5, 1, 2)),        // LeNet-5's first: a line's places are a vector
      convolution(3, 1, 20, {14, 17}, square(3, 1, 1)),       // from one channel to many
      convolution(2, 6, 16, {14, 14}, square(5, 1, 0)),       //
      convolution(2, 3, 19, {19, 18}, square(3, 1, 1)),       // few channels to give a gradient to
      convolution(3, 16, 33, {15, 13}, square(3, 2, 1)),      // phases of a stride, and a remainder behind strips
      convolution(4, 17, 32, {9, 8}, square(1, 2, 0)),        // a projection
      convolution(9, 40, 50, {4, 4}, square(3, 1, 1)),        // planes of fewer places than a piece has
      convolution(3, 12, 24, {13, 11}, square(3, 1, 1, 3)),   // groups
      convolution(3, 35, 35, {12, 13}, square(3, 1, 1, 35)),  // every channel alone
      convolution(2, 5, 5, {17, 16}, square(5, 2, 2, 5)),
      convolution(2, 4, 10, {100}, {.axes = 1, .size = {7, 1, 1}, .dilation = {3, 1, 1}, .low = {18, 0, 0}}),
      convolution(1, 3, 9, {6, 7, 9}, {.axes = 3, .size = {3, 3, 2}, .low = {1, 0, 1}, .high = {1, 2, 0}}),
  };
  on_every_path([&] {
    Random random(12, "layers");
    for (const Convolution& c : layers) expect_right(c, random);
    for (int trial = 0; trial < 8; ++trial) {
      const auto whole = [&](std::uint32_t low, std::uint32_t high) {
        return static_cast<std::int32_t>(low + random.below(high - low + 1));
      };
      const std::int32_t size = whole(1, 5), pad = whole(0, static_cast<std::uint32_t>(size));
      expect_right(convolution(whole(1, 5), whole(1, 40), whole(1, 70), {whole(5, 16), whole(5, 16)},
                               square(size, whole(1, 3), pad)),
                   random);
    }
  });
}

// Beyond the border there is nothing, not even a zero that an infinite weight could turn into NaN. Only where the
// places of one channel's line are a vector, and in the sums of the weights, stand zeros around the plane.
TEST(Convolver, MeetsNoZerosBeyondTheBorder) {
  const Window window{.axes = 2, .size = {3, 3, 1}, .low = {1, 1, 0}, .high = {1, 1, 0}};
  on_every_path([&] {
    Random random(13, "borders");
    for (const auto& [in, out, groups] : {std::array{4, 20, 1}, {3, 5, 1}, {6, 6, 6}, {4, 8, 2}, {1, 20, 1}})
      for (const std::int32_t stride : {1, 2})
        for (const ConvRole role : {ConvRole::kForward, ConvRole::kData}) {
          Window w = window;
          w.stride = {stride, stride, 1}, w.groups = groups;
          const Convolution c = convolution(2, in, out, {7, 6}, w);
          SCOPED_TRACE(to_text(c, role));
          Numbers numbers(c);
          for (Guarded* g : {&numbers.x, &numbers.w, &numbers.y}) g->fill(random, 0.5, 1);
          const std::int64_t corner = c.w.size() / 9;  // the weights of the first tap
          for (std::int64_t i = 0; i < corner; ++i) numbers.w[static_cast<std::size_t>(i)] = INFINITY;
          const auto given = run(c, role, numbers);
          const auto wanted = exact(c, role, numbers);
          std::size_t finite = 0;
          for (std::size_t i = 0; i < given.size(); ++i) {
            ASSERT_FALSE(std::isnan(given[i])) << i;
            ASSERT_EQ(std::isinf(given[i]), std::isinf(wanted[i].value)) << i;
            finite += std::isfinite(given[i]);
          }
          EXPECT_GT(finite, 0u);
          EXPECT_LT(finite, given.size());
        }
  });
}

TEST(GatherProduct, AgreesWithFloat64WhereverItsRowsLie) {
  on_every_path([] {
    Random random(14, "gather");
    for (int trial = 0; trial < 40; ++trial) {
      const std::size_t m = 1 + random.below(30), n = 1 + random.below(50), k = 1 + random.below(9),
                        taps = random.below(7), rows = 12 * k;
      Guarded x(m * k * 3 + 7 * k), b(rows * n),
          packed(
              static_cast<std::size_t>(packed_floats(static_cast<std::int64_t>(rows), static_cast<std::int64_t>(n)))),
          y(m * n);
      x.fill(random, -1, 1), b.fill(random, -1, 1);
      kernels().pack_columns(b.data(), rows, n, n, packed.data(), 0, rows);
      std::vector<const float*> from;
      std::vector<float*> to;
      for (std::size_t i = 0; i < m; ++i) {  // rows of A overlap, those of C are in another order
        from.push_back(x.data() + random.below(static_cast<std::uint32_t>(3 * m * k)));
        to.push_back(y.data() + (m - 1 - i) * n);
      }
      std::vector<std::int64_t> offset;
      std::vector<std::size_t> row;
      for (std::size_t t = 0; t < taps; ++t)
        offset.push_back(static_cast<std::int64_t>(random.below(static_cast<std::uint32_t>(6 * k)))),
            row.push_back(k * random.below(12));
      kernels().gather_product({m, n, k, taps, from.data(), offset.data(), packed.data(), rows, row.data(), to.data()});
      for (std::size_t i = 0; i < m; ++i)
        for (std::size_t j = 0; j < n; ++j) {
          Exact sum;
          for (std::size_t t = 0; t < taps; ++t)
            for (std::size_t p = 0; p < k; ++p)
              sum.add(from[i][offset[t] + static_cast<std::int64_t>(p)], b[(row[t] + p) * n + j]);
          ASSERT_LE(std::abs(to[i][j] - sum.value), sum.terms * 0x1p-24 * sum.size)
              << m << "x" << n << " over " << taps << " of " << k;
        }
    }
  });
}

TEST(OuterSum, AddsWhatFloat64Adds) {
  on_every_path([] {
    Random random(15, "outer");
    for (int trial = 0; trial < 60; ++trial) {
      const auto whole = [&](std::size_t most) { return 1 + random.below(static_cast<std::uint32_t>(most)); };
      const std::size_t m = whole(40), n = whole(static_cast<std::size_t>(kernels().strip_columns)), planes = whole(3),
                        lines = whole(3), count = whole(20), a_step = m + random.below(3), b_step = n + random.below(3),
                        a_line = count * a_step + random.below(5), b_line = count * b_step, ldc = n + random.below(9);
      const std::size_t a_plane = lines * a_line, b_plane = lines * b_line + random.below(4);
      Guarded a(planes * a_plane), b(planes * b_plane), c(m * ldc);
      a.fill(random, -1, 1), b.fill(random, -1, 1), c.fill(random, -1, 1);
      const std::vector<float> before(c.data(), c.data() + m * ldc);
      kernels().outer_sum({m, n, a.data(), b.data(), planes, a_plane, b_plane, lines, a_line, b_line, count, a_step,
                           b_step, c.data(), ldc});
      for (std::size_t i = 0; i < m; ++i)
        for (std::size_t j = 0; j < ldc; ++j) {
          Exact sum;
          sum.add(before[i * ldc + j], 1);
          for (std::size_t p = 0; p < planes && j < n; ++p)
            for (std::size_t l = 0; l < lines; ++l)
              for (std::size_t q = 0; q < count; ++q)
                sum.add(a[p * a_plane + l * a_line + q * a_step + i], b[p * b_plane + l * b_line + q * b_step + j]);
          ASSERT_LE(std::abs(c[i * ldc + j] - sum.value), (j < n ? sum.terms : 0) * 0x1p-24 * sum.size)
              << m << "x" << n << " over " << planes << " planes, " << lines << " lines, " << count;
        }
    }
  });
}

}  // namespace
}  // namespace limn
