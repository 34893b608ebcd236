// Loads and stores of less than a whole vector that touch no byte beyond. Included once per Highway target.
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

}  // namespace limn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
