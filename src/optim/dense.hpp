// What the Newton methods ask of a dense symmetric matrix, [n, n] in double. Behind it is Eigen.
#pragma once
#include <cstddef>
#include <span>
#include <vector>

namespace limn {

using Matrix = std::span<const double>;  // [n, n], symmetric

// x with A x = b by Cholesky and one step of refinement. False: A is not positive definite.
bool solve_positive(Matrix a, std::span<const double> b, std::span<double> x);
// x with (A + E) x = b, where E is a diagonal that makes the Cholesky factor's entries bounded and its pivots positive;
// 0 where A is well positive definite. `negative`: E is not 0. False: what comes out is not finite. Source: Gill,
// Murray and Wright, "Practical optimization", 1981, section 4.4.2.2.
bool modified_solve(Matrix a, std::span<const double> b, std::span<double> x, bool& negative);
// Whether A + shift I is positive definite.
bool is_positive(Matrix a, double shift);
double largest_entry(Matrix a);
// to = A v
void multiply(Matrix a, std::span<const double> v, std::span<double> to);
// The unit eigenvector of the least eigenvalue, which is returned.
double least_eigenpair(Matrix a, std::span<double> vector);

struct TrustStep {
  std::vector<double> step;
  double predicted = 0;  // decrease by the model, positive
  double radius = 0;     // as given, or as chosen
  bool on_boundary = false, negative_curvature = false;
};
// The minimum of g^T p + p^T A p / 2 over |p| <= radius. A radius of 0 is chosen: as long as Newton's step where A is
// positive definite, else as the step is with every eigenvalue replaced by its size.
// Source: More and Sorensen, "Computing a trust region step", SIAM J. Sci. Stat. Comput. 4 (1983), on an
// eigendecomposition, which makes the hard case an ordinary one.
TrustStep trust_region_step(Matrix a, std::span<const double> g, double radius);

}  // namespace limn
