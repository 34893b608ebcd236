// A function of a few numbers as graph, in float64: value, gradient, products with the Hessian and the Gauss-Newton
// matrix are graphs too, so they are exact. It is an objective for minimisers.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "graph/fn.hpp"
#include "optim/objective.hpp"

namespace limn {

// What is minimised, as graph.
struct FunctionGraph {
  Fn fn;                                // inputs: x [n], and data by name; output: "value"
  NodeId x = kNoNode, value = kNoNode;  // [n], []
  // Where the function is a sum of squares r^T r: the residuals r [m]; else none.
  NodeId residuals = kNoNode;
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
  void hessian(std::span<const double> x, std::span<double> matrix) override;
  void gauss_newton(std::span<const double> x, std::span<double> matrix) override;
  bool is_quadratic() const override;  // the graph of the Hessian does not read x

  // The value at many points, each of `dimension` numbers, one behind the other; values: one a point.
  void values(std::span<const double> points, std::span<double> values);
  void residuals(std::span<const double> x, std::span<double> residuals);  // [residual_count()]
  std::int64_t residual_count() const;                                     // 0: it is no sum of squares

 private:
  struct Graphs;
  std::unique_ptr<Graphs> graphs_;
};

}  // namespace limn
