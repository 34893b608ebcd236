// GSL's minimisers as its manual shows them: first step 0.01, tolerance of the line search 0.1, until |g| < 1e-5.
#include <gsl/gsl_errno.h>
#include <gsl/gsl_multimin.h>

#include "problems.hpp"

namespace {

double value(const gsl_vector* x, void* tally) { return static_cast<Tally*>(tally)->value(x->data); }
void gradient(const gsl_vector* x, void* tally, gsl_vector* g) {
  static_cast<Tally*>(tally)->gradient(x->data, g->data);
}
void both(const gsl_vector* x, void* tally, double* f, gsl_vector* g) {
  *f = value(x, tally);
  gradient(x, tally, g);
}

void minimise(const Problem& problem, const char* name, const gsl_multimin_fdfminimizer_type* type) {
  constexpr int kMostIterations = 20'000;
  const std::size_t n = problem.start.size();
  Tally tally(problem);
  gsl_multimin_function_fdf function{value, gradient, both, n, &tally};
  gsl_multimin_fdfminimizer* state = gsl_multimin_fdfminimizer_alloc(type, n);
  const gsl_vector_const_view start = gsl_vector_const_view_array(problem.start.data(), n);
  gsl_multimin_fdfminimizer_set(state, &function, &start.vector, 0.01, 0.1);
  int status = GSL_CONTINUE;
  for (int i = 0; i < kMostIterations && status == GSL_CONTINUE; ++i) {
    status = gsl_multimin_fdfminimizer_iterate(state);
    if (status == GSL_SUCCESS) status = gsl_multimin_test_gradient(state->gradient, 1e-5);
  }
  tally.print(name, state->x->data, gsl_strerror(status));
  gsl_multimin_fdfminimizer_free(state);
}

}  // namespace

int main() {
  gsl_set_error_handler_off();
  for (const Problem& problem : problems()) {
    minimise(problem, "gsl bfgs2", gsl_multimin_fdfminimizer_vector_bfgs2);
    minimise(problem, "gsl cg-pr", gsl_multimin_fdfminimizer_conjugate_pr);
    minimise(problem, "gsl cg-fr", gsl_multimin_fdfminimizer_conjugate_fr);
  }
}
