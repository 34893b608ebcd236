// NLopt's local solvers that use gradients. It has no stopping rule of its own; the ones here are near rounding.
#include <nlopt.h>

#include "problems.hpp"

namespace {

double function(unsigned, const double* x, double* gradient, void* tally) {
  const double f = static_cast<Tally*>(tally)->value(x);
  if (gradient) static_cast<Tally*>(tally)->gradient(x, gradient);
  return f;
}

void minimise(const Problem& problem, const char* name, nlopt_algorithm algorithm) {
  Tally tally(problem);
  const nlopt_opt options = nlopt_create(algorithm, static_cast<unsigned>(problem.dimension()));
  nlopt_set_min_objective(options, function, &tally);
  nlopt_set_ftol_rel(options, 1e-14);
  nlopt_set_xtol_rel(options, 1e-10);
  nlopt_set_maxeval(options, 20'000);
  std::vector<double> x = problem.start;
  double least = 0;
  const nlopt_result result = nlopt_optimize(options, x.data(), &least);
  tally.print(name, x.data(), nlopt_result_to_string(result));
  nlopt_destroy(options);
}

}  // namespace

int main() {
  for (const Problem& problem : problems()) {
    minimise(problem, "nlopt lbfgs", NLOPT_LD_LBFGS);
    minimise(problem, "nlopt var2", NLOPT_LD_VAR2);
    minimise(problem, "nlopt tnewton", NLOPT_LD_TNEWTON_PRECOND_RESTART);
  }
}
