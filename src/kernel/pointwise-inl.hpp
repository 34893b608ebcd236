// The pointwise operations in SIMD: one row each, named as in graph/op.def, which gives their meaning. Included once
// per Highway target.
#if defined(LIMN_POINTWISE_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef LIMN_POINTWISE_INL
#undef LIMN_POINTWISE_INL
#else
#define LIMN_POINTWISE_INL
#endif

#include <hwy/contrib/math/math-inl.h>

#include <cmath>

#include "kernel/simd-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace limn::HWY_NAMESPACE {

// erf by two polynomials fitted at Chebyshev points: x P(x^2) up to 1, then 1 - exp(-x^2) Q(1/x). Absolute error 1e-7.
template <class D, class V>
HWY_INLINE V erf_of(D d, V x) {
  const V one = hn::Set(d, 1.0f), magnitude = hn::Min(hn::Abs(x), hn::Set(d, 4.0f)),
          square = hn::Mul(magnitude, magnitude);
  V p = hn::Set(d, -9.6735900e-06f);
  for (float c : {1.1268254e-04f, -8.4843965e-04f, 5.2210534e-03f, -2.6865438e-02f, 1.1283782622e-01f,
                  -3.7612638476e-01f, 1.1283791671f})
    p = hn::MulAdd(p, square, hn::Set(d, c));
  const V t = hn::Div(one, hn::Max(magnitude, one));
  V q = hn::Set(d, 2.6025233e-02f);
  for (float c : {-1.5349856e-01f, 3.7458831e-01f, -4.4898905e-01f, 1.6222163e-01f, 2.7309734e-01f, -3.9137488e-01f,
                  2.4049762e-02f, 5.6131788e-01f, 1.4590343e-04f})
    q = hn::MulAdd(q, t, hn::Set(d, c));
  const V far = hn::NegMulAdd(hn::Exp(d, hn::Neg(square)), q, one);
  const V positive = hn::IfThenElse(hn::Lt(magnitude, one), hn::Mul(magnitude, p), far);
  return hn::CopySign(positive, x);
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

template <class D, class V>
HWY_INLINE V sign_of(D d, V a) {
  return hn::IfThenElse(hn::Gt(hn::Abs(a), hn::Zero(d)), hn::CopySign(hn::Set(d, 1.0f), a), a);
}

// Lane by lane in float64: exp(b log a) in float32 would lose a digit with every power of ten.
template <class D, class V>
HWY_INLINE V pow_of(D d, V a, V b) {
  HWY_ALIGN float base[hn::MaxLanes(d)], exponent[hn::MaxLanes(d)];
  hn::Store(a, d, base);
  hn::Store(b, d, exponent);
  for (std::size_t i = 0; i < hn::Lanes(d); ++i)
    base[i] = static_cast<float>(std::pow(static_cast<double>(base[i]), static_cast<double>(exponent[i])));
  return hn::Load(d, base);
}

// Highway's transcendental functions are not made for NaN, and some clamp it away; a NaN must stay one.
template <class D, class V>
HWY_INLINE V no_nan(D d, V a) {
  return hn::IfThenElse(hn::IsNaN(a), hn::Zero(d), a);
}
template <class V>
HWY_INLINE V keep_nan(V a, V y) {
  return hn::IfThenElse(hn::IsNaN(a), a, y);
}

#undef LIMN_KERNELS
#define LIMN_KERNELS(X)                                      \
  X(neg, 1, hn::Neg(a))                                      \
  X(abs, 1, hn::Abs(a))                                      \
  X(exp, 1, keep_nan(a, hn::Exp(d, no_nan(d, a))))           \
  X(log, 1, keep_nan(a, hn::Log(d, no_nan(d, a))))           \
  X(log1p, 1, keep_nan(a, hn::Log1p(d, no_nan(d, a))))       \
  X(expm1, 1, keep_nan(a, hn::Expm1(d, no_nan(d, a))))       \
  X(sqrt, 1, hn::Sqrt(a))                                    \
  X(sin, 1, keep_nan(a, hn::Sin(d, no_nan(d, a))))           \
  X(cos, 1, keep_nan(a, hn::Cos(d, no_nan(d, a))))           \
  X(atan, 1, keep_nan(a, hn::Atan(d, no_nan(d, a))))         \
  X(tanh, 1, keep_nan(a, hn::Tanh(d, no_nan(d, a))))         \
  X(erf, 1, keep_nan(a, erf_of(d, no_nan(d, a))))            \
  X(sigmoid, 1, keep_nan(a, sigmoid_of(d, no_nan(d, a))))    \
  X(softplus, 1, keep_nan(a, softplus_of(d, no_nan(d, a))))  \
  X(add, 2, hn::Add(a, b))                                   \
  X(sub, 2, hn::Sub(a, b))                                   \
  X(mul, 2, hn::Mul(a, b))                                   \
  X(div, 2, hn::Div(a, b))                                   \
  X(pow, 2, pow_of(d, a, b))                                 \
  X(relu, 1, hn::IfThenZeroElse(hn::Le(a, hn::Zero(d)), a))  \
  X(max, 2, hn::IfThenElse(hn::Lt(a, b), b, a))              \
  X(min, 2, hn::IfThenElse(hn::Lt(b, a), b, a))              \
  X(select, 3, hn::IfThenElse(hn::Ne(a, hn::Zero(d)), b, c)) \
  X(floor, 1, keep_nan(a, hn::Floor(no_nan(d, a))))          \
  X(sign, 1, sign_of(d, a))                                  \
  X(less, 2, hn::IfThenElseZero(hn::Lt(a, b), hn::Set(d, 1.0f)))

#define LIMN_FUNCTION(name, arity, meaning)                                                     \
  struct name##_ {                                                                              \
    template <class D, class V>                                                                 \
    static HWY_INLINE V apply([[maybe_unused]] D d, [[maybe_unused]] V a, [[maybe_unused]] V b, \
                              [[maybe_unused]] V c) {                                           \
      return meaning;                                                                           \
    }                                                                                           \
  };
LIMN_KERNELS(LIMN_FUNCTION)
#undef LIMN_FUNCTION

}  // namespace limn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
