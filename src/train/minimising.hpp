// A training by a minimiser: the objective, the method, and what both carry from step to step. For engine.cpp.
#pragma once
#include <array>
#include <memory>
#include <optional>
#include <string>

#include "interop/tensor.hpp"
#include "optim/minimiser.hpp"
#include "train/network_objective.hpp"

namespace limn {

// Whether the setting `optimizer` means a minimiser and not a rule (rule/rule.hpp).
inline bool is_minimiser(std::string_view optimizer) { return find_method(optimizer) != nullptr; }
// Error: what of the settings has no meaning to a minimiser of so many parameters, and would be ignored.
void check_minimiser(const Settings& settings, std::int64_t parameters);

class Minimising {
 public:
  // theta [parameters] and the running statistics: the memory that steps change. All must outlive it.
  // Error: check_minimiser; options out of range.
  Minimising(const ModelSpec& model, const Settings& settings, std::shared_ptr<const Dataset> data, std::uint64_t seed,
             ThreadPool& pool, std::span<float> theta, std::span<float> statistics);

  // What a step takes: rows, of what epoch, and the point before its first random numbers.
  struct Place {
    std::span<const std::int32_t> rows;
    std::int64_t epoch = 0;
    std::uint64_t point = 0;
  };
  // One iteration. Returns the mean loss of its rows where it begins, without decay.
  float advance(const Place& place);
  // Others than these settings, of the same optimiser. Error: as the constructor; nothing is changed then.
  void change(const Settings& settings);
  // The point was set from outside: nothing that was computed there holds.
  void moved() { kept_[kObjective] = 0; }

  // The minimiser did not go on after its last step, and the next would meet the same objective.
  Stop stopped(const Place& next) const;

  // Live views of everything but theta, "METHOD/NAME"; and, after a restore, forgets the last step.
  std::vector<TensorView> state();
  void forget() { report_.reset(); }

  // Of the last step: its numbers, the gradient of its mean loss where it began, and "optim.NAME" as told in
  // session.hpp. Empty where there is none.
  const std::optional<MinimiserReport>& report() const { return report_; }
  std::span<const float> gradient();
  std::vector<TensorView> quantities();
  std::span<const float> begin() const { return begin_; }  // theta there
  // What the last step cost in gradients over all training rows: one of b of n rows counts b/n, a product with a matrix
  // two of them, a Hessian two a parameter.
  double evaluations() const;
  NetworkObjective& objective() { return *objective_; }

 private:
  // Which objective the state of the minimiser belongs to: a number that is exact in float64, never 0.
  double objective_number(const Place& place) const;

  const ModelSpec& model_;
  Settings settings_;
  std::shared_ptr<const Dataset> data_;
  std::uint64_t seed_;
  ThreadPool& pool_;
  std::span<float> theta_, statistics_;
  std::unique_ptr<NetworkObjective> objective_;
  std::unique_ptr<Minimiser<float>> minimiser_;
  enum { kObjective, kStopped, kNumbers };
  std::array<double, kNumbers> kept_{};
  std::optional<MinimiserReport> report_;
  Place last_;
  std::vector<std::int32_t> last_rows_;
  std::vector<float> begin_, gradient_;  // theta where the last step began; the gradient there, once it was asked for
  std::vector<double> numbers_;          // of quantities()
};

}  // namespace limn
