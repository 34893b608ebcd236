// The pointwise operations in SIMD: one row each, named as in graph/op.def, which gives their meaning.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernel/pointwise.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernel/pointwise-inl.hpp"
#include "kernel/table.hpp"

HWY_BEFORE_NAMESPACE();
namespace limn::HWY_NAMESPACE {
namespace {

// Operand as a vector: of one number for all, of the next lanes, or of the last n lanes.
template <bool kOne, class D>
HWY_INLINE hn::Vec<D> operand(D d, const float* p, std::size_t i) {
  if constexpr (kOne)
    return hn::Set(d, *p);
  else
    return hn::LoadU(d, p + i);
}
template <bool kOne, class D>
HWY_INLINE hn::Vec<D> operand_n(D d, const float* p, std::size_t i, std::size_t n) {
  if constexpr (kOne)
    return hn::Set(d, *p);
  else
    return load_n(d, p + i, n);
}

template <class F, int kArity, int kOnes>
void run(const float* a, const float* b, const float* c, float* y, std::size_t n) {
  constexpr bool kA = kOnes & 1, kB = kArity < 2 || kOnes & 2, kC = kArity < 3 || kOnes & 4;
  const hn::ScalableTag<float> d;
  const std::size_t lanes = hn::Lanes(d);
  if constexpr (kArity < 2) b = a;  // an unused operand reads the first number of a
  if constexpr (kArity < 3) c = a;
  std::size_t i = 0;
  for (; i + 2 * lanes <= n; i += 2 * lanes) {
    const auto y0 = F::apply(d, operand<kA>(d, a, i), operand<kB>(d, b, i), operand<kC>(d, c, i));
    const auto y1 =
        F::apply(d, operand<kA>(d, a, i + lanes), operand<kB>(d, b, i + lanes), operand<kC>(d, c, i + lanes));
    hn::StoreU(y0, d, y + i);
    hn::StoreU(y1, d, y + i + lanes);
  }
  for (; i + lanes <= n; i += lanes)
    hn::StoreU(F::apply(d, operand<kA>(d, a, i), operand<kB>(d, b, i), operand<kC>(d, c, i)), d, y + i);
  if (i < n)
    store_n(d, F::apply(d, operand_n<kA>(d, a, i, n - i), operand_n<kB>(d, b, i, n - i), operand_n<kC>(d, c, i, n - i)),
            y + i, n - i);
}

template <class F, int kArity>
constexpr PointwiseSet set_of(std::string_view name) {
  if constexpr (kArity == 1)
    return {name, {&run<F, 1, 0>}};
  else if constexpr (kArity == 2)
    return {name, {&run<F, 2, 0>, &run<F, 2, 1>, &run<F, 2, 2>}};
  else
    return {name,
            {&run<F, 3, 0>, &run<F, 3, 1>, &run<F, 3, 2>, &run<F, 3, 3>, &run<F, 3, 4>, &run<F, 3, 5>, &run<F, 3, 6>}};
}

constexpr PointwiseSet kSets[] = {
#define LIMN_ROW(name, arity, meaning) set_of<name##_, arity>(#name),
    LIMN_KERNELS(LIMN_ROW)
#undef LIMN_ROW
};

}  // namespace

void fill_pointwise(Kernels& table) {
  table.pointwise = kSets;
  table.pointwise_count = std::size(kSets);
}

}  // namespace limn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace limn {
HWY_EXPORT(fill_pointwise);
void fill_pointwise(Kernels& table) { HWY_DYNAMIC_DISPATCH(fill_pointwise)(table); }
}  // namespace limn
#endif
