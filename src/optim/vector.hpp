// Sums and lengths of vectors for minimisers. All sums are taken in double and in one order, so their bits depend on
// the numbers alone.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace limn {

// a^T b, in four chains that are joined at the end; a and b are of one length.
template <class A, class B>
double dot(const A& a, const B& b) {
  const std::size_t size = a.size();
  double sum[4] = {};
  std::size_t i = 0;
  for (; i + 4 <= size; i += 4)
    for (std::size_t k = 0; k < 4; ++k) sum[k] += static_cast<double>(a[i + k]) * static_cast<double>(b[i + k]);
  for (; i < size; ++i) sum[i % 4] += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

// Euclidean, safe from overflow and underflow of squares.
template <class A>
double norm(const A& a) {
  double largest = 0;
  for (const auto v : a) largest = std::max(largest, std::fabs(static_cast<double>(v)));
  if (largest == 0 || !std::isfinite(largest)) return largest;
  if (largest > 1e-140 && largest < 1e140) return std::sqrt(dot(a, a));
  double sum = 0;
  for (const auto v : a) sum += static_cast<double>(v) / largest * (static_cast<double>(v) / largest);
  return largest * std::sqrt(sum);
}

// The largest absolute value of a component; NaN if there is one.
template <class A>
double largest(const A& a) {
  double most = 0;
  for (const auto v : a) {
    const double size = std::fabs(static_cast<double>(v));
    if (!(size <= most)) most = size;
    if (std::isnan(most)) return most;
  }
  return most;
}

template <class A>
bool all_finite(const A& a) {
  return std::isfinite(largest(a));
}

// to = from, rounded to to's type where it is the smaller one.
template <class A, class B>
void assign(const A& from, B& to) {
  for (std::size_t i = 0; i < from.size(); ++i) to[i] = static_cast<std::remove_reference_t<decltype(to[i])>>(from[i]);
}

// y += a x
template <class X, class Y>
void add_multiple(double a, const X& x, Y& y) {
  for (std::size_t i = 0; i < x.size(); ++i)
    y[i] =
        static_cast<std::remove_reference_t<decltype(y[i])>>(static_cast<double>(y[i]) + a * static_cast<double>(x[i]));
}

}  // namespace limn
