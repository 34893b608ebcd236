// Objectives of the minimisers' tests, each with its derivatives written out by hand; and a drawn seed, printed.
#pragma once
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "optim/minimiser.hpp"

namespace limn::testing {

inline std::uint64_t drawn_seed() {
  const char* given = std::getenv("LIMN_TEST_SEED");
  const std::uint64_t seed = given ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  std::printf("LIMN_TEST_SEED=%llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

// Sums of squares of residuals 10 (x_{i+1} - x_i^2) and 1 - x_i over i = 0, step, 2 step...: Rosenbrock's function of
// two numbers, chained (step 1) or extended (step 2). Hessian and Gauss-Newton matrix are exact.
template <class T>
class Rosenbrock : public Objective<T> {
 public:
  explicit Rosenbrock(std::int64_t n, std::int64_t step = 1) : n_(n), step_(step) {}
  std::int64_t dimension() const override { return n_; }
  double value(std::span<const T> x) override {
    double sum = 0;
    each([&](std::size_t i) { sum += 100 * square(bend(x, i)) + square(1 - double(x[i])); });
    return sum;
  }
  double value_and_gradient(std::span<const T> x, std::span<T> gradient) override {
    std::vector<double> g(x.size(), 0.0);
    each([&](std::size_t i) {
      g[i] += -400 * x[i] * bend(x, i) - 2 * (1 - double(x[i]));
      g[i + 1] += 200 * bend(x, i);
    });
    for (std::size_t i = 0; i < x.size(); ++i) gradient[i] = static_cast<T>(g[i]);
    return value(x);
  }
  bool has_hessian() const override { return true; }
  bool has_gauss_newton() const override { return true; }
  void hessian_times(std::span<const T> x, std::span<const T> v, std::span<T> product) override {
    times(x, v, product, true);
  }
  void gauss_newton_times(std::span<const T> x, std::span<const T> v, std::span<T> product) override {
    times(x, v, product, false);
  }

 private:
  static double square(double v) { return v * v; }
  static double bend(std::span<const T> x, std::size_t i) { return double(x[i + 1]) - square(x[i]); }
  template <class Body>
  void each(Body body) const {
    for (std::int64_t i = 0; i + 1 < n_; i += step_) body(static_cast<std::size_t>(i));
  }
  void times(std::span<const T> x, std::span<const T> v, std::span<T> product, bool whole) const {
    std::vector<double> p(x.size(), 0.0);
    each([&](std::size_t i) {
      const double a = x[i], first = v[i], second = v[i + 1];
      p[i] += (800 * a * a + 2) * first - 400 * a * second + (whole ? -400 * bend(x, i) * first : 0);
      p[i + 1] += -400 * a * first + 200 * second;
    });
    for (std::size_t i = 0; i < x.size(); ++i) product[i] = static_cast<T>(p[i]);
  }
  std::int64_t n_, step_;
};

// x^T A x / 2 - b^T x, A = Q diag(eigenvalues) Q^T with a random orthogonal Q (three Householder reflections).
template <class T>
class Quadratic : public Objective<T> {
 public:
  Quadratic(std::vector<double> eigenvalues, std::vector<double> minimum, std::mt19937_64& random)
      : n_(eigenvalues.size()), matrix_(n_ * n_, 0.0), b_(n_) {
    for (std::size_t i = 0; i < n_; ++i) matrix_[i * n_ + i] = eigenvalues[i];
    std::normal_distribution<double> normal;
    for (int round = 0; round < 3; ++round) {
      std::vector<double> u(n_);
      double length = 0;
      for (double& v : u) length += square(v = normal(random));
      for (double& v : u) v /= std::sqrt(length);
      reflect(u);
    }
    b_ = product_of(minimum);
  }
  const std::vector<double>& matrix() const { return matrix_; }
  const std::vector<double>& b() const { return b_; }

  std::int64_t dimension() const override { return static_cast<std::int64_t>(n_); }
  double value(std::span<const T> x) override {
    std::vector<T> unused(n_);
    return value_and_gradient(x, unused);
  }
  double value_and_gradient(std::span<const T> x, std::span<T> gradient) override {
    const std::vector<double> ax = product_of(x);
    double sum = 0;
    for (std::size_t i = 0; i < n_; ++i) {
      sum += x[i] * (ax[i] / 2 - b_[i]);
      gradient[i] = static_cast<T>(ax[i] - b_[i]);
    }
    return sum;
  }
  bool has_hessian() const override { return true; }
  bool has_gauss_newton() const override { return true; }
  bool is_quadratic() const override { return true; }
  void hessian_times(std::span<const T>, std::span<const T> v, std::span<T> product) override {
    const std::vector<double> av = product_of(v);
    for (std::size_t i = 0; i < n_; ++i) product[i] = static_cast<T>(av[i]);
  }
  void gauss_newton_times(std::span<const T> x, std::span<const T> v, std::span<T> product) override {
    hessian_times(x, v, product);
  }
  void hessian(std::span<const T>, std::span<double> matrix) override {
    for (std::size_t i = 0; i < matrix.size(); ++i) matrix[i] = matrix_[i];
  }

 private:
  static double square(double v) { return v * v; }
  template <class V>
  std::vector<double> product_of(const V& v) const {
    std::vector<double> product(n_, 0.0);
    for (std::size_t i = 0; i < n_; ++i) {
      double sum = 0;
      for (std::size_t j = 0; j < n_; ++j) sum += matrix_[i * n_ + j] * v[j];
      product[i] = sum;
    }
    return product;
  }
  // A <- (I - 2 u u^T) A (I - 2 u u^T)
  void reflect(const std::vector<double>& u) {
    const std::vector<double> w = product_of(u);
    double inner = 0;
    for (std::size_t i = 0; i < n_; ++i) inner += u[i] * w[i];
    for (std::size_t i = 0; i < n_; ++i)
      for (std::size_t j = 0; j <= i; ++j) {
        matrix_[i * n_ + j] += -2 * u[i] * w[j] - 2 * w[i] * u[j] + 4 * inner * u[i] * u[j];
        matrix_[j * n_ + i] = matrix_[i * n_ + j];
      }
  }

  std::size_t n_;
  std::vector<double> matrix_, b_;
};

// Given by functions: value and gradient, and a Hessian where there is one.
class Given : public Objective<double> {
 public:
  std::int64_t n = 1;
  std::function<double(std::span<const double>, std::span<double>)> both;
  std::function<void(std::span<const double>, std::span<double>)> matrix;

  std::int64_t dimension() const override { return n; }
  double value(std::span<const double> x) override {
    std::vector<double> unused(x.size());
    return both(x, unused);
  }
  double value_and_gradient(std::span<const double> x, std::span<double> g) override { return both(x, g); }
  bool has_hessian() const override { return matrix != nullptr; }
  void hessian(std::span<const double> x, std::span<double> to) override { matrix(x, to); }
  void hessian_times(std::span<const double> x, std::span<const double> v, std::span<double> product) override {
    std::vector<double> h(v.size() * v.size());
    matrix(x, h);
    for (std::size_t i = 0; i < v.size(); ++i) {
      product[i] = 0;
      for (std::size_t j = 0; j < v.size(); ++j) product[i] += h[i * v.size() + j] * v[j];
    }
  }
};

template <class T>
MinimiserReport run(Minimiser<T>& minimiser, Objective<T>& objective, int most = 100'000) {
  MinimiserReport report;
  for (int i = 0; i < most && report.stopped == Stop::kNone; ++i) report = minimiser.step(objective);
  return report;
}

}  // namespace limn::testing
