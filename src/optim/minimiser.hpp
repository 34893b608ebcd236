// Minimisers: a direction, a rule for the length of the step, a rule when to stop; one step at a time.
// They see spans and an Objective, never a graph, a network or a file.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "optim/objective.hpp"

namespace limn {

// Why a minimiser does not go on. Only kGradient says that it has converged.
enum class Stop {
  kNone,         // it goes on
  kGradient,     // the largest component of the gradient is below gradient_tolerance, and no saddle is suspected
  kStep,         // the step is too short to change the point
  kDecrease,     // the value cannot be lowered further by what rounding leaves of it
  kEvaluations,  // as many as allowed
  kIterations,
  kSaddle,      // the gradient is small, and the curvature is negative in some direction
  kNotFinite,   // the start itself has no finite value or gradient
  kLineSearch,  // no acceptable step along the direction, even after a restart from the gradient
};
std::string_view name(Stop stop);  // "gradient", "step", "decrease", "evaluations", "iterations", "saddle"...

struct StopRule {
  double gradient_tolerance = 1e-8;  // of the largest component
  std::int64_t evaluations = 100'000, iterations = 100'000;
};

// kAutomatic: as suits the method. With kFixed and kExact bfgs is the textbook's, from the matrix I and without
// scaling; with kFixed cg is too, and restarts by `restart` alone.
enum class Search { kAutomatic, kBacktracking, kWolfe, kHagerZhang, kExact, kFixed };
struct LineSearchOptions {
  Search kind = Search::kAutomatic;
  double c1 = 1e-4;  // sufficient decrease (Armijo): f(x + a d) <= f(x) + c1 a d^T g
  double c2 = 0;     // curvature (strong Wolfe): |d^T g(x + a d)| <= c2 |d^T g|; 0: as suits the method
  int most_trials = 40;
  // kFixed: the lengths of the steps, one an iteration, taken as they are; the last repeats.
  std::vector<double> fixed = {};
};

struct MinimiserOptions {
  std::string method = "bfgs";  // a name of methods()
  LineSearchOptions search = {};
  StopRule stop = {};
  double lr = 0;             // gd: the first trial's length; 0: chosen by the gradient and the last step
  std::string beta = "pr+";  // cg: fr, pr+, hs, dy, hz
  std::int64_t restart = 0;  // cg: from the gradient after so many iterations; 0: by Powell's test, and after as many
                             // as there are parameters
  int memory = 20;           // lbfgs: pairs
  double damping = 0;        // hf and lm: the first damping; 0: chosen
  double radius = 0;         // newton: the first trust radius; 0: the first step is Newton's own
  int inner = 250;           // newton-cg and hf: the most steps of the inner conjugate gradients
};

struct Method {
  std::string_view name;  // "gd", "cg", "bfgs", "lbfgs", "newton", "newton-ls", "newton-cg", "hf", "lm"
  bool wants_hessian, wants_gauss_newton;
  bool keeps_matrix;  // memory grows with the square of the dimension
};
std::span<const Method> methods();
const Method* find_method(std::string_view name);  // null: there is none

// A point of a line search: f(x + step d), and its slope d^T g there; NaN where it was not asked for.
struct Trial {
  double step = 0, value = 0, slope = 0;
};

struct MinimiserReport {
  std::int64_t iteration = 0;  // from 1; 0: nothing was done, x is the start
  double value = 0;            // f at the new point
  double gradient_norm = 0;    // its largest component
  double step = 0;             // the length a of the step along the direction d; 1 where a trust region has none
  double step_norm = 0;        // |a d|, Euclidean
  double initial_value = 0, initial_slope = 0;  // f and d^T g where the step began
  bool accepted = true;                         // false: the point stayed where it is (trust region, damping)
  bool restarted = false;           // the direction is the gradient's: what was known of the curvature was dropped
  double c1 = 0, c2 = 0;            // of the conditions that the line search was to meet; 0: not asked
  std::vector<Trial> trials;        // of the line search, in order; or the one trial of a trust region
  std::vector<double> residuals;    // of inner conjugate gradients: |residual| before the first and after every step
  bool negative_curvature = false;  // met on the way
  double radius = 0, damping = 0;   // after the step; 0: the method has none
  double predicted = 0;             // decrease by the model, where there is one
  Calls calls;                      // of the objective, from the beginning
  Calls spent;                      // by this step alone
  Stop stopped = Stop::kNone;
};

// A view of everything that changes, by name: either values or numbers is not empty.
template <class T>
struct MinimiserView {
  std::string name;
  std::vector<std::int64_t> shape;
  std::span<T> values;
  std::span<double> numbers;
};

template <class T>
class Minimiser {
 public:
  virtual ~Minimiser() = default;

  // One iteration from the point it was made with, or left by the last one. After a report that is stopped, further
  // calls try again. Equal states and objectives give equal bits.
  virtual MinimiserReport step(Objective<T>& objective) = 0;
  // The point or the objective changed between two steps (other rows, an edit): values at the point are asked for anew;
  // what is known of the curvature stays.
  virtual void changed() = 0;

  // State but the point, of sizes that never change: "gradient", "direction", "inverse_hessian" [n, n] of bfgs,
  // "pairs.s" [memory, n]... A copy of the views' content, written back, continues with the same bits.
  virtual std::vector<MinimiserView<T>> state() = 0;
};

// `x`: the caller's memory; it has the start, and after every step the point. Error (base/error.hpp): unknown method or
// option, or the objective lacks what the method wants.
template <class T>
std::unique_ptr<Minimiser<T>> make_minimiser(const MinimiserOptions& options, const Objective<T>& objective,
                                             std::span<T> x);
extern template std::unique_ptr<Minimiser<float>> make_minimiser(const MinimiserOptions&, const Objective<float>&,
                                                                 std::span<float>);
extern template std::unique_ptr<Minimiser<double>> make_minimiser(const MinimiserOptions&, const Objective<double>&,
                                                                  std::span<double>);

}  // namespace limn
