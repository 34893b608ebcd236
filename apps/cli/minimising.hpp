// One minimisation from its start to its end, as `limn minimize` and `limn bench optim` do it: what is counted on the
// way, when it ends, and the options of the methods. It must not know what is printed.
#pragma once
#include <atomic>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "experiment/parameter.hpp"
#include "formula/zoo.hpp"
#include "optim/minimiser.hpp"

namespace limn::cli {

// Forwards to a function and watches: evaluations until its value was low enough, and noise on the gradient.
class WatchedObjective : public Objective<double> {
 public:
  // `target`: a value; NaN: none. `noise`: the deviation of the normal noise that each component of the gradient gets,
  // by the seed and the number of the evaluation.
  WatchedObjective(Objective<double>& function, double target, double noise, std::uint64_t seed)
      : function_(function), target_(target), noise_(noise), seed_(seed) {}

  std::int64_t evaluations() const { return evaluations_; }
  std::int64_t hit() const { return hit_; }  // evaluations until value <= target; -1: never

  std::int64_t dimension() const override { return function_.dimension(); }
  double value(std::span<const double> x) override;
  double value_and_gradient(std::span<const double> x, std::span<double> gradient) override;
  bool has_hessian() const override { return function_.has_hessian(); }
  bool has_gauss_newton() const override { return function_.has_gauss_newton(); }
  void hessian_times(std::span<const double> x, std::span<const double> v, std::span<double> product) override;
  void gauss_newton_times(std::span<const double> x, std::span<const double> v, std::span<double> product) override;
  void hessian(std::span<const double> x, std::span<double> matrix) override;
  void gauss_newton(std::span<const double> x, std::span<double> matrix) override;
  bool is_quadratic() const override { return noise_ == 0 && function_.is_quadratic(); }

 private:
  double seen(double value);

  Objective<double>& function_;
  double target_, noise_;
  std::uint64_t seed_;
  std::int64_t evaluations_ = 0, hit_ = -1;
};

struct Minimisation {
  MinimiserReport last;   // of the last iteration
  std::vector<double> x;  // where it ended; where it was interrupted, the best point so far
  double start_value = 0, value = 0, gradient_norm = 0;
  std::int64_t iterations = 0, evaluations = 0;
  std::int64_t hit = -1;  // evaluations until value <= target; -1: never
  bool interrupted = false;
  double seconds = 0;
};

using IterationListener = std::function<void(const MinimiserReport& report, std::span<const double> x)>;

// Runs until the method stops or `interrupts` is not zero. Error: no finite value or gradient at the start; what
// make_minimiser refuses.
Minimisation minimise(WatchedObjective& objective, const MinimiserOptions& options, std::vector<double> start,
                      const std::atomic<int>& interrupts, const IterationListener& listener = {});

std::vector<ParameterSpec> method_parameters();  // line_search, c1, c2, cg_update, cg_restart, memory, damping...
// "NAME=VALUE", each a parameter, into `options`. Error: no such parameter, or not a value of it.
void set_parameters(const std::vector<std::string>& assignments, MinimiserOptions& options);

// Numbers with commas between, "-1.2,1". Error: none, or not finite; `whose` begins the sentence.
std::vector<double> parse_numbers(const std::string& text, const std::string& whose);

}  // namespace limn::cli
