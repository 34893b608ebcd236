// Moving numbers: transposing, and bytes to floats.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernel/movement.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>

#include "kernel/simd-inl.hpp"
#include "kernel/table.hpp"

HWY_BEFORE_NAMESPACE();
namespace limn::HWY_NAMESPACE {
namespace {

// By tiles of 8 columns, so that rows of y a power of two apart stay in one set of the cache, and 64 rows, whole lines
// of both.
void transpose(const float* x, std::size_t rows, std::size_t columns, std::size_t ldx, float* y, std::size_t ldy) {
  constexpr std::size_t kRows = 64, kColumns = 8;
  for (std::size_t i0 = 0; i0 < rows; i0 += kRows)
    for (std::size_t j0 = 0; j0 < columns; j0 += kColumns)
      transpose_block(x + i0 * ldx + j0, std::min(kRows, rows - i0), std::min(kColumns, columns - j0), ldx,
                      y + j0 * ldy + i0, ldy);
}

void from_bytes(const std::uint8_t* x, std::size_t n, float scale, float* y) {
  const hn::ScalableTag<float> d;
  const hn::Rebind<std::int32_t, decltype(d)> di;
  const hn::Rebind<std::uint8_t, decltype(d)> db;
  const std::size_t lanes = hn::Lanes(d);
  const auto factor = hn::Set(d, scale);
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes)
    hn::StoreU(hn::Mul(hn::ConvertTo(d, hn::PromoteTo(di, hn::LoadU(db, x + i))), factor), d, y + i);
  for (; i < n; ++i) y[i] = static_cast<float>(x[i]) * scale;
}

}  // namespace

void fill_movement(Kernels& table) {
  table.transpose = &transpose;
  table.from_bytes = &from_bytes;
}

}  // namespace limn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace limn {
HWY_EXPORT(fill_movement);
void fill_movement(Kernels& table) { HWY_DYNAMIC_DISPATCH(fill_movement)(table); }
}  // namespace limn
#endif
