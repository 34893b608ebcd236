// A function of a few numbers as graph, in float64: value, gradient, products with the Hessian and the Gauss-Newton
// matrix are graphs too, so they are exact. It is an objective for minimisers.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "exec/interpreter.hpp"
#include "graph/value.hpp"
#include "optim/objective.hpp"

namespace limn {

// What is minimised, as graph.
struct FunctionGraph {
  Fn fn;             // inputs: x [n], and data by name
  Value x, value;    // [n], []
  // Where the function is a sum of squares r^T r: the residuals r [m]; else none.
  Value residuals;
  std::vector<std::pair<NodeId, std::vector<double>>> data;  // what else the function's inputs are given
};

class FunctionObjective : public Objective<double> {
 public:
  explicit FunctionObjective(FunctionGraph function);
  ~FunctionObjective() override;

  std::int64_t dimension() const override;
  double value(std::span<const double> x) override;
  double value_and_gradient(std::span<const double> x, std::span<double> gradient) override;
  bool has_hessian() const override { return true; }
  bool has_gauss_newton() const override;  // it is a sum of squares
  void hessian_times(std::span<const double> x, std::span<const double> v, std::span<double> product) override;
  void gauss_newton_times(std::span<const double> x, std::span<const double> v, std::span<double> product) override;

 private:
  struct Graphs;
  std::unique_ptr<Graphs> graphs_;
};

}  // namespace limn
