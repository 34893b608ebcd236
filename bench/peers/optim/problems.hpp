// The 31 classical problems that minimisers are compared on, coded from the papers and apart from limn's zoo, so that
// neither can hide a mistake of the other. A peer asks through a Tally, which counts.
#pragma once
#include <functional>
#include <string>
#include <vector>

struct Problem {
  std::string name;  // as in limn's zoo
  std::vector<double> start;
  double least;  // the value of the global minimum, as published
  std::function<double(const double* x)> value;
  std::function<void(const double* x, double* gradient)> gradient;  // exact to rounding

  int dimension() const { return static_cast<int>(start.size()); }
};
const std::vector<Problem>& problems();

// Evaluations: the larger of the points asked for a value and of those asked for a gradient.
class Tally {
 public:
  explicit Tally(const Problem& problem) : problem_(problem) {}

  const Problem& problem() const { return problem_; }
  double value(const double* x);
  void gradient(const double* x, double* result);
  // One JSON line: counts until value <= least + 1e-8 and in total, and where the solver ended. `status`: in its words.
  void print(const std::string& solver, const double* x, const std::string& status) const;

 private:
  const Problem& problem_;
  long values_ = 0, gradients_ = 0, hit_ = -1;
};
