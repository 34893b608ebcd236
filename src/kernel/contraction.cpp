#include "kernel/contraction.hpp"

#include <algorithm>

#include "kernel/kernels.hpp"

namespace limn {
namespace {

// Below these a chunk is not worth a second thread: arithmetic, or the bytes of B where few rows use them.
constexpr double kChunkFlops = 5e5, kChunkBytes = 2.5e5;

// A multiple of `grain` near n * i / parts, so that chunks start at whole vectors and strips.
std::int64_t cut(std::int64_t n, int i, int parts, std::int64_t grain) {
  return i == parts ? n : n * i / parts / grain * grain;
}

}  // namespace

Contraction plan_contraction(bool transpose_a, std::int64_t m, std::int64_t n, std::int64_t k) {
  Contraction c{transpose_a, m, n, k, 1, 1};
  const double bytes = 4.0 * static_cast<double>(k) * static_cast<double>(n);
  const int worth = static_cast<int>(std::clamp(std::max(c.flops() / kChunkFlops, bytes / kChunkBytes), 1.0, 8.0));
  if (transpose_a || n < 128)
    c.row_chunks = static_cast<int>(std::clamp<std::int64_t>(m / 24, 1, worth));
  else
    c.column_chunks = static_cast<int>(std::clamp<std::int64_t>(n / 64, 1, worth));
  return c;
}

Block block_of(const Contraction& c, int chunk) {
  const int row = chunk / c.column_chunks, column = chunk % c.column_chunks;
  return {cut(c.m, row, c.row_chunks, 12), cut(c.m, row + 1, c.row_chunks, 12), cut(c.n, column, c.column_chunks, 64),
          cut(c.n, column + 1, c.column_chunks, 64)};
}

void contract(const Contraction& c, const Block& block, const float* a, std::int64_t lda, const float* b,
              std::int64_t ldb, float* y, std::int64_t ldc) {
  kernels().gemm(c.transpose_a, static_cast<std::size_t>(block.row1 - block.row0),
                 static_cast<std::size_t>(block.column1 - block.column0), static_cast<std::size_t>(c.k),
                 a + (c.transpose_a ? block.row0 : block.row0 * lda), static_cast<std::size_t>(lda), b + block.column0,
                 static_cast<std::size_t>(ldb), y + block.row0 * ldc + block.column0, static_cast<std::size_t>(ldc),
                 false);
}

}  // namespace limn
