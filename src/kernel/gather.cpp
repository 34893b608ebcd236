// Matrix products of rows that lie anywhere: convolutions without unfolding their windows, and the weights' transpose
// of that.
// Source of the indirect rows: Dukhan, "The indirect convolution algorithm" (2019).
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernel/gather.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>

#include "kernel/simd-inl.hpp"
#include "kernel/table.hpp"

HWY_BEFORE_NAMESPACE();
namespace limn::HWY_NAMESPACE {
namespace {

// Register blocks as in gemm.cpp: rows by vectors of columns.
constexpr int kVectors = HWY_TARGET == HWY_AVX3 ? 4 : 2;

// Part of a product: taps first .. end - 1 of a strip that begins at `column`, the last vector with `last` columns.
struct Slice {
  std::size_t column, last, first, end;
};

template <int kRows, int kWidth>
HWY_INLINE void gather_block(const GatherProduct& g, std::size_t row, const Slice& s) {
  const hn::ScalableTag<float> d;
  const std::size_t lanes = hn::Lanes(d), width = kWidth * lanes;
  const float* strip = g.b + s.column * g.rows;
  hn::Vec<decltype(d)> sum[kRows][kWidth];
  for (int i = 0; i < kRows; ++i)
    for (int v = 0; v < kWidth; ++v) {
      const float* from = g.c[row + i] + s.column + v * lanes;
      if (s.first == 0)
        sum[i][v] = hn::Zero(d);
      else
        sum[i][v] = v == kWidth - 1 && s.last < lanes ? load_n(d, from, s.last) : hn::LoadU(d, from);
    }
  for (std::size_t t = s.first; t < s.end; ++t) {
    const float* a[kRows];
    for (int i = 0; i < kRows; ++i) a[i] = g.a[row + i] + g.offset[t];
    const float* b = strip + g.row[t] * width;
    for (std::size_t p = 0; p < g.k; ++p, b += width) {
      hn::Vec<decltype(d)> y[kWidth];
      for (int v = 0; v < kWidth; ++v) y[v] = hn::LoadU(d, b + v * lanes);
      for (int i = 0; i < kRows; ++i) {
        const auto x = hn::Set(d, a[i][p]);
        for (int v = 0; v < kWidth; ++v) sum[i][v] = hn::MulAdd(x, y[v], sum[i][v]);
      }
    }
  }
  for (int i = 0; i < kRows; ++i) {
    float* to = g.c[row + i] + s.column;
    // A whole last vector is faster, where what it writes too much belongs to the next row, which is written
    // afterwards.
    const bool spills = s.first == 0 && s.column == 0 && g.n <= width && lanes - s.last <= g.n && row + i + 1 < g.m &&
                        g.c[row + i + 1] == to + g.n;
    for (int v = 0; v < kWidth; ++v)
      if (v == kWidth - 1 && s.last < lanes && !spills)
        store_n(d, sum[i][v], to + v * lanes, s.last);
      else
        hn::StoreU(sum[i][v], d, to + v * lanes);
  }
}

template <int kRows, int kWidth>
HWY_INLINE void gather_rows(const GatherProduct& g, std::size_t& row, const Slice& s) {
  for (; row + kRows <= g.m; row += kRows) gather_block<kRows, kWidth>(g, row, s);
}

// All rows of a strip, a few taps at a time, so that their part of B stays in the L1 cache.
template <int kWidth>
void gather_strip(const GatherProduct& g, std::size_t column, std::size_t last) {
  constexpr int kRows = kVectors == 4 ? (kWidth == 4 ? 6 : kWidth == 3 ? 8 : 12) : (kWidth == 2 ? 6 : 10);
  constexpr std::size_t kDepth = 640;
  const std::size_t slices = std::max<std::size_t>(1, (g.taps * g.k + kDepth - 1) / kDepth),
                    taps = std::max<std::size_t>(1, (g.taps + slices - 1) / slices);
  Slice s{column, last, 0, 0};
  do {
    s.end = std::min(g.taps, s.first + taps);
    std::size_t row = 0;
    gather_rows<kRows, kWidth>(g, row, s);
    if constexpr (kRows > 8) gather_rows<8, kWidth>(g, row, s);
    if constexpr (kRows > 4) gather_rows<4, kWidth>(g, row, s);
    gather_rows<2, kWidth>(g, row, s);
    gather_rows<1, kWidth>(g, row, s);
    s.first = s.end;
  } while (s.first < g.taps);
}

// Calls visit(column, vectors, columns of the last vector) for each strip of n columns.
template <class Visit>
HWY_INLINE void each_strip(std::size_t n, Visit visit) {
  const std::size_t lanes = hn::Lanes(hn::ScalableTag<float>());
  for (std::size_t column = 0; column < n; column += kVectors * lanes) {
    const std::size_t left = n - column, vectors = std::min<std::size_t>(kVectors, (left + lanes - 1) / lanes);
    visit(column, vectors, std::min(lanes, left - (vectors - 1) * lanes));
  }
}

void gather_product(const GatherProduct& g) {
  each_strip(g.n, [&](std::size_t column, std::size_t vectors, std::size_t last) HWY_ATTR {
    if constexpr (kVectors == 4) {
      if (vectors == 4) return gather_strip<4>(g, column, last);
      if (vectors == 3) return gather_strip<3>(g, column, last);
    }
    if (vectors == 2) return gather_strip<2>(g, column, last);
    gather_strip<1>(g, column, last);
  });
}

// kChannels channels of 2 vectors of places. Reads whole vectors of x, and writes `count` places.
template <int kChannels>
HWY_INLINE void line_block(const LineProduct& p, std::size_t channel, std::size_t place, std::size_t count) {
  const hn::ScalableTag<float> d;
  const std::size_t lanes = hn::Lanes(d);
  hn::Vec<decltype(d)> sum[kChannels][2];
  for (auto& both : sum) both[0] = both[1] = hn::Zero(d);
  for (std::size_t t = 0; t < p.taps; ++t) {
    const float *x = p.x + place + p.offset[t], *w = p.w + t * p.n + channel;
    const auto x0 = hn::LoadU(d, x), x1 = hn::LoadU(d, x + lanes);
    for (int c = 0; c < kChannels; ++c) {
      const auto weight = hn::Set(d, w[c]);
      sum[c][0] = hn::MulAdd(x0, weight, sum[c][0]);
      sum[c][1] = hn::MulAdd(x1, weight, sum[c][1]);
    }
  }
  HWY_ALIGN float turned[kChannels][2 * hn::MaxLanes(d)];
  for (int c = 0; c < kChannels; ++c) hn::Store(sum[c][0], d, turned[c]), hn::Store(sum[c][1], d, turned[c] + lanes);
  transpose_block(turned[0], kChannels, count, 2 * hn::MaxLanes(d), p.y + place * p.n + channel, p.n);
}

void line_product(const LineProduct& p) {
  const std::size_t step = 2 * hn::Lanes(hn::ScalableTag<float>());
  for (std::size_t place = 0; place < p.count; place += step) {
    const std::size_t count = std::min(step, p.count - place);
    std::size_t c = 0;
    for (; c + 6 <= p.n; c += 6) line_block<6>(p, c, place, count);
    for (; c + 2 <= p.n; c += 2) line_block<2>(p, c, place, count);
    if (c < p.n) line_block<1>(p, c, place, count);
  }
}

// kTaps taps of kChannels channels, each a vector of partial sums.
template <int kTaps, int kChannels>
HWY_INLINE void line_sum_block(const LineSum& s, std::size_t tap, std::size_t channel) {
  const hn::ScalableTag<float> d;
  const std::size_t lanes = hn::Lanes(d);
  const float *x[kTaps], *y = s.y + channel * s.ldy;
  for (int t = 0; t < kTaps; ++t) x[t] = s.x + s.offset[tap + t];
  hn::Vec<decltype(d)> sum[kTaps][kChannels];
  for (auto& of : sum)
    for (auto& vector : of) vector = hn::Zero(d);
  const auto add = [&](std::size_t q, auto load) HWY_ATTR {
    hn::Vec<decltype(d)> b[kChannels];
    for (int c = 0; c < kChannels; ++c) b[c] = load(y + c * s.ldy + q);
    for (int t = 0; t < kTaps; ++t) {
      const auto a = loaded(load(x[t] + q));
      for (int c = 0; c < kChannels; ++c) sum[t][c] = hn::MulAdd(a, b[c], sum[t][c]);
    }
  };
  std::size_t q = 0;
  for (; q + lanes <= s.count; q += lanes) add(q, [&](const float* from) HWY_ATTR { return hn::LoadU(d, from); });
  if (q < s.count) add(q, [&](const float* from) HWY_ATTR { return load_n(d, from, s.count - q); });
  for (int t = 0; t < kTaps; ++t)
    for (int c = 0; c < kChannels; ++c) s.w[(tap + t) * s.n + channel + c] += hn::GetLane(hn::SumOfLanes(d, sum[t][c]));
}

template <int kTaps>
HWY_INLINE void line_sum_taps(const LineSum& s, std::size_t& tap) {
  for (; tap + kTaps <= s.taps; tap += kTaps) {
    std::size_t c = 0;
    for (; c + 2 <= s.n; c += 2) line_sum_block<kTaps, 2>(s, tap, c);
    if (c < s.n) line_sum_block<kTaps, 1>(s, tap, c);
  }
}

void line_sum(const LineSum& s) {
  std::size_t tap = 0;
  line_sum_taps<5>(s, tap);
  line_sum_taps<4>(s, tap);
  line_sum_taps<3>(s, tap);
  line_sum_taps<1>(s, tap);
}

void pack_columns(const float* b, std::size_t k, std::size_t n, std::size_t ldb, float* packed, std::size_t row,
                  std::size_t rows) {
  const hn::ScalableTag<float> d;
  const std::size_t lanes = hn::Lanes(d);
  each_strip(n, [&](std::size_t column, std::size_t vectors, std::size_t last) HWY_ATTR {
    float* to = packed + column * rows + row * vectors * lanes;
    for (std::size_t p = 0; p < k; ++p)
      for (std::size_t v = 0; v < vectors; ++v, to += lanes) {
        const float* from = b + p * ldb + column + v * lanes;
        hn::StoreU(v + 1 < vectors ? hn::LoadU(d, from) : load_n(d, from, last), d, to);
      }
  });
}

template <int kRows, int kWidth, bool kWhole>
HWY_INLINE void outer_block(const OuterSum& s, std::size_t row, std::size_t column, std::size_t last) {
  const hn::ScalableTag<float> d;
  const std::size_t lanes = hn::Lanes(d);
  float* c = s.c + row * s.ldc + column;
  hn::Vec<decltype(d)> sum[kRows][kWidth];
  for (int i = 0; i < kRows; ++i)
    for (int v = 0; v < kWidth; ++v) {
      const float* from = c + i * s.ldc + v * lanes;
      sum[i][v] = v < kWidth - 1 || kWhole ? hn::LoadU(d, from) : load_n(d, from, last);
    }
  const std::size_t a_step = s.a_step, b_step = s.b_step, count = s.count;
  const float *a_plane = s.a + row, *b_plane = s.b + column;
  for (std::size_t plane = s.planes; plane > 0; --plane, a_plane += s.a_plane, b_plane += s.b_plane) {
    const float *a_line = a_plane, *b_line = b_plane;
    for (std::size_t line = s.lines; line > 0; --line, a_line += s.a_line, b_line += s.b_line) {
      const float *a = a_line, *b = b_line;
      for (std::size_t q = count; q > 0; --q, a += a_step, b += b_step) {
        hn::Vec<decltype(d)> y[kWidth];
        for (int v = 0; v < kWidth; ++v)
          y[v] = v < kWidth - 1 || kWhole ? hn::LoadU(d, b + v * lanes) : load_n(d, b + v * lanes, last);
        for (int i = 0; i < kRows; ++i) {
          const auto x = hn::Set(d, a[i]);
          for (int v = 0; v < kWidth; ++v) sum[i][v] = hn::MulAdd(x, y[v], sum[i][v]);
        }
      }
    }
  }
  for (int i = 0; i < kRows; ++i)
    for (int v = 0; v < kWidth; ++v) {
      float* to = c + i * s.ldc + v * lanes;
      if (v < kWidth - 1 || kWhole)
        hn::StoreU(sum[i][v], d, to);
      else
        store_n(d, sum[i][v], to, last);
    }
}

template <int kRows, int kWidth>
HWY_INLINE void outer_rows(const OuterSum& s, std::size_t row, std::size_t column, std::size_t last) {
  if (last == hn::Lanes(hn::ScalableTag<float>()))
    outer_block<kRows, kWidth, true>(s, row, column, last);
  else
    outer_block<kRows, kWidth, false>(s, row, column, last);
}

// The last rows, fewer than kRows + 1, are one block.
template <int kRows, int kWidth>
HWY_INLINE void outer_rest(const OuterSum& s, std::size_t row, std::size_t column, std::size_t last) {
  if (s.m - row == kRows) return outer_rows<kRows, kWidth>(s, row, column, last);
  if constexpr (kRows > 1) outer_rest<kRows - 1, kWidth>(s, row, column, last);
}

template <int kWidth>
void outer_strip(const OuterSum& s, std::size_t column, std::size_t last) {
  constexpr int kRows = kVectors == 4 ? (kWidth == 4 ? 6 : kWidth == 3 ? 8 : 12) : (kWidth == 2 ? 6 : 10);
  std::size_t row = 0;
  for (; row + kRows <= s.m; row += kRows) outer_rows<kRows, kWidth>(s, row, column, last);
  outer_rest<kRows - 1, kWidth>(s, row, column, last);
}

void outer_sum(const OuterSum& s) {
  each_strip(s.n, [&](std::size_t column, std::size_t vectors, std::size_t last) HWY_ATTR {
    if constexpr (kVectors == 4) {
      if (vectors == 4) return outer_strip<4>(s, column, last);
      if (vectors == 3) return outer_strip<3>(s, column, last);
    }
    if (vectors == 2) return outer_strip<2>(s, column, last);
    outer_strip<1>(s, column, last);
  });
}

}  // namespace

void fill_gather(Kernels& table) {
  table.gather_product = &gather_product;
  table.line_product = &line_product;
  table.line_sum = &line_sum;
  table.pack_columns = &pack_columns;
  table.outer_sum = &outer_sum;
  table.strip_columns = static_cast<std::int64_t>(kVectors * hn::Lanes(hn::ScalableTag<float>()));
}

}  // namespace limn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace limn {
HWY_EXPORT(fill_gather);
void fill_gather(Kernels& table) { HWY_DYNAMIC_DISPATCH(fill_gather)(table); }
}  // namespace limn
#endif
