// What people ask of a symmetric matrix: its eigenvalues and its inverse.
#pragma once
#include <span>
#include <vector>

namespace limn {

// [n, n] row-major, symmetric. Ascending.
std::vector<double> eigenvalues(std::span<const double> matrix);
// By its eigenvectors; not finite where the matrix is singular.
std::vector<double> inverse(std::span<const double> matrix);

}  // namespace limn
