// Metrics and predictions of a model over rows of a data set, by plans of the forward part alone.
#pragma once
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "train/feed.hpp"
#include "train/session.hpp"

namespace limn {

using MemoryByName = std::map<std::string, void*>;  // of a function's inputs

// The memory of each input of fn, in its order. All names must be there.
std::vector<void*> bind(const Fn& fn, const MemoryByName& memory);

// What layers say of rows: [rows, units] by name, "input", "loss", "layer1.z", "layer1.a", "layer1.delta", "output".
using Inspection = std::map<std::string, std::vector<float>>;

// The class that the outputs of a row stand for: the largest; of one output for two classes, whether it is above 1/2.
inline std::int64_t class_of(std::span<const float> outputs) {
  if (outputs.size() == 1) return static_cast<std::int64_t>(outputs[0] > 0.5f);
  return std::max_element(outputs.begin(), outputs.end()) - outputs.begin();
}

class Evaluator {
 public:
  // weights: the memory of theta, of the statistics if there are any, and of `alive` where something is cut.
  Evaluator(const ModelSpec& model, const Settings& settings, MemoryByName weights, ThreadPool& pool);

  // "loss" (mean over rows; NaN without rows) and "accuracy", or "mae", "rmse" and "r2" in the target's own units, or
  // "rmse" alone of all numbers of reconstructed rows, as the network is given them.
  std::map<std::string, double> metrics(const Dataset& data, std::span<const std::int32_t> rows);
  // [classes, classes]: how many rows of the first class are taken for the second.
  std::vector<std::int64_t> confusion(const Dataset& data, std::span<const std::int32_t> rows);
  Verdicts judge(const Dataset& data, std::span<const std::int32_t> rows);
  // The outputs of inspection() by name.
  Inspection inspect(const Dataset& data, std::span<const std::int32_t> rows, bool blame);
  // [parameters]: the derivative of the row's own loss.
  std::span<const float> gradient(const Dataset& data, std::int32_t row);

 private:
  struct BatchPlan {
    std::unique_ptr<Feed> feed;
    std::unique_ptr<Executable> executable;
    std::vector<std::string> outputs;  // their names
  };
  template <class Make>  // make(rows) traces the function
  const BatchPlan& plan_for(std::vector<BatchPlan>& plans, std::int64_t size, Make make);
  double standardised(double output, const Dataset& data) const;  // as the data's targets are
  // visit(first row, losses of the rows, outputs of the rows, inputs of the rows)
  template <class Visit>
  void run(const Dataset& data, std::span<const std::int32_t> rows, Visit visit);

  const ModelSpec& model_;
  Settings settings_;
  MemoryByName weights_;
  ThreadPool& pool_;
  std::size_t most_rows_;  // at a time
  std::vector<BatchPlan> plans_, inspections_, blames_, slopes_;
  SharedArena arena_;  // of them all
};

}  // namespace limn
