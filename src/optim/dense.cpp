#include "optim/dense.hpp"

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <limits>

#include "optim/vector.hpp"

namespace limn {
namespace {

using Rows = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Vector = Eigen::VectorXd;
constexpr double kNoise = 1e-13;  // of the largest eigenvalue: what rounding may make of 0

Eigen::Index order(Matrix a) { return static_cast<Eigen::Index>(std::llround(std::sqrt(double(a.size())))); }
Eigen::Map<const Rows> view(Matrix a) { return {a.data(), order(a), order(a)}; }
Eigen::Map<const Vector> view_vector(std::span<const double> v) {
  return {v.data(), static_cast<Eigen::Index>(v.size())};
}

// |p(shift)| where p = -(A + shift I)^-1 g in the eigenvectors' coordinates.
double length_at(const Vector& values, const Vector& along, double shift) {
  double sum = 0;
  for (Eigen::Index i = 0; i < values.size(); ++i) {
    const double p = along[i] / (values[i] + shift);
    sum += p * p;
  }
  return std::sqrt(sum);
}

// The shift at which the step is as long as the radius; |p| at `low` is longer.
double shift_for(const Vector& values, const Vector& along, double low, double radius) {
  double high = low + along.norm() / radius, shift = low;
  for (int round = 0; round < 200; ++round) {
    const double length = length_at(values, along, shift);
    if (std::isfinite(length)) {
      (length > radius ? low : high) = shift;
      if (std::fabs(length - radius) <= 1e-10 * radius) break;
    } else {
      low = shift;
    }
    // Newton's step on 1/radius - 1/|p|, which is almost a straight line.
    double slope = 0;
    for (Eigen::Index i = 0; i < values.size(); ++i) {
      const double p = along[i] / (values[i] + shift);
      slope += p * p / (values[i] + shift);
    }
    double next = shift + length * length / slope * (length - radius) / radius;
    if (!(next > low && next < high)) next = low + (high - low) / 2;
    if (next == low || next == high) break;
    shift = next;
  }
  return shift;
}

// Where A is positive semidefinite but for rounding, its eigenvectors do not know the flattest directions, since their
// rounding is the steepest one's. Cholesky's is that of each diagonal entry: it finds the least shift, to a tenth,
// whose step is not longer than the radius. False: there is none up to `most`.
bool flat_step(Matrix a, std::span<const double> minus, double radius, double most, std::span<double> step) {
  std::vector<double> shifted(a.size()), trial(step.size());
  const std::size_t n = step.size();
  const auto fits = [&](double shift) {
    shifted.assign(a.begin(), a.end());
    for (std::size_t i = 0; i < n; ++i) shifted[i * n + i] += shift;
    return solve_positive(shifted, minus, trial) && norm(trial) <= radius;
  };
  double low = std::log(most) - 60, high = std::log(most);
  if (!fits(most)) return false;
  assign(trial, step);
  while (high - low > 0.1) {
    const double middle = (low + high) / 2;
    if (fits(std::exp(middle))) {
      high = middle;
      assign(trial, step);
    } else {
      low = middle;
    }
  }
  return true;
}

}  // namespace

bool solve_positive(Matrix a, std::span<const double> b, std::span<double> x) {
  const auto matrix = view(a);
  if (!std::isfinite(largest(a))) return false;
  const Eigen::LLT<Eigen::MatrixXd> factor(matrix);
  if (factor.info() != Eigen::Success) return false;
  Vector solution = factor.solve(view_vector(b));
  const Vector rest = view_vector(b) - matrix * solution;
  const Vector better = solution + factor.solve(rest);
  if ((view_vector(b) - matrix * better).norm() < rest.norm()) solution = better;
  if (!solution.allFinite()) return false;
  assign(std::span(solution.data(), b.size()), x);
  return true;
}

bool is_positive(Matrix a, double shift) {
  Eigen::MatrixXd matrix = view(a);
  matrix.diagonal().array() += shift;
  return Eigen::LLT<Eigen::MatrixXd>(matrix).info() == Eigen::Success;
}

double largest_entry(Matrix a) { return largest(a); }

void multiply(Matrix a, std::span<const double> v, std::span<double> to) {
  for (std::size_t i = 0; i < v.size(); ++i) to[i] = dot(a.subspan(i * v.size(), v.size()), v);
}

double least_eigenpair(Matrix a, std::span<double> vector) {
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(view(a));
  for (std::size_t i = 0; i < vector.size(); ++i) vector[i] = eigen.eigenvectors()(static_cast<Eigen::Index>(i), 0);
  return eigen.eigenvalues()[0];
}

TrustStep trust_region_step(Matrix a, std::span<const double> g, double radius) {
  TrustStep result;
  result.step.resize(g.size());
  result.radius = radius;
  std::vector<double> minus(g.size()), product(g.size());
  for (std::size_t i = 0; i < g.size(); ++i) minus[i] = -g[i];
  if (solve_positive(a, minus, result.step)) {
    const double length = norm(result.step);
    if (radius == 0) result.radius = radius = length;
    if (length <= radius) {
      multiply(a, result.step, product);
      result.predicted = -dot(g, result.step) - dot(result.step, product) / 2;
      return result;
    }
  }
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(view(a));
  const Vector& values = eigen.eigenvalues();
  const Vector along = eigen.eigenvectors().transpose() * view_vector(g);
  const double top = values.cwiseAbs().maxCoeff(), floor = 1e-15 * top;
  result.negative_curvature = values[0] < -floor;
  if (radius == 0) {
    double sum = 0;
    for (Eigen::Index i = 0; i < values.size(); ++i) {
      const double p = along[i] / std::max(std::fabs(values[i]), 1e-3 * top);
      sum += p * p;
    }
    radius = result.radius = sum > 0 ? std::sqrt(sum) : 1;
  }
  const double low = std::max(0.0, -values[0]);
  if (top > 0 && low <= kNoise * top && flat_step(a, minus, radius, kNoise * top, result.step)) {
    multiply(a, result.step, product);
    result.predicted = -dot(g, result.step) - dot(result.step, product) / 2;
    result.on_boundary = norm(result.step) > 0.9 * radius;
    return result;
  }
  Vector p(values.size());
  // Just above the pole the step is long unless the gradient has no part along the eigenvector: the hard case.
  double shift = low + std::max(1e-14 * top, std::numeric_limits<double>::min());
  if (length_at(values, along, shift) > radius) {
    shift = shift_for(values, along, shift, radius);
    for (Eigen::Index i = 0; i < p.size(); ++i) p[i] = -along[i] / (values[i] + shift);
    result.on_boundary = true;
  } else {
    for (Eigen::Index i = 0; i < p.size(); ++i) p[i] = -along[i] / (values[i] + shift);
    if (values[0] < -floor) {
      const double rest = radius * radius - p.squaredNorm();
      p[0] += std::copysign(std::sqrt(std::max(0.0, rest)), -along[0]);
      result.on_boundary = true;
    }
  }
  double model = 0;
  for (Eigen::Index i = 0; i < p.size(); ++i) model += along[i] * p[i] + values[i] * p[i] * p[i] / 2;
  result.predicted = -model;
  const Vector step = eigen.eigenvectors() * p;
  assign(std::span(step.data(), g.size()), result.step);
  return result;
}

}  // namespace limn
