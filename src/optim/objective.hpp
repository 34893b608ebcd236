// What a minimiser sees of what it minimises: numbers in, numbers out. Networks, functions of a zoo, typed formulas and
// a caller's own code are all objectives.
#pragma once
#include <cstdint>
#include <span>

namespace limn {

// T is the type of the point and of everything of its length, float or double; values are doubles in both.
// Functions may return what is not finite: a minimiser steps back from there.
template <class T>
class Objective {
 public:
  virtual ~Objective() = default;

  virtual std::int64_t dimension() const = 0;
  virtual double value(std::span<const T> x) = 0;
  virtual double value_and_gradient(std::span<const T> x, std::span<T> gradient) = 0;  // gradient: [dimension]

  // Whether there are exact products with the Hessian, and with the Gauss-Newton matrix J^T H_L J of a loss L behind a
  // model's output, J being the output's derivative (for a sum of squares r^T r it is 2 J^T J).
  virtual bool has_hessian() const { return false; }
  virtual bool has_gauss_newton() const { return false; }
  virtual void hessian_times(std::span<const T> x, std::span<const T> v, std::span<T> product);
  virtual void gauss_newton_times(std::span<const T> x, std::span<const T> v, std::span<T> product);
  // Whole matrices, [dimension, dimension] row-major, symmetric; by one product a column unless there is a faster way.
  virtual void hessian(std::span<const T> x, std::span<double> matrix);
  virtual void gauss_newton(std::span<const T> x, std::span<double> matrix);

  // The Hessian is the same everywhere: a line search can then be exact.
  virtual bool is_quadratic() const { return false; }
};

// How often an objective was asked. An evaluation is a value with or without its gradient at one point.
struct Calls {
  std::int64_t values = 0, gradients = 0;   // points asked for the value alone; for value and gradient
  std::int64_t products = 0, matrices = 0;  // of curvature with a vector; whole matrices
  std::int64_t evaluations() const { return values + gradients; }
};

}  // namespace limn
