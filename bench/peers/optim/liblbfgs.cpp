// libLBFGS with the parameters of lbfgs_parameter_init.
#include <lbfgs.h>

#include <algorithm>

#include "problems.hpp"

namespace {

lbfgsfloatval_t function(void* tally, const lbfgsfloatval_t* x, lbfgsfloatval_t* gradient, int, lbfgsfloatval_t) {
  const double f = static_cast<Tally*>(tally)->value(x);
  static_cast<Tally*>(tally)->gradient(x, gradient);
  return f;
}

}  // namespace

int main() {
  for (const Problem& problem : problems()) {
    Tally tally(problem);
    lbfgs_parameter_t parameters;
    lbfgs_parameter_init(&parameters);
    lbfgsfloatval_t* x = lbfgs_malloc(std::max(16, problem.dimension()));  // it wants a multiple of what SIMD loads
    std::copy(problem.start.begin(), problem.start.end(), x);
    const int status = lbfgs(problem.dimension(), x, nullptr, function, nullptr, &tally, &parameters);
    tally.print("liblbfgs", x, std::to_string(status));
    lbfgs_free(x);
  }
}
