// Uniform random tensors: Philox4x32-10 over vectors of counters (the numbers are those of base/random.hpp).
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernel/random.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>

#include "base/random.hpp"
#include "kernel/simd-inl.hpp"
#include "kernel/table.hpp"

HWY_BEFORE_NAMESPACE();
namespace limn::HWY_NAMESPACE {
namespace {

// Sixteen counters from `counter` on, a multiple of 16: 64 numbers. Words live in the low halves of 64-bit lanes.
HWY_INLINE void block(std::uint64_t key, std::uint64_t step, std::uint64_t counter, float* y) {
  const hn::ScalableTag<std::uint64_t> d;
  const hn::Repartition<std::uint32_t, decltype(d)> half;
  using V = hn::Vec<decltype(d)>;
  const std::size_t lanes = hn::Lanes(d);
  const V low = hn::Set(d, 0xFFFFFFFFu), m0 = hn::Set(d, 0xD2511F53u), m1 = hn::Set(d, 0xCD9E8D57u);
  HWY_ALIGN std::uint64_t words[4][16];
  for (std::size_t at = 0; at < 16; at += lanes) {
    const V count = hn::Iota(d, counter + at);
    V c0 = hn::And(count, low), c1 = hn::ShiftRight<32>(count), c2 = hn::Set(d, step & 0xFFFFFFFFu),
      c3 = hn::Set(d, step >> 32);
    auto k0 = static_cast<std::uint32_t>(key), k1 = static_cast<std::uint32_t>(key >> 32);
    for (int round = 0; round < 10; ++round, k0 += 0x9E3779B9, k1 += 0xBB67AE85) {
#if HWY_TARGET == HWY_SCALAR
      const V p0 = hn::Set(d, hn::GetLane(c0) * 0xD2511F53u), p1 = hn::Set(d, hn::GetLane(c2) * 0xCD9E8D57u);
#else
      const V p0 = hn::MulEven(hn::BitCast(half, c0), hn::BitCast(half, m0)),
              p1 = hn::MulEven(hn::BitCast(half, c2), hn::BitCast(half, m1));
#endif
      c0 = hn::Xor(hn::Xor(hn::ShiftRight<32>(p1), c1), hn::Set(d, k0));
      c1 = hn::And(p1, low);
      c2 = hn::Xor(hn::Xor(hn::ShiftRight<32>(p0), c3), hn::Set(d, k1));
      c3 = hn::And(p0, low);
    }
    hn::Store(c0, d, words[0] + at);
    hn::Store(c1, d, words[1] + at);
    hn::Store(c2, d, words[2] + at);
    hn::Store(c3, d, words[3] + at);
  }
  for (int w = 0; w < 4; ++w)
    for (int i = 0; i < 16; ++i) y[w * 16 + i] = unit_float(static_cast<std::uint32_t>(words[w][i]));
  (void)half, (void)m0, (void)m1;
}

void uniform(std::uint64_t key, std::uint64_t step, std::uint64_t first, std::size_t n, float* y) {
  for (std::size_t done = 0; done < n;) {
    const std::uint64_t index = first + done, skip = index % 64;
    const std::size_t take = std::min<std::size_t>(64 - skip, n - done);
    if (take == 64) {
      block(key, step, index / 64 * 16, y + done);
    } else {
      float numbers[64];
      block(key, step, index / 64 * 16, numbers);
      std::copy_n(numbers + skip, take, y + done);
    }
    done += take;
  }
}

}  // namespace

void fill_random(Kernels& table) { table.uniform = &uniform; }

}  // namespace limn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace limn {
HWY_EXPORT(fill_random);
void fill_random(Kernels& table) { HWY_DYNAMIC_DISPATCH(fill_random)(table); }
}  // namespace limn
#endif
