// Kernels in which every channel stands alone: depthwise convolutions and poolings.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernel/channel.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernel/simd-inl.hpp"
#include "kernel/table.hpp"

HWY_BEFORE_NAMESPACE();
namespace limn::HWY_NAMESPACE {
namespace {

struct Whole {};  // all lanes of a vector

// For all vectors of n columns: visit(column, which of its lanes count: Whole or the first so many).
template <class Visit>
HWY_INLINE void each_vector(std::size_t n, Visit visit) {
  const std::size_t lanes = hn::Lanes(hn::ScalableTag<float>());
  std::size_t j = 0;
  for (; j + lanes <= n; j += lanes) visit(j, Whole());
  if (j < n) visit(j, n - j);
}
template <class D>
HWY_INLINE hn::Vec<D> load_lanes(D d, const float* from, Whole) {
  return hn::LoadU(d, from);
}
template <class D>
HWY_INLINE hn::Vec<D> load_lanes(D d, const float* from, std::size_t count) {
  return load_n(d, from, count);
}
template <class D>
HWY_INLINE void store_lanes(D d, hn::Vec<D> v, float* to, Whole) {
  hn::StoreU(v, d, to);
}
template <class D>
HWY_INLINE void store_lanes(D d, hn::Vec<D> v, float* to, std::size_t count) {
  store_n(d, v, to, count);
}

template <int kRows, class Count>
HWY_INLINE void gather_channel_rows(const GatherProduct& g, std::size_t& row, std::size_t j, Count count) {
  const hn::ScalableTag<float> d;
  for (; row + kRows <= g.m; row += kRows) {
    hn::Vec<decltype(d)> sum[kRows];
    for (auto& of : sum) of = hn::Zero(d);
    for (std::size_t t = 0; t < g.taps; ++t) {
      const auto b = load_lanes(d, g.b + g.row[t] * g.n + j, count);
      for (int i = 0; i < kRows; ++i)
        sum[i] = hn::MulAdd(load_lanes(d, g.a[row + i] + g.offset[t] + j, count), b, sum[i]);
    }
    for (int i = 0; i < kRows; ++i) store_lanes(d, sum[i], g.c[row + i] + j, count);
  }
}

void gather_channels(const GatherProduct& g) {
  each_vector(g.n, [&](std::size_t j, auto count) HWY_ATTR {
    std::size_t row = 0;
    gather_channel_rows<6>(g, row, j, count);
    gather_channel_rows<2>(g, row, j, count);
    gather_channel_rows<1>(g, row, j, count);
  });
}

template <int kRows, class Count>
HWY_INLINE void outer_channel_rows(const OuterSum& s, std::size_t& row, std::size_t j, Count count) {
  const hn::ScalableTag<float> d;
  for (; row + kRows <= s.m; row += kRows) {
    hn::Vec<decltype(d)> sum[kRows];
    for (int i = 0; i < kRows; ++i) sum[i] = load_lanes(d, s.c + (row + i) * s.ldc + j, count);
    for (std::size_t line = 0; line < s.planes * s.lines; ++line) {
      const std::size_t p = line / s.lines, l = line % s.lines;
      const float* a = s.a + p * s.a_plane + l * s.a_line + row * s.n + j;
      const float* b = s.b + p * s.b_plane + l * s.b_line + j;
      for (std::size_t q = 0; q < s.count; ++q, a += s.a_step, b += s.b_step) {
        const auto y = load_lanes(d, b, count);
        for (int i = 0; i < kRows; ++i) sum[i] = hn::MulAdd(load_lanes(d, a + i * s.n, count), y, sum[i]);
      }
    }
    for (int i = 0; i < kRows; ++i) store_lanes(d, sum[i], s.c + (row + i) * s.ldc + j, count);
  }
}

void outer_channels(const OuterSum& s) {
  each_vector(s.n, [&](std::size_t j, auto count) HWY_ATTR {
    std::size_t row = 0;
    outer_channel_rows<5>(s, row, j, count);
    outer_channel_rows<3>(s, row, j, count);
    outer_channel_rows<1>(s, row, j, count);
  });
}

// For each place of a run and vector of its channels: visit(x at the channels, lanes that count, element, y).
template <class Visit>
HWY_INLINE void each_place(const GatherWindows& w, Visit visit) {
  for (std::size_t q = 0; q < w.count; ++q) {
    const std::int64_t element = w.element + static_cast<std::int64_t>(q) * w.step;
    each_vector(w.n, [&](std::size_t j, auto count) HWY_ATTR {
      visit(w.x + element * static_cast<std::int64_t>(w.n) + j, count, element, w.y + q * w.y_step + j);
    });
  }
}

void gather_sum(const GatherWindows& w) {
  const hn::ScalableTag<float> d;
  const auto n = static_cast<std::int64_t>(w.n);
  each_place(w, [&](const float* x, auto count, std::int64_t, float* y) HWY_ATTR {
    auto sum = hn::Zero(d);
    for (std::size_t t = 0; t < w.taps; ++t) sum = hn::Add(sum, load_lanes(d, x + w.offset[t] * n, count));
    store_lanes(d, sum, y, count);
  });
}

void gather_argmax(const GatherWindows& w) {
  const hn::ScalableTag<float> d;
  const hn::RebindToSigned<decltype(d)> di;
  const auto n = static_cast<std::int64_t>(w.n);
  each_place(w, [&](const float* x, auto count, std::int64_t element, float* y) HWY_ATTR {
    const auto number = [&](std::size_t t)
                            HWY_ATTR { return hn::Set(di, static_cast<std::int32_t>(element + w.offset[t])); };
    auto best = hn::Zero(d);
    auto at = hn::Set(di, -1);
    if (w.taps > 0) best = load_lanes(d, x + w.offset[0] * n, count), at = number(0);
    for (std::size_t t = 1; t < w.taps; ++t) {
      const auto a = load_lanes(d, x + w.offset[t] * n, count);
      const auto wins = hn::AndNot(hn::Le(a, best), hn::Eq(best, best));  // larger, or the first NaN
      best = hn::IfThenElse(wins, a, best);
      at = hn::IfThenElse(hn::RebindMask(di, wins), number(t), at);
    }
    store_lanes(d, hn::BitCast(d, at), y, count);
  });
}

}  // namespace

void fill_channel(Kernels& table) {
  table.gather_channels = &gather_channels;
  table.outer_channels = &outer_channels;
  table.gather_sum = &gather_sum;
  table.gather_argmax = &gather_argmax;
}

}  // namespace limn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace limn {
HWY_EXPORT(fill_channel);
void fill_channel(Kernels& table) { HWY_DYNAMIC_DISPATCH(fill_channel)(table); }
}  // namespace limn
#endif
