#include "kernel/convolution.hpp"

#include <algorithm>
#include <cstring>

#include "kernel/kernels.hpp"

namespace limn {
namespace {

constexpr std::int64_t kUnfolded = 32768;  // floats of unfolded windows at a time
constexpr double kChunkFlops = 5e5;        // below, a chunk is not worth a second thread

std::int64_t tile_of(const Convolution& c) {
  const std::int64_t fitting = std::max<std::int64_t>(16, kUnfolded / c.depth() / 16 * 16);
  return std::clamp<std::int64_t>(fitting, 1, std::max<std::int64_t>(1, c.out_plane()));
}
std::int64_t tiles_of(const Convolution& c) { return (c.out_plane() + tile_of(c) - 1) / tile_of(c); }

// Visits the runs of places first .. last - 1 that lie on one line of the last axis: visit(place, a, b, c0, c1).
template <class Visit>
void each_line(const Convolution& c, std::int64_t first, std::int64_t last, Visit visit) {
  const std::int64_t width = c.places[2];
  for (std::int64_t at = first; at < last;) {
    const std::int64_t line = at / width, c0 = at % width, c1 = std::min(width, c0 + last - at);
    visit(at - first, line / c.places[1], line % c.places[1], c0, c1);
    at += c1 - c0;
  }
}

// Visits what a window's element (i, j, k) covers along a line: the places low .. high - 1 of it lie inside, and the
// first of them on `from` of the plane; behind it they are stride[2] apart. low == high: none.
struct Covered {
  std::int64_t low, high, from;
};
Covered covered(const Convolution& c, std::int64_t i, std::int64_t j, std::int64_t k, std::int64_t a, std::int64_t b,
                std::int64_t c0, std::int64_t c1) {
  const Window& w = c.window;
  const std::int64_t x = a * w.stride[0] + i * w.dilation[0] - w.low[0],
                     y = b * w.stride[1] + j * w.dilation[1] - w.low[1], shift = k * w.dilation[2] - w.low[2];
  if (x < 0 || x >= c.plane[0] || y < 0 || y >= c.plane[1]) return {c1, c1, 0};
  const std::int64_t stride = w.stride[2];
  const std::int64_t low = shift >= 0 ? 0 : (-shift + stride - 1) / stride;
  const std::int64_t room = c.plane[2] - 1 - shift, high = room < 0 ? 0 : room / stride + 1;
  const std::int64_t from = std::clamp(low, c0, c1), to = std::clamp(high, from, c1);
  return {from, to, (x * c.plane[1] + y) * c.plane[2] + from * stride + shift};
}

// columns[depth, count]: what each place covers.
void unfold(const Convolution& c, const float* x, std::int64_t first, std::int64_t count, float* columns) {
  const Window& w = c.window;
  float* row = columns;
  for (std::int64_t channel = 0; channel < c.in_group(); ++channel, x += c.in_plane())
    for (std::int64_t i = 0; i < w.size[0]; ++i)
      for (std::int64_t j = 0; j < w.size[1]; ++j)
        for (std::int64_t k = 0; k < w.size[2]; ++k, row += count)
          each_line(c, first, first + count, [&](auto at, auto a, auto b, auto c0, auto c1) {
            const Covered in = covered(c, i, j, k, a, b, c0, c1);
            float* to = row + at;
            std::fill_n(to, in.low - c0, 0.0f);
            if (w.stride[2] == 1)
              std::memcpy(to + in.low - c0, x + in.from, static_cast<std::size_t>(in.high - in.low) * sizeof(float));
            else
              for (std::int64_t p = 0; p < in.high - in.low; ++p) to[in.low - c0 + p] = x[in.from + p * w.stride[2]];
            std::fill_n(to + in.high - c0, c1 - in.high, 0.0f);
          });
}

// The transpose of unfold: adds them back.
void fold(const Convolution& c, const float* columns, std::int64_t first, std::int64_t count, float* x) {
  const Window& w = c.window;
  const float* row = columns;
  for (std::int64_t channel = 0; channel < c.in_group(); ++channel, x += c.in_plane())
    for (std::int64_t i = 0; i < w.size[0]; ++i)
      for (std::int64_t j = 0; j < w.size[1]; ++j)
        for (std::int64_t k = 0; k < w.size[2]; ++k, row += count)
          each_line(c, first, first + count, [&](auto at, auto a, auto b, auto c0, auto c1) {
            const Covered in = covered(c, i, j, k, a, b, c0, c1);
            const float* from = row + at + in.low - c0;
            for (std::int64_t p = 0; p < in.high - in.low; ++p) x[in.from + p * w.stride[2]] += from[p];
          });
}

struct Group {  // of one image
  const Convolution& c;
  std::int64_t image, group;
  float* x(float* of) const { return of + (image * c.in + group * c.in_group()) * c.in_plane(); }
  float* y(float* of) const { return of + (image * c.out + group * c.out_group()) * c.out_plane(); }
  float* w(float* of) const { return of + group * c.out_group() * c.depth(); }
};

void gemm(bool transpose_a, std::int64_t m, std::int64_t n, std::int64_t k, const float* a, std::int64_t lda,
          const float* b, std::int64_t ldb, float* c, std::int64_t ldc, bool add = false) {
  const auto size = [](std::int64_t of) { return static_cast<std::size_t>(of); };
  kernels().gemm(transpose_a, size(m), size(n), size(k), a, size(lda), b, size(ldb), c, size(ldc), add);
}

void forward(const Group& g, std::int64_t tile, float* x, float* w, float* y, float* scratch) {
  const Convolution& c = g.c;
  const std::int64_t first = tile * tile_of(c), count = std::min(tile_of(c), c.out_plane() - first);
  unfold(c, g.x(x), first, count, scratch);
  gemm(false, c.out_group(), count, c.depth(), g.w(w), c.depth(), scratch, count, g.y(y) + first, c.out_plane());
}

void data(const Group& g, float* x, float* w, float* y, float* scratch) {
  const Convolution& c = g.c;
  std::fill_n(g.x(x), c.in_group() * c.in_plane(), 0.0f);
  for (std::int64_t first = 0; first < c.out_plane(); first += tile_of(c)) {
    const std::int64_t count = std::min(tile_of(c), c.out_plane() - first);
    gemm(true, c.depth(), count, c.out_group(), g.w(w), c.depth(), g.y(y) + first, c.out_plane(), scratch, count);
    fold(c, scratch, first, count, g.x(x));
  }
}

// Rows low .. high - 1 of the group's weights, from all images.
void weights(const Convolution& c, std::int64_t group, std::int64_t low, std::int64_t high, float* x, float* w,
             float* y, float* scratch) {
  float *columns = scratch, *rows = scratch + c.depth() * tile_of(c);
  bool add = false;
  for (std::int64_t image = 0; image < c.batch; ++image)
    for (std::int64_t first = 0; first < c.out_plane(); first += tile_of(c), add = true) {
      const Group g{c, image, group};
      const std::int64_t count = std::min(tile_of(c), c.out_plane() - first);
      unfold(c, g.x(x), first, count, columns);
      kernels().transpose(columns, static_cast<std::size_t>(c.depth()), static_cast<std::size_t>(count),
                          static_cast<std::size_t>(count), rows, static_cast<std::size_t>(c.depth()));
      gemm(false, high - low, c.depth(), count, g.y(y) + low * c.out_plane() + first, c.out_plane(), rows, c.depth(),
           g.w(w) + low * c.depth(), c.depth(), add);
    }
  if (!add) std::fill_n(w + (group * c.out_group() + low) * c.depth(), (high - low) * c.depth(), 0.0f);
}

std::int64_t items_of(const Convolution& c, ConvRole role) {
  switch (role) {
    case ConvRole::kForward: return c.batch * c.window.groups * tiles_of(c);
    case ConvRole::kData: return c.batch * c.window.groups;
    case ConvRole::kWeights: return c.window.groups * std::max<std::int64_t>(1, c.out_group() / 8);
  }
  return 0;
}

}  // namespace

Convolution convolution_of(const Window& window, const Shape& x, const Shape& w) {
  Convolution c{window, x[0], x[1], w[0], plane_of(window, x), {}};
  for (int i = 0; i < Window::kMaxAxes; ++i) c.places[i] = window.places(i, c.plane[i]);
  return c;
}

std::int64_t scratch_of(const Convolution& c) { return 2 * c.depth() * tile_of(c); }

int chunks_of(const Convolution& c, ConvRole role) {
  const auto worth = static_cast<std::int64_t>(std::clamp(c.flops() / kChunkFlops, 1.0, 8.0));
  return static_cast<int>(std::clamp<std::int64_t>(items_of(c, role), 1, worth));
}

void convolve(const Convolution& c, ConvRole role, int chunk, int chunks, float* x, float* w, float* y,
              float* scratch) {
  const std::int64_t items = items_of(c, role), low = items * chunk / chunks, high = items * (chunk + 1) / chunks,
                     groups = c.window.groups;
  for (std::int64_t item = low; item < high; ++item) {
    if (role == ConvRole::kForward) {
      const std::int64_t tiles = tiles_of(c), plane = item / tiles;
      forward({c, plane / groups, plane % groups}, item % tiles, x, w, y, scratch);
    } else if (role == ConvRole::kData) {
      data({c, item / groups, item % groups}, x, w, y, scratch);
    } else {
      const std::int64_t blocks = items / groups, block = item % blocks;
      weights(c, item / blocks, c.out_group() * block / blocks, c.out_group() * (block + 1) / blocks, x, w, y, scratch);
    }
  }
}

}  // namespace limn
