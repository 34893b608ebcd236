// Loads and stores of less than a whole vector that touch no byte beyond, and transposing. Included once per Highway
// target.
#if defined(LIMN_SIMD_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef LIMN_SIMD_INL
#undef LIMN_SIMD_INL
#else
#define LIMN_SIMD_INL
#endif

#include <hwy/highway.h>

#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace limn::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// AVX2 and AVX-512 have masked moves that neither fault nor write outside the mask; elsewhere we go through the stack.
#define LIMN_MASKED_MOVES (HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3)

template <class D>
HWY_INLINE hn::Vec<D> load_n(D d, const float* p, std::size_t n) {
#if LIMN_MASKED_MOVES
  return hn::MaskedLoad(hn::FirstN(d, n), d, p);
#else
  HWY_ALIGN float lanes[hn::MaxLanes(d)] = {};
  std::memcpy(lanes, p, n * sizeof(float));
  return hn::Load(d, lanes);
#endif
}

template <class D>
HWY_INLINE void store_n(D d, hn::Vec<D> v, float* p, std::size_t n) {
#if HWY_TARGET == HWY_AVX2  // masked stores are many times as slow as whole ones on some processors
  const hn::Half<D> half;
  const hn::Half<decltype(half)> quarter;
  auto four = hn::LowerHalf(half, v);
  if (n & 4) hn::StoreU(four, half, p), p += 4, four = hn::UpperHalf(half, v);
  auto two = hn::LowerHalf(quarter, four);
  if (n & 2) hn::StoreU(two, quarter, p), p += 2, two = hn::UpperHalf(quarter, four);
  if (n & 1) *p = hn::GetLane(two);
#elif LIMN_MASKED_MOVES
  hn::BlendedStore(v, hn::FirstN(d, n), d, p);
#else
  HWY_ALIGN float lanes[hn::MaxLanes(d)];
  hn::Store(v, d, lanes);
  std::memcpy(p, lanes, n * sizeof(float));
#endif
}

// A vector that is used more than once and that compilers would load anew for each use.
template <class V>
HWY_INLINE V loaded(V v) {
#if LIMN_MASKED_MOVES && defined(__GNUC__)
  asm("" : "+x"(v.raw));
#endif
  return v;
}

// y[j, i] = x[i, j], 4 x 4 at a time.
HWY_INLINE void transpose_block(const float* x, std::size_t rows, std::size_t columns, std::size_t ldx, float* y,
                                std::size_t ldy) {
  std::size_t i = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::Full128<float> d;
  const hn::Full128<double> pairs;
  const auto both = [&](auto a, auto b, float* low, float* high) HWY_ATTR {
    const auto first = hn::BitCast(pairs, a), second = hn::BitCast(pairs, b);
    hn::StoreU(hn::BitCast(d, hn::InterleaveLower(pairs, first, second)), d, low);
    hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(pairs, first, second)), d, high);
  };
  for (; i + 4 <= rows; i += 4, x += 4 * ldx, y += 4) {
    std::size_t j = 0;
    for (; j + 4 <= columns; j += 4) {
      const auto a = hn::LoadU(d, x + j), b = hn::LoadU(d, x + ldx + j), c = hn::LoadU(d, x + 2 * ldx + j),
                 e = hn::LoadU(d, x + 3 * ldx + j);
      float* const to = y + j * ldy;
      both(hn::InterleaveLower(d, a, b), hn::InterleaveLower(d, c, e), to, to + ldy);
      both(hn::InterleaveUpper(d, a, b), hn::InterleaveUpper(d, c, e), to + 2 * ldy, to + 3 * ldy);
    }
    for (; j < columns; ++j)
      for (std::size_t k = 0; k < 4; ++k) y[j * ldy + k] = x[k * ldx + j];
  }
  const hn::Half<decltype(d)> half;
  for (; i + 2 <= rows; i += 2, x += 2 * ldx, y += 2) {
    std::size_t j = 0;
    for (; j + 4 <= columns; j += 4) {
      const auto a = hn::LoadU(d, x + j), b = hn::LoadU(d, x + ldx + j);
      const auto low = hn::InterleaveLower(d, a, b), high = hn::InterleaveUpper(d, a, b);
      hn::StoreU(hn::LowerHalf(half, low), half, y + j * ldy);
      hn::StoreU(hn::UpperHalf(half, low), half, y + (j + 1) * ldy);
      hn::StoreU(hn::LowerHalf(half, high), half, y + (j + 2) * ldy);
      hn::StoreU(hn::UpperHalf(half, high), half, y + (j + 3) * ldy);
    }
    for (; j < columns; ++j) y[j * ldy] = x[j], y[j * ldy + 1] = x[ldx + j];
  }
#endif
  for (; i < rows; ++i, x += ldx, ++y)
    for (std::size_t j = 0; j < columns; ++j) y[j * ldy] = x[j];
}

}  // namespace limn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
