// The modified Cholesky factorization of Gill, Murray and Wright, without pivots.
#include <algorithm>
#include <cmath>
#include <limits>

#include "optim/dense.hpp"
#include "optim/vector.hpp"

namespace limn {

bool modified_solve(Matrix a, std::span<const double> b, std::span<double> x, bool& negative) {
  negative = false;
  if (solve_positive(a, b, x)) return true;
  negative = true;
  const std::size_t n = b.size();
  constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
  double diagonal = 0, beside = 0;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j)
      (i == j ? diagonal : beside) = std::max(i == j ? diagonal : beside, std::fabs(a[i * n + j]));
  const double bound = std::max({diagonal, beside / std::max(1.0, std::sqrt(double(n) * double(n) - 1)), kEpsilon});
  const double least = std::sqrt(kEpsilon) * std::max(diagonal + beside, std::numeric_limits<double>::min());
  std::vector<double> factor(n * n), pivots(n), products(n * n);  // unit lower; products: factor times its pivots
  for (std::size_t j = 0; j < n; ++j) {
    double theta = 0;
    for (std::size_t i = j; i < n; ++i) {
      double sum = a[i * n + j];
      for (std::size_t k = 0; k < j; ++k) sum -= factor[j * n + k] * products[i * n + k];
      products[i * n + j] = sum;
      if (i > j) theta = std::max(theta, std::fabs(sum));
    }
    pivots[j] = std::max({std::fabs(products[j * n + j]), theta * theta / bound, least});
    for (std::size_t i = j + 1; i < n; ++i) factor[i * n + j] = products[i * n + j] / pivots[j];
  }
  for (std::size_t i = 0; i < n; ++i) {
    x[i] = b[i];
    for (std::size_t k = 0; k < i; ++k) x[i] -= factor[i * n + k] * x[k];
  }
  for (std::size_t i = 0; i < n; ++i) x[i] /= pivots[i];
  for (std::size_t i = n; i-- > 0;)
    for (std::size_t k = i + 1; k < n; ++k) x[i] -= factor[k * n + i] * x[k];
  return all_finite(x);
}

}  // namespace limn
