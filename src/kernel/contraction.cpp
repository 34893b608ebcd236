#include "kernel/contraction.hpp"

#include <oneapi/dnnl/dnnl.h>

#include <algorithm>

#include "base/error.hpp"
#include "kernel/isa.hpp"
#include "kernel/kernels.hpp"

namespace limn {
namespace {

constexpr double kChunkFlops = 5e5;  // below this a chunk is not worth a second thread

// A multiple of 16 near n * i / parts, so that chunks start at whole vectors.
std::int64_t cut(std::int64_t n, int i, int parts) { return i == parts ? n : n * i / parts / 16 * 16; }

}  // namespace

Contraction plan_contraction(bool transpose_a, std::int64_t m, std::int64_t n, std::int64_t k) {
  Contraction c{transpose_a, m, n, k, false, 1, 1};
  c.own_kernel = selected_isa() == "scalar" || n < 48 || k < 12 || m < 4 || c.flops() < 2e5;
  const int worth = static_cast<int>(std::clamp(c.flops() / kChunkFlops, 1.0, 8.0));
  if (transpose_a || n < 64) {
    c.row_chunks = static_cast<int>(std::clamp<std::int64_t>(m / 32, 1, worth));
  } else {
    c.column_chunks = static_cast<int>(std::clamp<std::int64_t>(n / 64, 1, std::min(worth, m == 1 ? 2 : 4)));
  }
  return c;
}

Block block_of(const Contraction& c, int chunk) {
  const int row = chunk / c.column_chunks, column = chunk % c.column_chunks;
  return {cut(c.m, row, c.row_chunks), cut(c.m, row + 1, c.row_chunks), cut(c.n, column, c.column_chunks),
          cut(c.n, column + 1, c.column_chunks)};
}

void contract(const Contraction& c, const Block& block, const float* a, std::int64_t lda, const float* b, std::int64_t ldb, float* y,
              std::int64_t ldc) {
  const std::int64_t m = block.row1 - block.row0, n = block.column1 - block.column0;
  const float* from_a = a + (c.transpose_a ? block.row0 : block.row0 * lda);
  const float* from_b = b + block.column0;
  float* to = y + block.row0 * ldc + block.column0;
  if (c.own_kernel) return kernels().small_gemm(c.transpose_a, m, n, c.k, from_a, lda, from_b, ldb, to, ldc);
  const auto status = dnnl_sgemm(c.transpose_a ? 'T' : 'N', 'N', m, n, c.k, 1.0f, from_a, lda, from_b, ldb, 0.0f, to, ldc);
  LIMN_CHECK(status == dnnl_success, "dnnl_sgemm said {}", static_cast<int>(status));
}

}  // namespace limn
