// The sums over rows that a tile program makes on its way: every chunk has its own, and the chunk that ends last adds
// them up, in the order of the chunks.
#pragma once
#include <atomic>
#include <memory>

#include "base/aligned_floats.hpp"
#include "exec/bound.hpp"
#include "kernel/kernels.hpp"

namespace limn {

class ChunkSums {
 public:
  ChunkSums(const TileProgram& tile, int chunks, const Address& address)
      : width_(static_cast<std::int64_t>(tile.sums.size()) * tile.columns),
        columns_(tile.columns),
        chunks_(chunks),
        partial_(static_cast<std::size_t>(width_ * chunks)),
        left_(chunks) {
    for (const TileSum& sum : tile.sums) to_.push_back(address(sum.place));
  }

  float* begin(int chunk) {
    float* const own = partial_.data() + chunk * width_;
    std::fill_n(own, width_, 0.0f);
    return own;
  }
  void end() {
    if (left_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    left_.store(chunks_, std::memory_order_relaxed);
    for (std::size_t i = 0; i < to_.size(); ++i)
      kernels().sum_columns(partial_.data() + static_cast<std::int64_t>(i) * columns_,
                            static_cast<std::size_t>(chunks_), static_cast<std::size_t>(columns_),
                            static_cast<std::size_t>(width_), to_[i]);
  }

 private:
  std::int64_t width_, columns_;
  int chunks_;
  AlignedFloats partial_;  // [chunks, sums, columns]
  std::vector<float*> to_;
  std::atomic<int> left_;
};

// Null where there are none.
inline std::shared_ptr<ChunkSums> chunk_sums(const TileProgram& tile, int chunks, const Address& address) {
  return tile.sums.empty() ? nullptr : std::make_shared<ChunkSums>(tile, chunks, address);
}

}  // namespace limn
