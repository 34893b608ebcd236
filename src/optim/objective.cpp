#include "optim/objective.hpp"

#include <vector>

#include "base/error.hpp"

namespace limn {
namespace {

// Column after column, by a product with each unit vector.
template <class T, class Product>
void by_columns(std::int64_t n, std::span<double> matrix, Product product) {
  const auto size = static_cast<std::size_t>(n);
  LIMN_CHECK(matrix.size() == size * size);
  std::vector<T> unit(size, T(0)), column(size);
  for (std::size_t j = 0; j < size; ++j) {
    unit[j] = 1;
    product(unit, column);
    unit[j] = 0;
    for (std::size_t i = 0; i < size; ++i) matrix[i * size + j] = column[i];
  }
}

}  // namespace

template <class T>
void Objective<T>::hessian_times(std::span<const T>, std::span<const T>, std::span<T>) {
  LIMN_CHECK(false, "an objective without a Hessian was asked for one");
}

template <class T>
void Objective<T>::gauss_newton_times(std::span<const T>, std::span<const T>, std::span<T>) {
  LIMN_CHECK(false, "an objective without a Gauss-Newton matrix was asked for one");
}

template <class T>
void Objective<T>::hessian(std::span<const T> x, std::span<double> matrix) {
  by_columns<T>(dimension(), matrix, [&](const auto& v, auto& to) { hessian_times(x, v, to); });
}

template <class T>
void Objective<T>::gauss_newton(std::span<const T> x, std::span<double> matrix) {
  by_columns<T>(dimension(), matrix, [&](const auto& v, auto& to) { gauss_newton_times(x, v, to); });
}

template class Objective<float>;
template class Objective<double>;

}  // namespace limn
