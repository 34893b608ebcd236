// A function going down: a point in float64, moved by a minimiser or by a first-order rule, one step at a time.
// It must not know files, folders or terminals.
#pragma once
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "optim/minimiser.hpp"
#include "optim/watched.hpp"
#include "train/function_spec.hpp"
#include "train/rule_step.hpp"
#include "train/training.hpp"

namespace limn {

// With noise each step goes down a function of its own (WatchedObjective::draw).
class Descent : public Training {
 public:
  // Error: as function_of; or a method that the function does not suit.
  Descent(const Settings& settings, std::uint64_t seed);
  ~Descent() override;

  const Settings& settings() const override { return settings_; }
  const Cursor& cursor() const override { return cursor_; }
  std::int64_t steps_per_epoch() const override { return 1; }
  std::int64_t parameters() const override { return static_cast<std::int64_t>(x_.size()); }
  float advance() override;
  std::int64_t evaluation_interval() const override;
  std::string stop_reason() const override;
  std::optional<Minimised> minimised() const override;
  std::int64_t best_step() const override { return -1; }
  std::map<std::string, double> evaluate(Split, Weights) override { return {}; }

  // "x" [n]; "calls" [4], of values, gradients, products and matrices; what the rule or the minimiser carries,
  // "adam.m/x" [n], "bfgs/inverse_hessian" [n, n]...
  std::vector<TensorView> state() override;
  void restore(const std::vector<Tensor>& tensors, const Cursor& cursor) override;
  std::string fingerprint() const override;
  void change(const Settings& settings) override;
  void branch(const Settings& settings) override;
  void edit(const std::map<std::string, double>& values) override;  // "x[0]"
  void check_edit(const std::map<std::string, double>& values) const override;
  // At the point: "value", "gradient[i]", "hessian[i,j]", "hessian_inverse[i,j]", "eigenvalue[i]" (ascending); of the
  // last step: "train.loss" (the value where it began), "step[i]" (what it added to x), "optim.NAME"
  // (optim_report.hpp), and what stands in a rule's formula, "adam.m̂/x[i]"; and every number of the state.
  double quantity(const std::string& name) const override;
  std::string first_not_finite() const override;
  std::vector<std::string> columns() const override;
  std::span<const float> row() const override { return row_; }

  Descent* descent() override { return this; }
  const FunctionSpec& function() const { return *spec_; }
  const std::vector<double>& point() const { return x_; }
  const std::vector<double>& tilt() const { return watched_->tilt(); }            // the last step's noise; empty: none
  void gradient_at(std::span<const double> x, std::span<double> gradient) const;  // without noise
  bool has(const std::string& tensor) const;  // whether the state has one of that name
  // f at points [count, 2] of the plane of the first two components, the others as they are.
  std::vector<double> values(std::span<const double> plane) const;

 private:
  struct Numbers {
    Shape shape;
    std::vector<double> values;
  };
  Shape flat() const { return {static_cast<std::int64_t>(x_.size())}; }
  std::vector<TensorView> views() const;
  void begin_method();  // with a fresh state, as the settings' optimizer wants it
  void forget_step();   // the state was replaced
  MinimiserReport by_minimiser();
  const Numbers& look(const std::string& name) const;  // at the point as it is; computed when first asked for

  Settings settings_;
  std::uint64_t seed_;
  std::unique_ptr<FunctionSpec> spec_;
  std::unique_ptr<FunctionObjective> objective_;
  std::vector<double> stopped_{0};             // a Stop
  std::unique_ptr<WatchedObjective> watched_;  // counts the calls of earlier methods too
  Cursor cursor_;
  std::vector<double> x_, before_;  // the point; where the last step began
  std::unique_ptr<RuleStep> rule_;  // one of the two
  std::unique_ptr<Minimiser<double>> minimiser_;
  std::optional<MinimiserReport> report_;  // of the last step
  std::vector<float> row_;
  mutable std::map<std::string, Numbers> looked_;
};

}  // namespace limn
