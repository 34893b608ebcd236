// The small-matrix product: register blocks of rows by vectors of columns, for the shapes where a library call or its
// packing costs more than the arithmetic (narrow outputs, vectors, tiny networks), and for the scalar path.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernel/gemm.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernel/simd-inl.hpp"
#include "kernel/table.hpp"

HWY_BEFORE_NAMESPACE();
namespace limn::HWY_NAMESPACE {
namespace {

// kRows x (kVectors * lanes) of C, whole or with the last vector cut to `tail` lanes. A is read at a[i * ai + k * ak].
template <int kRows, int kVectors, bool kTail>
HWY_INLINE void block(std::size_t k, const float* a, std::size_t ai, std::size_t ak, const float* b, std::size_t ldb, float* c,
                      std::size_t ldc, std::size_t tail) {
  const hn::ScalableTag<float> d;
  using V = hn::Vec<decltype(d)>;
  const std::size_t lanes = hn::Lanes(d);
  V sum[kRows][kVectors];
  for (int i = 0; i < kRows; ++i)
    for (int v = 0; v < kVectors; ++v) sum[i][v] = hn::Zero(d);
  for (std::size_t p = 0; p < k; ++p) {
    V row[kVectors];
    for (int v = 0; v < kVectors; ++v)
      row[v] = kTail && v == kVectors - 1 ? load_n(d, b + p * ldb + v * lanes, tail) : hn::LoadU(d, b + p * ldb + v * lanes);
    for (int i = 0; i < kRows; ++i) {
      const V x = hn::Set(d, a[i * ai + p * ak]);
      for (int v = 0; v < kVectors; ++v) sum[i][v] = hn::MulAdd(x, row[v], sum[i][v]);
    }
  }
  for (int i = 0; i < kRows; ++i)
    for (int v = 0; v < kVectors; ++v) {
      float* to = c + i * ldc + v * lanes;
      if (kTail && v == kVectors - 1) store_n(d, sum[i][v], to, tail);
      else hn::StoreU(sum[i][v], d, to);
    }
}

// All rows of a strip of kVectors * lanes columns.
template <int kRows, int kVectors, bool kTail>
void strip(std::size_t m, std::size_t k, const float* a, std::size_t ai, std::size_t ak, const float* b, std::size_t ldb, float* c,
           std::size_t ldc, std::size_t tail) {
  std::size_t i = 0;
  for (; i + kRows <= m; i += kRows) block<kRows, kVectors, kTail>(k, a + i * ai, ai, ak, b, ldb, c + i * ldc, ldc, tail);
  if constexpr (kRows > 4)
    for (; i + 4 <= m; i += 4) block<4, kVectors, kTail>(k, a + i * ai, ai, ak, b, ldb, c + i * ldc, ldc, tail);
  if constexpr (kRows > 2)
    for (; i + 2 <= m; i += 2) block<2, kVectors, kTail>(k, a + i * ai, ai, ak, b, ldb, c + i * ldc, ldc, tail);
  for (; i < m; ++i) block<1, kVectors, kTail>(k, a + i * ai, ai, ak, b, ldb, c + i * ldc, ldc, tail);
}

void small_gemm(bool transpose_a, std::size_t m, std::size_t n, std::size_t k, const float* a, std::size_t lda, const float* b,
                std::size_t ldb, float* c, std::size_t ldc) {
  const std::size_t lanes = hn::Lanes(hn::ScalableTag<float>());
  const std::size_t ai = transpose_a ? 1 : lda, ak = transpose_a ? lda : 1;
  std::size_t j = 0;
  if (m == 1)  // one row: many columns at once keep the multiply-adds busy
    for (; j + 8 * lanes <= n; j += 8 * lanes) strip<1, 8, false>(m, k, a, ai, ak, b + j, ldb, c + j, ldc, 0);
  for (; j + 4 * lanes <= n; j += 4 * lanes) strip<HWY_TARGET == HWY_AVX3 ? 6 : 2, 4, false>(m, k, a, ai, ak, b + j, ldb, c + j, ldc, 0);
  for (; j + 2 * lanes <= n; j += 2 * lanes) strip<5, 2, false>(m, k, a, ai, ak, b + j, ldb, c + j, ldc, 0);
  for (; j + lanes <= n; j += lanes) strip<10, 1, false>(m, k, a, ai, ak, b + j, ldb, c + j, ldc, 0);
  if (j < n) strip<10, 1, true>(m, k, a, ai, ak, b + j, ldb, c + j, ldc, n - j);
}

constexpr int kChains = 12;

float multiply_add_chains(std::size_t rounds) {
  const hn::ScalableTag<float> d;
  hn::Vec<decltype(d)> chain[kChains];
  const auto factor = hn::Set(d, 0.999999f), step = hn::Set(d, 1e-7f);
  for (int i = 0; i < kChains; ++i) chain[i] = hn::Set(d, static_cast<float>(i));
  for (std::size_t round = 0; round < rounds; ++round)
    for (int i = 0; i < kChains; ++i) chain[i] = hn::MulAdd(chain[i], factor, step);
  auto sum = chain[0];
  for (int i = 1; i < kChains; ++i) sum = hn::Add(sum, chain[i]);
  return hn::GetLane(hn::SumOfLanes(d, sum));
}

}  // namespace

void fill_gemm(Kernels& table) {
  table.small_gemm = &small_gemm;
  table.multiply_add_chains = &multiply_add_chains;
  table.floats_per_round = kChains * hn::Lanes(hn::ScalableTag<float>());
}

}  // namespace limn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace limn {
HWY_EXPORT(fill_gemm);
void fill_gemm(Kernels& table) { HWY_DYNAMIC_DISPATCH(fill_gemm)(table); }
}  // namespace limn
#endif
