#include "train/evaluate.hpp"

#include <algorithm>
#include <cmath>

namespace limn {
namespace {

constexpr std::int64_t kMostRows = 256;        // of an evaluation batch
constexpr std::int64_t kMostFloats = 1 << 21;  // of them in the widest layer

}  // namespace

std::vector<void*> bind(const Fn& fn, const MemoryByName& memory) {
  std::vector<void*> pointers;
  for (const NodeId id : fn.graph.inputs()) {
    const auto found = memory.find(fn.graph.input_name(id));
    LIMN_CHECK(found != memory.end(), "no memory for the input {}", fn.graph.input_name(id));
    pointers.push_back(found->second);
  }
  return pointers;
}

Evaluator::Evaluator(const ModelSpec& model, const Settings& settings, MemoryByName weights, ThreadPool& pool)
    : model_(model), settings_(settings), weights_(std::move(weights)), pool_(pool), most_rows_(kMostRows) {
  std::int64_t widest = model.network.inputs();
  for (const Shape& shape : model.network.shapes()) widest = std::max(widest, shape.size());
  while (most_rows_ > 1 && static_cast<std::int64_t>(most_rows_) * widest > kMostFloats) most_rows_ /= 2;
}

template <class Make>
const Evaluator::BatchPlan& Evaluator::plan_for(std::vector<BatchPlan>& plans, std::int64_t size, Make make) {
  for (const BatchPlan& plan : plans)
    if (plan.feed->batch() == size) return plan;
  BatchPlan plan;
  plan.feed = std::make_unique<Feed>(model_.target, size, model_.network.inputs());
  MemoryByName memory = weights_;
  memory["x"] = plan.feed->x(), memory["y"] = plan.feed->y();
  const Fn fn = make(size);
  plan.executable = std::make_unique<Executable>(fn, limn::bind(fn, memory), plan.feed->stage(), &arena_);
  for (const auto& output : fn.outputs) plan.outputs.push_back(output.name);
  plans.push_back(std::move(plan));
  return plans.back();
}

double Evaluator::standardised(double output, const Dataset& data) const {
  if (model_.target != TargetKind::kCounts) return output;
  return (output - data.preprocessing.target_mean) / data.preprocessing.target_deviation;
}

template <class Visit>
void Evaluator::run(const Dataset& data, std::span<const std::int32_t> rows, Visit visit) {
  for (std::size_t at = 0; at < rows.size(); at += most_rows_) {
    const auto size = static_cast<std::int64_t>(std::min(most_rows_, rows.size() - at));
    const BatchPlan& plan =
        plan_for(plans_, size, [&](std::int64_t rows_of) { return evaluation(model_, settings_, rows_of); });
    plan.feed->set(data, rows.data() + at);
    plan.executable->run(pool_, {});
    visit(at, plan.executable->output(0), plan.executable->output(1), static_cast<const float*>(plan.feed->x()));
  }
}

std::map<std::string, double> Evaluator::metrics(const Dataset& data, std::span<const std::int32_t> rows) {
  const auto width = static_cast<std::size_t>(model_.network.outputs());
  const bool numbers = model_.target == TargetKind::kNumbers || model_.target == TargetKind::kCounts;
  double loss = 0, right = 0, sizes = 0, squares = 0, sum = 0, sum_squares = 0;
  run(data, rows, [&](std::size_t at, std::span<const float> losses, std::span<const float> outputs, const float* x) {
    if (model_.target == TargetKind::kInputs)
      for (std::size_t k = 0; k < outputs.size(); ++k) squares += (outputs[k] - x[k]) * (outputs[k] - x[k]);
    for (std::size_t i = 0; i < losses.size(); ++i) {
      loss += losses[i];
      if (model_.target == TargetKind::kInputs) continue;
      const float* y = outputs.data() + i * width;
      if (numbers) {
        const double target = data.targets[rows[at + i]], error = standardised(y[0], data) - target;
        sizes += std::abs(error), squares += error * error, sum += target, sum_squares += target * target;
      } else {
        right += class_of({y, width}) == data.labels[rows[at + i]];
      }
    }
  });
  const auto n = static_cast<double>(rows.size());
  if (model_.target == TargetKind::kInputs)
    return {{"loss", loss / n}, {"rmse", std::sqrt(squares / (n * static_cast<double>(width)))}};
  if (!numbers) return {{"loss", loss / n}, {"accuracy", right / n}};
  const double spread = sum_squares - sum * sum / n;
  return {{"loss", loss / n},
          {"mae", sizes / n * data.preprocessing.target_deviation},
          {"rmse", std::sqrt(squares / n) * data.preprocessing.target_deviation},
          {"r2", 1 - squares / spread}};
}

std::vector<std::int64_t> Evaluator::confusion(const Dataset& data, std::span<const std::int32_t> rows) {
  const auto width = static_cast<std::size_t>(model_.network.outputs());
  const auto classes = static_cast<std::int64_t>(data.classes.size());
  std::vector<std::int64_t> counts(static_cast<std::size_t>(classes * classes));
  run(data, rows, [&](std::size_t at, std::span<const float>, std::span<const float> outputs, const float*) {
    for (std::size_t i = 0; i * width < outputs.size(); ++i) {
      const std::int32_t label = data.labels[static_cast<std::size_t>(rows[at + i])];
      if (label >= 0) ++counts[static_cast<std::size_t>(label * classes + class_of(outputs.subspan(i * width, width)))];
    }
  });
  return counts;
}

Verdicts Evaluator::judge(const Dataset& data, std::span<const std::int32_t> rows) {
  Verdicts verdicts;
  std::vector<float>& all = verdicts.said;
  run(data, rows, [&](std::size_t, std::span<const float> losses, std::span<const float> outputs, const float*) {
    verdicts.loss.insert(verdicts.loss.end(), losses.begin(), losses.end());
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      if (model_.target == TargetKind::kCounts) {
        all.push_back(outputs[i]);
      } else if (model_.target == TargetKind::kNumbers) {
        all.push_back(
            static_cast<float>(outputs[i] * data.preprocessing.target_deviation + data.preprocessing.target_mean));
      } else {
        if (model_.target == TargetKind::kBinary) all.push_back(1 - outputs[i]);
        all.push_back(outputs[i]);
      }
    }
  });
  return verdicts;
}

Inspection Evaluator::inspect(const Dataset& data, std::span<const std::int32_t> rows, bool blame) {
  Inspection all;
  for (std::size_t at = 0; at < rows.size(); at += most_rows_) {
    const auto size = static_cast<std::int64_t>(std::min(most_rows_, rows.size() - at));
    const BatchPlan& plan = plan_for(blame ? blames_ : inspections_, size,
                                     [&](std::int64_t count) { return inspection(model_, settings_, count, blame); });
    plan.feed->set(data, rows.data() + at);
    plan.executable->run(pool_, {});
    const auto* x = static_cast<const float*>(plan.feed->x());
    auto& input = all["input"];
    input.insert(input.end(), x, x + size * model_.network.inputs());
    for (std::size_t i = 0; i < plan.outputs.size(); ++i) {
      const auto part = plan.executable->output(i);
      auto& whole = all[plan.outputs[i]];
      whole.insert(whole.end(), part.begin(), part.end());
    }
  }
  return all;
}

std::span<const float> Evaluator::gradient(const Dataset& data, std::int32_t row) {
  const BatchPlan& plan =
      plan_for(slopes_, 1, [&](std::int64_t rows) { return row_gradient(model_, settings_, rows); });
  plan.feed->set(data, &row);
  plan.executable->run(pool_, {});
  return plan.executable->output(0);
}

}  // namespace limn
