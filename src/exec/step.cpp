// Each kind of step: its chunks (cut by shape alone) and what a chunk does.
#include "exec/step.hpp"

#include <algorithm>
#include <cstring>

#include "base/random.hpp"
#include "exec/bound.hpp"
#include "exec/chunk_sums.hpp"
#include "exec/executable.hpp"
#include "exec/tile.hpp"
#include "kernel/contraction.hpp"

namespace limn {
namespace {

struct Contract {
  Contraction contraction;
  std::vector<Block> blocks;  // of each chunk
  const float *a, *b;
  float* y;
  std::int64_t lda, ldb, ldc;
  std::shared_ptr<TileRunner> epilogue;
  void run(int chunk) const {
    const Block& block = blocks[static_cast<std::size_t>(chunk)];
    contract(contraction, block, a, lda, b, ldb, y, ldc);
    if (epilogue) epilogue->run(block.row0, block.row1, block.column0, block.column1);
  }
};

struct Tile {
  TileRunner runner;
  int chunks;
  std::shared_ptr<ChunkSums> sums;
  void run(int chunk) const {
    if (runner.rows() == 1 && !sums)
      return runner.run(0, 1, cut(runner.columns(), chunk, chunks, 512), cut(runner.columns(), chunk + 1, chunks, 512));
    runner.run(cut(runner.rows(), chunk, chunks, 1), cut(runner.rows(), chunk + 1, chunks, 1), 0, runner.columns(),
               sums ? sums->begin(chunk) : nullptr);
    if (sums) sums->end();
  }
};

// x is [outer, summed, kept]; without kept columns whole rows are summed, else rows are added up.
struct Sum {
  const float* x;
  float* y;
  std::int64_t outer, summed, kept;
  int chunks;
  void run(int chunk) const {
    const Kernels& k = kernels();
    if (kept == 1) {
      const std::int64_t low = cut(outer, chunk, chunks, 1), high = cut(outer, chunk + 1, chunks, 1);
      return k.sum_rows(x + low * summed, high - low, summed, summed, y + low);
    }
    const std::int64_t low = cut(kept, chunk, chunks, 16), high = cut(kept, chunk + 1, chunks, 16);
    for (std::int64_t i = 0; i < outer; ++i)
      k.sum_columns(x + i * summed * kept + low, summed, high - low, kept, y + i * kept + low);
  }
};

struct Max {
  const float* x;
  float* y;
  std::int64_t rows, columns;
  bool index_only;
  void run(int) const {
    kernels().max_rows(x, rows, columns, columns, index_only ? nullptr : y,
                       index_only ? reinterpret_cast<std::int32_t*>(y) : nullptr);
  }
};

// y[dims] = x along the strides; the plain matrix transpose has a kernel.
struct Move {
  const float* x;
  float* y;
  std::vector<std::int64_t> dims, strides;
  int chunks;
  void run(int chunk) const {
    const std::int64_t low = cut(dims[0], chunk, chunks, 16), high = cut(dims[0], chunk + 1, chunks, 16);
    if (dims.size() == 2 && strides[0] == 1 && strides[1] == dims[0])
      return kernels().transpose(x + low, dims[1], high - low, dims[0], y + low * dims[1], dims[1]);
    std::int64_t inner = 1;
    for (std::size_t i = 1; i < dims.size(); ++i) inner *= dims[i];
    for (std::int64_t i = low; i < high; ++i) copy(1, x + i * strides[0], y + i * inner);
  }
  float* copy(std::size_t axis, const float* from, float* to) const {
    if (axis == dims.size()) return *to = *from, to + 1;
    const std::int64_t rows = dims[axis], columns = dims.back();
    if (axis + 1 == dims.size() && strides[axis] == 1) return std::copy_n(from, columns, to);
    if (axis + 2 == dims.size() && strides[axis] == 1 && strides[axis + 1] >= rows) {
      kernels().transpose(from, columns, rows, strides[axis + 1], to, columns);
      return to + rows * columns;
    }
    for (std::int64_t i = 0; i < dims[axis]; ++i) to = copy(axis + 1, from + i * strides[axis], to);
    return to;
  }
};

struct Copy {
  const float* x;
  float* y;
  std::int64_t rows, columns, ld_in, ld_out, before, after;
  void run(int) const {
    for (std::int64_t i = 0; i < rows; ++i) {
      float* to = y + i * ld_out;
      std::fill_n(to, before, 0.0f);
      std::memcpy(to + before, x + i * ld_in, static_cast<std::size_t>(columns) * sizeof(float));
      std::fill_n(to + before + columns, after, 0.0f);
    }
  }
};

struct Fill {
  float* y;
  std::int64_t n;
  float value;
  void run(int) const { std::fill_n(y, n, value); }
};

struct Uniform {
  float* y;
  std::int64_t n;
  std::uint64_t stream;
  const RunPoint* point;
  int chunks;
  void run(int chunk) const {
    const std::int64_t low = cut(n, chunk, chunks, 64), high = cut(n, chunk + 1, chunks, 64);
    kernels().uniform(stream_key(point->seed, stream), point->step, low, high - low, y + low);
  }
};

struct OneHot {
  const float* index;
  float* y;
  std::int64_t rows, columns;
  void run(int) const {
    std::fill_n(y, rows * columns, 0.0f);
    const auto* at = reinterpret_cast<const std::int32_t*>(index);
    for (std::int64_t i = 0; i < rows; ++i)
      if (at[i] >= 0 && at[i] < columns) y[i * columns + at[i]] = 1;
  }
};

struct Gather {
  const float *table, *index;
  float* y;
  std::int64_t count, columns, rows;  // indices, numbers a row, rows of the table
  int chunks;
  void run(int chunk) const {
    const auto* at = reinterpret_cast<const std::int32_t*>(index);
    for (std::int64_t i = cut(count, chunk, chunks, 1), end = cut(count, chunk + 1, chunks, 1); i < end; ++i)
      if (at[i] >= 0 && at[i] < rows)
        std::copy_n(table + at[i] * columns, columns, y + i * columns);
      else
        std::fill_n(y + i * columns, columns, 0.0f);
  }
};

// A chunk owns rows of the result and takes what belongs there in the order of the indices, so that bits do not depend
// on who runs it.
struct ScatterAdd {
  const float *x, *index;
  float* y;
  std::int64_t count, columns, rows;
  int chunks;
  PointwiseKernel add;
  void run(int chunk) const {
    const auto* at = reinterpret_cast<const std::int32_t*>(index);
    const std::int64_t low = cut(rows, chunk, chunks, 1), high = cut(rows, chunk + 1, chunks, 1);
    std::fill_n(y + low * columns, (high - low) * columns, 0.0f);
    for (std::int64_t i = 0; i < count; ++i)
      if (at[i] >= low && at[i] < high)
        add(y + at[i] * columns, x + i * columns, nullptr, y + at[i] * columns, static_cast<std::size_t>(columns));
  }
};

struct StepNumber {
  float* y;
  const RunPoint* point;
  void run(int) const { *y = static_cast<float>(point->step); }
};

BoundStep bind_contraction(const Step& step, const Address& address) {
  const Contraction c = plan_contraction(step.transpose_a, step.rows, step.columns, step.inner);
  std::vector<Block> blocks;
  for (int chunk = 0; chunk < c.chunks(); ++chunk) blocks.push_back(block_of(c, chunk));
  Contract task{c,
                std::move(blocks),
                address(step.in[0]),
                address(step.in[1]),
                address(step.out[0]),
                step.transpose_a ? c.m : c.k,
                c.n,
                c.n,
                nullptr};
  if (step.has_epilogue) task.epilogue = std::make_shared<TileRunner>(step.tile, address, c.column_chunks == 1);
  return bound(std::move(task), c.chunks());
}

}  // namespace

BoundStep bind(const Step& step, const Address& address, const RunPoint* point, Convolvers* convolvers) {
  auto in = [&](int i) { return address(step.in[i]); };
  auto out = [&] { return address(step.out[0]); };
  BoundStep bound_step = [&]() -> BoundStep {
    switch (step.kind) {
      case StepKind::kContract: return bind_contraction(step, address);
      case StepKind::kTile: {
        const std::int64_t size = step.tile.rows * step.tile.columns;
        const int wanted = chunks_for(size * static_cast<std::int64_t>(step.tile.code.size()), 32768);
        const bool by_columns = step.tile.rows == 1 && step.tile.sums.empty();
        const int chunks = static_cast<int>(
            std::max<std::int64_t>(1, std::min<std::int64_t>(wanted, by_columns ? size / 512 + 1 : step.tile.rows)));
        return bound(Tile{TileRunner(step.tile, address, true), chunks, chunk_sums(step.tile, chunks, address)},
                     chunks);
      }
      case StepKind::kSum: {
        const std::int64_t parts = step.columns == 1 ? step.rows : step.columns / 16;
        const int chunks = static_cast<int>(
            std::clamp<std::int64_t>(parts, 1, chunks_for(step.rows * step.columns * step.inner, 32768)));
        return bound(Sum{in(0), out(), step.rows, step.inner, step.columns, chunks}, chunks);
      }
      case StepKind::kMax: return bound(Max{in(0), out(), step.rows, step.columns, step.index_only}, 1);
      case StepKind::kMove: {
        const int chunks = static_cast<int>(std::clamp<std::int64_t>(
            step.dims[0] / 16, 1, chunks_for(static_cast<std::int64_t>(step.bytes) / 8, 16384)));
        return bound(Move{in(0), out(), step.dims, step.strides, chunks}, chunks);
      }
      case StepKind::kCopy:
        return bound(Copy{in(0), out(), step.rows, step.columns, step.ld_in, step.ld_out, step.before, step.after}, 1);
      case StepKind::kFill: return bound(Fill{out(), step.columns, static_cast<float>(step.value)}, 1);
      case StepKind::kUniform: {
        const int chunks = chunks_for(step.columns, 8192);
        return bound(Uniform{out(), step.columns, step.stream, point, chunks}, chunks);
      }
      case StepKind::kOneHot: return bound(OneHot{in(0), out(), step.rows, step.columns}, 1);
      case StepKind::kGather: {
        const int chunks = chunks_for(step.rows * step.columns, 16384);
        return bound(Gather{in(0), in(1), out(), step.rows, step.columns, step.inner, chunks}, chunks);
      }
      case StepKind::kScatterAdd: {
        const int chunks = static_cast<int>(
            std::clamp<std::int64_t>(step.inner, 1, chunks_for((step.rows + step.inner) * step.columns, 16384)));
        return bound(ScatterAdd{in(0), in(1), out(), step.rows, step.columns, step.inner, chunks,
                                pointwise_kernels("add").variant[0]},
                     chunks);
      }
      case StepKind::kConvolve: return bind_convolution(step, address, convolvers);
      case StepKind::kWindow: return bind_windows(step, address);
      case StepKind::kPlane: return bind_planes(step, address);
      case StepKind::kStepNumber: return bound(StepNumber{out(), point}, 1);
    }
    return {};
  }();
  bound_step.microseconds = step.flops / 40e3 + step.bytes / 40e3;
  return bound_step;
}

}  // namespace limn
