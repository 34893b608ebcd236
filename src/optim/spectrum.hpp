// What people ask of a symmetric matrix: its eigenvalues and its inverse.
#pragma once
#include <span>
#include <vector>

namespace limn {

// [n, n] row-major, symmetric. Ascending.
std::vector<double> eigenvalues(std::span<const double> matrix);
// Directions whose eigenvalue is at most `flat` times the largest in size are left out, as flat to what is known of the
// matrix: the pseudo-inverse of the rest (Moore 1920, Penrose 1955).
std::vector<double> inverse(std::span<const double> matrix, double flat);

}  // namespace limn
