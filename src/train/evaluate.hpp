// Metrics and predictions of a model over rows of a data set, by plans of the forward part alone.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "train/feed.hpp"

namespace limn {

class Evaluator {
 public:
  Evaluator(const ModelSpec& model, ThreadPool& pool) : model_(model), pool_(pool) {}

  // "loss" (mean over rows; NaN without rows) and "accuracy", or "rmse" and "r2" in the target's own units.
  std::map<std::string, double> metrics(AlignedFloats& theta, const Dataset& data, std::span<const std::int32_t> rows);
  // [rows, classes] probabilities, or [rows, 1] values in the target's own units.
  std::vector<float> predict(AlignedFloats& theta, const Dataset& data, std::span<const std::int32_t> rows);

 private:
  struct BatchPlan {
    std::unique_ptr<Feed> feed;
    std::unique_ptr<Executable> executable;
  };
  const BatchPlan& plan_for(AlignedFloats& theta, std::int64_t size);
  // visit(first row, losses of the rows, outputs of the rows)
  template <class Visit>
  void run(AlignedFloats& theta, const Dataset& data, std::span<const std::int32_t> rows, Visit visit);

  const ModelSpec& model_;
  ThreadPool& pool_;
  std::vector<BatchPlan> plans_;
};

}  // namespace limn
