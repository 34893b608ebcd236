// Matrix products: which kernel, and how the output is cut into chunks. Both depend on shapes and the path alone, so they
// are part of a run's bits. Measured on Zen 4 (see docs/decisions/0003-contractions.md).
#pragma once
#include <cstddef>
#include <cstdint>

namespace limn {

// C[m, n] = op(A)[m, k] B[k, n]; B is always plain (a transposed B is transposed by a step of its own).
struct Contraction {
  bool transpose_a = false;
  std::int64_t m = 0, n = 0, k = 0;
  bool own_kernel = false;                  // the small-matrix kernel, else oneDNN
  int row_chunks = 1, column_chunks = 1;    // the output is cut into row_chunks x column_chunks blocks

  int chunks() const { return row_chunks * column_chunks; }
  double flops() const { return 2.0 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k); }
};

Contraction plan_contraction(bool transpose_a, std::int64_t m, std::int64_t n, std::int64_t k);

struct Block {
  std::int64_t row0, row1, column0, column1;
};
Block block_of(const Contraction& c, int chunk);

// Computes one block of C. lda: of A as stored.
void contract(const Contraction& c, const Block& block, const float* a, std::int64_t lda, const float* b, std::int64_t ldb,
              float* y, std::int64_t ldc);

}  // namespace limn
