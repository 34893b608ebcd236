// Line searches: which length of step along a direction is good enough. They see a function of one number, and nothing
// of points or vectors.
#pragma once
#include <limits>
#include <span>

#include "optim/minimiser.hpp"

namespace limn {

// A function along a line. What is not finite is infinite in the value.
class Ray {
 public:
  virtual ~Ray() = default;
  virtual Trial at(double step) = 0;  // value and slope; asks the objective, and keeps what it saw
};

struct SearchStart {
  double value = 0, slope = 0;  // at 0; the slope is negative
  double first = 1;             // the first trial
  double most = 1e20;           // no step is longer
  double rounding = 0;          // values that differ by less are equal: then slopes decide. 0: values always decide
};

struct SearchRule {
  double c1 = 1e-4, c2 = 0.9;
  int most_trials = 40;
};

struct SearchResult {
  bool found = false;
  double step = 0;  // of a trial that was made; not found: of the one that is lowest, 0 if none is below the start
};

// Sufficient decrease alone. Next trial: the minimum of the cubic through both ends and their slopes, kept within a
// tenth and a half of the last trial.
SearchResult backtracking_search(Ray& ray, const SearchStart& start, const SearchRule& rule);

// Both strong Wolfe conditions. Source: More and Thuente, "Line search algorithms with guaranteed sufficient decrease",
// ACM TOMS 20 (1994). With start.rounding > 0 a trial whose value is the start's but for rounding is taken too if its
// slope is flat enough (the approximate conditions of Hager and Zhang).
SearchResult wolfe_search(Ray& ray, const SearchStart& start, const SearchRule& rule);

// Wolfe's conditions or, where the value is the start's but for rounding, their approximate form, which asks slopes
// alone. Source: Hager and Zhang, "A new conjugate gradient method with guaranteed descent and an efficient line
// search", SIAM J. Optim. 16 (2005), section 4.
SearchResult hager_zhang_search(Ray& ray, const SearchStart& start, const SearchRule& rule);

// The minimum of the cubic with these values and slopes at a and b; NaN if it has none.
double cubic_minimum(const Trial& a, const Trial& b);

}  // namespace limn
