// What newton, newton-ls and lm share: a dense matrix of curvature at the point, asked once a point, and what the
// curvature says where the gradient is small.
#pragma once
#include "optim/dense.hpp"
#include "optim/method.hpp"

namespace limn {

// The matrix at a point: [n, n], and whether it is this point's.
template <class T>
class CurvatureMatrix {
 public:
  explicit CurvatureMatrix(std::size_t n) : entries_(n * n) {}
  Matrix at(Objective<T>& objective, std::span<const T> x, Calls& calls, bool gauss_newton = false) {
    if (known_ == 0) {
      if (gauss_newton)
        objective.gauss_newton(x, entries_);
      else
        objective.hessian(x, entries_);
      ++calls.matrices;
      known_ = 1;
    }
    return entries_;
  }
  void drop() { known_ = 0; }
  void add_to(std::vector<MinimiserView<T>>& views, std::int64_t n) {
    views.push_back({"curvature", {n, n}, {}, entries_});
    views.push_back({"curvature.known", {1}, {}, {&known_, 1}});
  }

 private:
  std::vector<double> entries_;
  double known_ = 0;
};

// An eigenvalue is clearly negative below minus this share of the matrix's largest entry: the rest may be rounding.
template <class T>
double clear_share() {
  return std::pow(static_cast<double>(std::numeric_limits<T>::epsilon()), 0.4);
}

}  // namespace limn
