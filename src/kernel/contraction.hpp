// Matrix products in chunks: how the output is cut, by shapes alone. The bits do not depend on the cut (kernels.hpp:
// Gemm).
#pragma once
#include <cstdint>

namespace limn {

// C[m, n] = op(A)[m, k] B[k, n]; B is always plain (a transposed B is transposed by a step of its own).
struct Contraction {
  bool transpose_a = false;
  std::int64_t m = 0, n = 0, k = 0;
  int row_chunks = 1, column_chunks = 1;  // the output is cut into row_chunks x column_chunks blocks

  int chunks() const { return row_chunks * column_chunks; }
  double flops() const { return 2.0 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k); }
};

Contraction plan_contraction(bool transpose_a, std::int64_t m, std::int64_t n, std::int64_t k);

struct Block {
  std::int64_t row0, row1, column0, column1;
};
Block block_of(const Contraction& c, int chunk);

// Computes one block of C. lda: of A as stored.
void contract(const Contraction& c, const Block& block, const float* a, std::int64_t lda, const float* b,
              std::int64_t ldb, float* y, std::int64_t ldc);

}  // namespace limn
