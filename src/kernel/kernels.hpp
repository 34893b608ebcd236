// Every SIMD loop of limn, as a table of functions for the instruction path chosen at run time (isa.hpp). Kernels see
// pointers and sizes, never graphs. All matrices are float32, row-major, `ld` floats from row to row; no alignment is
// needed. Every operation rounds on its own, and sums run in an order that depends on sizes alone.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace limn {

// y[i] = f(a[i], b[i], c[i]) for i < n; an operand may be one number for all i. y may be a, b or c.
using PointwiseKernel = void (*)(const float* a, const float* b, const float* c, float* y, std::size_t n);

// The variants of an operation by which operands are one number: bit 0 for a, bit 1 for b, bit 2 for c.
// Null where it makes no sense (all operands one number: use variant 0 with n = 1).
struct PointwiseSet {
  std::string_view name;
  PointwiseKernel variant[8];
};

// A whole chain of pointwise operations compiled into one loop, bit for bit what its operations give one by one. `in`
// follows the letters of the signature: f a vector of n, s one number; `out` its stores. Outputs may be inputs.
// Signature: the letters, then each operation with what it reads (operand i is i, the result of operation j is operands
// + j) and, behind >, the store it leaves its result in: "fs mul(0,1) add(2,0)>0".
using ProgramKernel = void (*)(const float* const* in, float* const* out, std::size_t n);
struct CompiledProgram {
  std::string_view signature;
  ProgramKernel run;
};

// C[m, n] = op(A) B, B plain [k, n]; op(A) is A [m, k] or, transposed, A [k, m]. Each element of C is one chain of
// fused multiply-adds over k in ascending order, whatever m and n: it may be cut anywhere. `add`: the chain goes on
// from what C holds.
using Gemm = void (*)(bool transpose_a, std::size_t m, std::size_t n, std::size_t k, const float* a, std::size_t lda,
                      const float* b, std::size_t ldb, float* c, std::size_t ldc, bool add);

// Rows of A and C that lie anywhere: C[i, j] = the sum over t and p of a[i][offset[t] + p] B[row[t] + p, j], one chain
// of fused multiply-adds, t first.
struct GatherProduct {
  std::size_t m, n, k, taps;
  const float* const* a;  // [m]
  const std::int64_t* offset;
  const float* b;  // [rows, n] as pack_columns leaves it; of gather_channels plain
  std::size_t rows;
  const std::size_t* row;
  float* const* c;  // [m]: n numbers each
};

// Places of a line over one channel: y[q, c] = the sum over t of x[q + offset[t]] w[t, c], t in ascending order, for
// q < count. x is read up to two vectors further.
struct LineProduct {
  const float* x;
  const std::int64_t* offset;
  std::size_t taps;
  const float* w;
  std::size_t n, count;
  float* y;
};

// The weights' side of it: w[t, c] += the sum over q < count of x[offset[t] + q] y[c * ldy + q], in as many chains as a
// vector has lanes.
struct LineSum {
  const float* x;
  const std::int64_t* offset;
  std::size_t taps;
  const float* y;
  std::size_t ldy, n, count;
  float* w;
};

// A run of places: the numbers over t of x[element + q * step + offset[t]], of n channels each, to y + q * y_step.
struct GatherWindows {
  std::size_t n, taps, count;
  const float* x;
  const std::int64_t* offset;
  std::int64_t element, step;
  float* y;
  std::size_t y_step;
};

// C[i, j] += the sum of a[p * a_plane + l * a_line + q * a_step + i] b[... + j] over planes p, lines l and q < count,
// one chain in that order.
struct OuterSum {
  std::size_t m, n;
  const float *a, *b;
  std::size_t planes, a_plane, b_plane, lines, a_line, b_line, count, a_step, b_step;
  float* c;
  std::size_t ldc;
};

struct Kernels {
  const PointwiseSet* pointwise;
  std::size_t pointwise_count;
  const CompiledProgram* programs;
  std::size_t program_count;
  Gemm gemm;

  void (*gather_product)(const GatherProduct& product);
  void (*line_product)(const LineProduct& product);
  void (*line_sum)(const LineSum& sum);
  // B [k, n] as rows `row` and on of `rows` in strips as wide as the registers of the path; all take packed_floats.
  void (*pack_columns)(const float* b, std::size_t k, std::size_t n, std::size_t ldb, float* packed, std::size_t row,
                       std::size_t rows);
  void (*outer_sum)(const OuterSum& sum);
  std::int64_t strip_columns;  // of B that outer_sum goes over at once
  // The same where every channel j meets itself alone: C[i, j] = the sum of a[i][offset[t] + j] B[row[t], j]; and
  // C[i, j] += the sum of a[... + i * n + j] b[... + j].
  void (*gather_channels)(const GatherProduct& product);
  void (*outer_channels)(const OuterSum& sum);
  // Sums in order of t; or, as 32-bit integers, the elements that the first largest (or NaN) is in, -1 of no taps.
  void (*gather_sum)(const GatherWindows& windows);
  void (*gather_argmax)(const GatherWindows& windows);

  // y[j] = sum over rows of x[:, j], rows in ascending order.
  void (*sum_columns)(const float* x, std::size_t rows, std::size_t columns, std::size_t ld, float* y);
  // y[j] += the sum over rows of x[:, j], rows in ascending order, one behind another.
  void (*add_columns)(const float* x, std::size_t rows, std::size_t columns, float* y);
  // y[i] = sum over columns of x[i, :].
  void (*sum_rows)(const float* x, std::size_t rows, std::size_t columns, std::size_t ld, float* y);
  // y[i] = largest of x[i, :], NaN if there is one; index[i] = where the first largest (or NaN) is. Either may be null.
  void (*max_rows)(const float* x, std::size_t rows, std::size_t columns, std::size_t ld, float* y,
                   std::int32_t* index);
  // y[j, i] = x[i, j].
  void (*transpose)(const float* x, std::size_t rows, std::size_t columns, std::size_t ldx, float* y, std::size_t ldy);
  // y[i] = element first + i of the random tensor of the key at the step (base/random.hpp: tensor_bits, unit_float).
  void (*uniform)(std::uint64_t key, std::uint64_t step, std::uint64_t first, std::size_t n, float* y);
  // y[i] = x[i] * scale.
  void (*from_bytes)(const std::uint8_t* x, std::size_t n, float scale, float* y);

  // Independent chains of multiply-adds in registers, `rounds` times floats_per_round of them: the peak of the path.
  float (*multiply_add_chains)(std::size_t rounds);
  std::size_t floats_per_round;
};

constexpr std::int64_t packed_floats(std::int64_t k, std::int64_t n) { return k * ((n + 15) / 16 * 16); }

const Kernels& kernels();  // of the selected instruction path

// The kernels of an operation by its name. Broken invariant: there is none.
const PointwiseSet& pointwise_kernels(std::string_view name);

// The compiled loop of a chain of operations, or null.
ProgramKernel compiled_program(std::string_view signature);

}  // namespace limn
