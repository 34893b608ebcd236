#include "optim/spectrum.hpp"

#include <Eigen/Dense>
#include <cmath>

namespace limn {
namespace {

auto whole(std::span<const double> matrix) {
  const auto n = static_cast<Eigen::Index>(std::llround(std::sqrt(static_cast<double>(matrix.size()))));
  return Eigen::Map<const Eigen::MatrixXd>(matrix.data(), n, n);
}

}  // namespace

std::vector<double> eigenvalues(std::span<const double> matrix) {
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(whole(matrix), Eigen::EigenvaluesOnly);
  return {solver.eigenvalues().begin(), solver.eigenvalues().end()};
}

std::vector<double> inverse(std::span<const double> matrix, double flat) {
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(whole(matrix));
  const double least = flat * solver.eigenvalues().cwiseAbs().maxCoeff();
  const Eigen::VectorXd inverted =
      solver.eigenvalues().unaryExpr([least](double v) { return std::abs(v) > least ? 1 / v : 0; });
  const Eigen::MatrixXd inverse = solver.eigenvectors() * inverted.asDiagonal() * solver.eigenvectors().transpose();
  return {inverse.data(), inverse.data() + inverse.size()};
}

}  // namespace limn
