// The matrix product: register blocks over strips of columns, B read where it lies unless it lies badly.
// Source of the blocking: Goto and van de Geijn, "Anatomy of high-performance matrix multiplication" (2008).
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernel/gemm.cpp"
#include <hwy/foreach_target.h>
#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <algorithm>
#include <type_traits>

#include "kernel/simd-inl.hpp"
#include "kernel/table.hpp"

HWY_BEFORE_NAMESPACE();
namespace limn::HWY_NAMESPACE {
namespace {

// Register blocks: rows by vectors of columns. Twelve or more independent sums hide the latency of a multiply-add.
constexpr int kVectors = HWY_TARGET == HWY_AVX3 ? 4 : 2;
constexpr std::size_t kDepth = 320;  // of a slice of k, so that a strip of B stays in the L1 or L2 cache

struct Strip {
  std::size_t m, k;
  const float* a;  // read at a[i * ai + p * ak]
  std::size_t ai, ak;
  const float* b;
  std::size_t ldb;
  float* c;
  std::size_t ldc;
  std::size_t last;  // columns of the last vector
  bool add;          // to what C holds: the chain of an earlier slice of k goes on
  bool whole_b;      // the strip of B may be read in whole vectors
};

template <int kRows, int kWidth>
HWY_INLINE void block(const Strip& s, std::size_t row) {
  const hn::ScalableTag<float> d;
  const std::size_t lanes = hn::Lanes(d);
  const float* a = s.a + row * s.ai;
  float* c = s.c + row * s.ldc;
  hn::Vec<decltype(d)> sum[kRows][kWidth];
  for (int i = 0; i < kRows; ++i)
    for (int v = 0; v < kWidth; ++v) {
      const float* from = c + i * s.ldc + v * lanes;
      if (!s.add)
        hwy::Prefetch(from), sum[i][v] = hn::Zero(d);
      else if (v == kWidth - 1 && s.last < lanes)
        sum[i][v] = load_n(d, from, s.last);
      else
        sum[i][v] = hn::LoadU(d, from);
    }
  auto accumulate = [&](auto whole) HWY_ATTR {
    for (std::size_t p = 0; p < s.k; ++p) {
      hn::Vec<decltype(d)> b[kWidth];
      for (int v = 0; v < kWidth; ++v) {
        const float* from = s.b + p * s.ldb + v * lanes;
        b[v] = whole() || v < kWidth - 1 ? hn::LoadU(d, from) : load_n(d, from, s.last);
      }
      for (int i = 0; i < kRows; ++i) {
        const auto x = hn::Set(d, a[i * s.ai + p * s.ak]);
        for (int v = 0; v < kWidth; ++v) sum[i][v] = hn::MulAdd(x, b[v], sum[i][v]);
      }
    }
  };
  if (s.whole_b)
    accumulate(std::true_type());
  else
    accumulate(std::false_type());
  for (int i = 0; i < kRows; ++i)
    for (int v = 0; v < kWidth; ++v) {
      float* to = c + i * s.ldc + v * lanes;
      if (v == kWidth - 1 && s.last < lanes)
        store_n(d, sum[i][v], to, s.last);
      else
        hn::StoreU(sum[i][v], d, to);
    }
}

template <int kRows, int kWidth>
HWY_INLINE void rows(const Strip& s, std::size_t& row) {
  for (; row + kRows <= s.m; row += kRows) block<kRows, kWidth>(s, row);
}

// All rows of a strip of kWidth vectors: the narrower, the more rows at once.
template <int kWidth>
void run(const Strip& s) {
  constexpr int kRows = kVectors == 4 ? (kWidth == 4 ? 6 : kWidth == 3 ? 8 : 12) : (kWidth == 2 ? 6 : 10);
  std::size_t row = 0;
  rows<kRows, kWidth>(s, row);
  if constexpr (kRows > 8) rows<8, kWidth>(s, row);
  if constexpr (kRows > 4) rows<4, kWidth>(s, row);
  rows<2, kWidth>(s, row);
  rows<1, kWidth>(s, row);
}

void run_width(const Strip& s, std::size_t width) {
  if constexpr (kVectors == 4) {
    if (width == 4) return run<4>(s);
    if (width == 3) return run<3>(s);
  }
  if (width == 2) return run<2>(s);
  run<1>(s);
}

// Vectors of the next strip: a single row takes whole vectors by the many, to read B in long pieces.
std::size_t strip_width(std::size_t m, std::size_t vectors, std::size_t whole_vectors) {
  constexpr std::size_t kLong = HWY_TARGET == HWY_AVX3 ? 16 : 8;
  if (m == 1 && whole_vectors >= kLong) return kLong;
  if (m == 1 && whole_vectors >= 8) return 8;
  return std::min<std::size_t>(vectors, kVectors);
}

void gemm(bool transpose_a, std::size_t m, std::size_t n, std::size_t k, const float* a, std::size_t lda,
          const float* b, std::size_t ldb, float* c, std::size_t ldc, bool add) {
  const hn::ScalableTag<float> d;
  const std::size_t lanes = hn::Lanes(d), ai = transpose_a ? 1 : lda, ak = transpose_a ? lda : 1;
  // A strip of B is copied side by side when many rows use it and it lies badly: across cache lines, or too long.
  const bool crosses = ldb % 16 != 0 || reinterpret_cast<std::uintptr_t>(b) % 64 != 0;
  const bool pack = m >= 24 && (HWY_TARGET != HWY_AVX3 || crosses || k > 3 * kDepth);
  HWY_ALIGN float packed[kDepth * kVectors * hn::MaxLanes(d)];
  for (std::size_t j = 0, width = 0; j < n; j += width * lanes) {
    width = strip_width(m, (n - j + lanes - 1) / lanes, (n - j) / lanes);
    Strip s{m, k, a, ai, ak, b + j, ldb, c + j, ldc, std::min(lanes, n - j - (width - 1) * lanes), false, false};
    const std::size_t depth = pack ? kDepth : k;
    for (std::size_t p = 0; p == 0 || p < k; p += depth) {
      s.k = std::min(depth, k - p);
      s.a = a + p * ak, s.b = b + p * ldb + j, s.ldb = ldb;
      s.add = add || p > 0, s.whole_b = s.last == lanes;
      if (pack) {
        for (std::size_t q = 0; q < s.k; ++q)
          for (std::size_t v = 0; v < width; ++v) {
            const float* from = s.b + q * ldb + v * lanes;
            hn::Store(v + 1 < width || s.whole_b ? hn::LoadU(d, from) : load_n(d, from, s.last), d,
                      packed + (q * width + v) * lanes);
          }
        s.b = packed, s.ldb = width * lanes, s.whole_b = true;
      }
      switch (width) {
        case 16: block<1, 16>(s, 0); break;
        case 8: block<1, 8>(s, 0); break;
        default: run_width(s, width);
      }
    }
  }
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
  table.gemm = &gemm;
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
