// dlib's search strategies, until an iteration lowers the value by less than 1e-12 (the example of its manual has
// 1e-7).
#include <dlib/optimization.h>

#include "problems.hpp"

namespace {

using Vector = dlib::matrix<double, 0, 1>;

template <class Strategy>
void minimise(const Problem& problem, const char* name, const Strategy& strategy) {
  Tally tally(problem);
  Vector x(problem.dimension());
  std::copy(problem.start.begin(), problem.start.end(), x.begin());
  const auto value = [&](const Vector& at) { return tally.value(&at(0)); };
  const auto gradient = [&](const Vector& at) {
    Vector g(at.size());
    tally.gradient(&at(0), &g(0));
    return g;
  };
  const char* status = "stopped";
  try {
    constexpr double kLeast = -1;  // below it the search would end
    dlib::find_min(strategy, dlib::objective_delta_stop_strategy(1e-12, 20'000), value, gradient, x, kLeast);
  } catch (const std::exception&) {
    status = "exception";
  }
  tally.print(name, &x(0), status);
}

}  // namespace

int main() {
  for (const Problem& problem : problems()) {
    minimise(problem, "dlib bfgs", dlib::bfgs_search_strategy());
    minimise(problem, "dlib lbfgs", dlib::lbfgs_search_strategy(10));
    minimise(problem, "dlib cg", dlib::cg_search_strategy());
  }
}
