// Fills a plan's inputs with rows of a data set: the first stage of every run. A chunk takes a fixed range of rows.
#pragma once
#include <optional>
#include <span>
#include <vector>

#include "base/thread_pool.hpp"
#include "data/augment.hpp"
#include "data/dataset.hpp"
#include "exec/executable.hpp"
#include "train/model.hpp"

namespace limn {

class Feed {
 public:
  Feed(TargetKind target, std::int64_t batch, std::int64_t features);
  void* x() const { return x_.data(); }
  void* y() const { return y_.data(); }
  std::int64_t batch() const { return batch_; }
  // What the next run takes: `batch` rows, which must stay valid while it runs; varied as the epoch wants it.
  void set(const Dataset& data, const std::int32_t* rows, std::int64_t epoch = 0) {
    data_ = &data, rows_ = rows, epoch_ = epoch;
  }
  void vary(const Augmentation& augmentation, std::uint64_t seed);  // every row from now on
  void move(const Motion& motion);                                  // every row from now on alike
  Stage stage();                                                    // keeps a pointer to this feed

 private:
  void fill(int chunk);

  TargetKind target_;
  std::int64_t batch_, features_;
  int chunks_;
  AlignedFloats x_, y_;  // y: float32, or int32 labels
  const Dataset* data_ = nullptr;
  const std::int32_t* rows_ = nullptr;
  Augmentation augmentation_;
  std::optional<Motion> motion_;
  std::uint64_t key_ = 0;
  std::int64_t epoch_ = 0;
  std::vector<AugmentRoom> rooms_;  // one for each chunk, if samples are varied
  struct MoveRoom {
    std::vector<float> still, rest;
  };
  std::vector<MoveRoom> moves_;  // likewise, if samples are moved
};

// Class k counts rows / (classes times its rows), so that all classes count alike and the mean over rows is 1.
AlignedFloats balanced_weights(const Dataset& data);

}  // namespace limn
