// Sums and maxima over rows or columns, in an order that depends on the sizes and the path alone.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernel/reduction.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernel/simd-inl.hpp"
#include "kernel/table.hpp"

HWY_BEFORE_NAMESPACE();
namespace limn::HWY_NAMESPACE {
namespace {

template <int kVectors, bool kAdds = false>
HWY_INLINE void sum_strip(const float* x, std::size_t rows, std::size_t ld, float* y) {
  const hn::ScalableTag<float> d;
  const std::size_t lanes = hn::Lanes(d);
  hn::Vec<decltype(d)> sum[kVectors];
  for (int v = 0; v < kVectors; ++v) sum[v] = kAdds ? hn::LoadU(d, y + v * lanes) : hn::Zero(d);
  for (std::size_t i = 0; i < rows; ++i)
    for (int v = 0; v < kVectors; ++v) sum[v] = hn::Add(sum[v], hn::LoadU(d, x + i * ld + v * lanes));
  for (int v = 0; v < kVectors; ++v) hn::StoreU(sum[v], d, y + v * lanes);
}

void sum_columns(const float* x, std::size_t rows, std::size_t columns, std::size_t ld, float* y) {
  const hn::ScalableTag<float> d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t j = 0;
  for (; j + 4 * lanes <= columns; j += 4 * lanes) sum_strip<4>(x + j, rows, ld, y + j);
  for (; j + lanes <= columns; j += lanes) sum_strip<1>(x + j, rows, ld, y + j);
  if (const std::size_t tail = columns - j; tail > 0) {
    auto sum = hn::Zero(d);
    for (std::size_t i = 0; i < rows; ++i) sum = hn::Add(sum, load_n(d, x + i * ld + j, tail));
    store_n(d, sum, y + j, tail);
  }
}

void add_columns(const float* x, std::size_t rows, std::size_t columns, float* y) {
  const hn::ScalableTag<float> d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t j = 0;
  for (; j + 2 * lanes <= columns; j += 2 * lanes) sum_strip<2, true>(x + j, rows, columns, y + j);
  for (; j + lanes <= columns; j += lanes) sum_strip<1, true>(x + j, rows, columns, y + j);
  if (const std::size_t tail = columns - j; tail > 0) {
    auto sum = load_n(d, y + j, tail);
    for (std::size_t i = 0; i < rows; ++i) sum = hn::Add(sum, load_n(d, x + i * columns + j, tail));
    store_n(d, sum, y + j, tail);
  }
}

// Four running vectors, then lane by lane through memory: the order is plain to see.
HWY_INLINE float sum_row(const float* x, std::size_t n) {
  const hn::ScalableTag<float> d;
  const std::size_t lanes = hn::Lanes(d);
  auto s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0;
  std::size_t i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes) {
    s0 = hn::Add(s0, hn::LoadU(d, x + i));
    s1 = hn::Add(s1, hn::LoadU(d, x + i + lanes));
    s2 = hn::Add(s2, hn::LoadU(d, x + i + 2 * lanes));
    s3 = hn::Add(s3, hn::LoadU(d, x + i + 3 * lanes));
  }
  for (; i + lanes <= n; i += lanes) s0 = hn::Add(s0, hn::LoadU(d, x + i));
  if (i < n) s1 = hn::Add(s1, load_n(d, x + i, n - i));
  return hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(s0, s1), hn::Add(s2, s3))));
}

void sum_rows(const float* x, std::size_t rows, std::size_t columns, std::size_t ld, float* y) {
  for (std::size_t i = 0; i < rows; ++i) y[i] = sum_row(x + i * ld, columns);
}

// A NaN wins over everything, so that it is seen; else the first largest.
void max_rows(const float* x, std::size_t rows, std::size_t columns, std::size_t ld, float* y, std::int32_t* index) {
  for (std::size_t i = 0; i < rows; ++i) {
    const float* row = x + i * ld;
    std::size_t best = 0;
    for (std::size_t j = 1; j < columns && row[best] == row[best]; ++j)
      if (row[j] > row[best] || row[j] != row[j]) best = j;
    if (y) y[i] = row[best];
    if (index) index[i] = static_cast<std::int32_t>(best);
  }
}

}  // namespace

void fill_reduction(Kernels& table) {
  table.sum_columns = &sum_columns;
  table.add_columns = &add_columns;
  table.sum_rows = &sum_rows;
  table.max_rows = &max_rows;
}

}  // namespace limn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace limn {
HWY_EXPORT(fill_reduction);
void fill_reduction(Kernels& table) { HWY_DYNAMIC_DISPATCH(fill_reduction)(table); }
}  // namespace limn
#endif
