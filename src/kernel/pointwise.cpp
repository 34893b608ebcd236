// The pointwise operations in SIMD: one row each, named as in graph/op.def, which gives their meaning.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernel/pointwise.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <hwy/contrib/math/math-inl.h>

#include "kernel/simd-inl.hpp"
#include "kernel/table.hpp"

HWY_BEFORE_NAMESPACE();
namespace limn::HWY_NAMESPACE {
namespace {

// erf by two polynomials fitted at Chebyshev points: x P(x^2) up to 1, then 1 - exp(-x^2) Q(1/x). Absolute error 1e-7.
template <class D, class V>
HWY_INLINE V erf_of(D d, V x) {
  const V one = hn::Set(d, 1.0f), magnitude = hn::Min(hn::Abs(x), hn::Set(d, 4.0f)), square = hn::Mul(magnitude, magnitude);
  V p = hn::Set(d, -9.6735900e-06f);
  for (float c : {1.1268254e-04f, -8.4843965e-04f, 5.2210534e-03f, -2.6865438e-02f, 1.1283782622e-01f, -3.7612638476e-01f, 1.1283791671f})
    p = hn::MulAdd(p, square, hn::Set(d, c));
  const V t = hn::Div(one, hn::Max(magnitude, one));
  V q = hn::Set(d, 2.6025233e-02f);
  for (float c : {-1.5349856e-01f, 3.7458831e-01f, -4.4898905e-01f, 1.6222163e-01f, 2.7309734e-01f, -3.9137488e-01f, 2.4049762e-02f,
                  5.6131788e-01f, 1.4590343e-04f})
    q = hn::MulAdd(q, t, hn::Set(d, c));
  const V far = hn::NegMulAdd(hn::Exp(d, hn::Neg(square)), q, one);
  const V positive = hn::IfThenElse(hn::Lt(magnitude, one), hn::Mul(magnitude, p), far);
  return hn::IfThenElse(hn::IsNaN(x), x, hn::CopySign(positive, x));
}

template <class D, class V>
HWY_INLINE V sigmoid_of(D d, V a) {
  const V one = hn::Set(d, 1.0f);
  return hn::Div(one, hn::Add(one, hn::Exp(d, hn::Neg(a))));
}

template <class D, class V>
HWY_INLINE V softplus_of(D d, V a) {
  return hn::Add(hn::Max(a, hn::Zero(d)), hn::Log1p(d, hn::Exp(d, hn::Neg(hn::Abs(a)))));
}

// Highway's transcendental functions clamp a NaN away; a NaN must stay one.
template <class V>
HWY_INLINE V keep_nan(V a, V y) {
  return hn::IfThenElse(hn::IsNaN(a), a, y);
}

#define LIMN_KERNELS(X)                                                             \
  X(neg, 1, hn::Neg(a))                                                             \
  X(exp, 1, keep_nan(a, hn::Exp(d, a)))                                             \
  X(log, 1, keep_nan(a, hn::Log(d, a)))                                             \
  X(log1p, 1, keep_nan(a, hn::Log1p(d, a)))                                         \
  X(expm1, 1, keep_nan(a, hn::Expm1(d, a)))                                         \
  X(sqrt, 1, hn::Sqrt(a))                                                           \
  X(sin, 1, hn::Sin(d, a))                                                          \
  X(cos, 1, hn::Cos(d, a))                                                          \
  X(tanh, 1, keep_nan(a, hn::Tanh(d, a)))                                           \
  X(erf, 1, erf_of(d, a))                                                           \
  X(sigmoid, 1, keep_nan(a, sigmoid_of(d, a)))                                      \
  X(softplus, 1, keep_nan(a, softplus_of(d, a)))                                    \
  X(add, 2, hn::Add(a, b))                                                          \
  X(sub, 2, hn::Sub(a, b))                                                          \
  X(mul, 2, hn::Mul(a, b))                                                          \
  X(div, 2, hn::Div(a, b))                                                          \
  X(relu, 1, hn::IfThenZeroElse(hn::Le(a, hn::Zero(d)), a))                         \
  X(max, 2, hn::IfThenElse(hn::Lt(a, b), b, a))                                     \
  X(min, 2, hn::IfThenElse(hn::Lt(b, a), b, a))                                     \
  X(select, 3, hn::IfThenElse(hn::Ne(a, hn::Zero(d)), b, c))                        \
  X(less, 2, hn::IfThenElseZero(hn::Lt(a, b), hn::Set(d, 1.0f)))

#define LIMN_FUNCTION(name, arity, meaning)                                                             \
  struct name##_ {                                                                                      \
    template <class D, class V>                                                                         \
    static HWY_INLINE V apply([[maybe_unused]] D d, [[maybe_unused]] V a, [[maybe_unused]] V b, [[maybe_unused]] V c) { \
      return meaning;                                                                                   \
    }                                                                                                   \
  };
LIMN_KERNELS(LIMN_FUNCTION)
#undef LIMN_FUNCTION

// Operand as a vector: of one number for all, of the next lanes, or of the last n lanes.
template <bool kOne, class D>
HWY_INLINE hn::Vec<D> operand(D d, const float* p, std::size_t i) {
  if constexpr (kOne) return hn::Set(d, *p);
  else return hn::LoadU(d, p + i);
}
template <bool kOne, class D>
HWY_INLINE hn::Vec<D> operand_n(D d, const float* p, std::size_t i, std::size_t n) {
  if constexpr (kOne) return hn::Set(d, *p);
  else return load_n(d, p + i, n);
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
    const auto y1 = F::apply(d, operand<kA>(d, a, i + lanes), operand<kB>(d, b, i + lanes), operand<kC>(d, c, i + lanes));
    hn::StoreU(y0, d, y + i);
    hn::StoreU(y1, d, y + i + lanes);
  }
  for (; i + lanes <= n; i += lanes)
    hn::StoreU(F::apply(d, operand<kA>(d, a, i), operand<kB>(d, b, i), operand<kC>(d, c, i)), d, y + i);
  if (i < n)
    store_n(d, F::apply(d, operand_n<kA>(d, a, i, n - i), operand_n<kB>(d, b, i, n - i), operand_n<kC>(d, c, i, n - i)), y + i, n - i);
}

template <class F, int kArity>
constexpr PointwiseSet set_of(std::string_view name) {
  if constexpr (kArity == 1) return {name, {&run<F, 1, 0>}};
  else if constexpr (kArity == 2) return {name, {&run<F, 2, 0>, &run<F, 2, 1>, &run<F, 2, 2>}};
  else return {name, {&run<F, 3, 0>, &run<F, 3, 1>, &run<F, 3, 2>, &run<F, 3, 3>, &run<F, 3, 4>, &run<F, 3, 5>, &run<F, 3, 6>}};
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
