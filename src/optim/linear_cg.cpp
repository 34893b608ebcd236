#include "optim/linear_cg.hpp"

#include "optim/vector.hpp"

namespace limn {

LinearCg::LinearCg(std::span<const double> b)
    : b_(b.begin(), b.end()), solution_(b.size(), 0.0), residual_(b_), direction_(b_), square_(dot(b_, b_)) {}

LinearCg::LinearCg(std::span<const double> b, std::span<const double> x, std::span<const double> product)
    : b_(b.begin(), b.end()), solution_(x.begin(), x.end()), residual_(b_) {
  add_multiple(-1, product, residual_);
  direction_ = residual_;
  square_ = dot(residual_, residual_);
}

bool LinearCg::advance(std::span<const double> product, double least) {
  curvature_ = dot(direction_, product);
  if (!(curvature_ > least * dot(direction_, direction_))) return false;
  const double length = square_ / curvature_;
  add_multiple(length, direction_, solution_);
  add_multiple(-length, product, residual_);
  const double square = dot(residual_, residual_), beta = square / square_;
  for (std::size_t i = 0; i < direction_.size(); ++i) direction_[i] = residual_[i] + beta * direction_[i];
  square_ = square;
  return true;
}

double LinearCg::residual_norm() const { return norm(residual_); }

double LinearCg::model() const { return -(dot(solution_, residual_) + dot(solution_, b_)) / 2; }

}  // namespace limn
