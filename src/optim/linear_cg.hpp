// Conjugate gradients for A x = b with a symmetric A that is known by its products. One step at a time; the caller
// makes the products. Source: Hestenes and Stiefel 1952; Nocedal and Wright, section 5.1.
#pragma once
#include <cstddef>
#include <span>
#include <vector>

namespace limn {

class LinearCg {
 public:
  // x = 0.
  explicit LinearCg(std::span<const double> b);
  // From x, with its product A x.
  LinearCg(std::span<const double> b, std::span<const double> x, std::span<const double> product);

  // Where the next product is wanted.
  std::span<const double> direction() const { return direction_; }
  // One step, with A direction(). False: the curvature along the direction is not above `least` |direction|^2, and
  // nothing was changed.
  bool advance(std::span<const double> product, double least = 0);

  std::span<const double> solution() const { return solution_; }
  std::span<const double> residual() const { return residual_; }  // b - A x, by recursion
  double residual_norm() const;
  // x^T A x / 2 - b^T x: what every step lowers.
  double model() const;
  double curvature() const { return curvature_; }  // direction^T A direction of the last advance()

 private:
  std::vector<double> b_, solution_, residual_, direction_;
  double square_ = 0, curvature_ = 0;
};

}  // namespace limn
