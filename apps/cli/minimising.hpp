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
#include "optim/watched.hpp"
#include "train/settings.hpp"

namespace limn::cli {

struct Noise {
  double deviation = 0;  // WatchedObjective::draw, anew for each iteration
  std::uint64_t seed = 1;
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

// Runs until the method stops or `interrupts` is not zero. A first-order rule stops by its StopRule alone.
// Error: no finite value or gradient at the start; what make_minimiser refuses; kFailure: a rule has diverged.
Minimisation minimise(WatchedObjective& objective, const Settings& settings, const StopRule& stop, const Noise& noise,
                      std::vector<double> start, const std::atomic<int>& interrupts,
                      const IterationListener& listener = {});

std::vector<std::string> method_names();  // of minimisers, then of first-order rules
// What a method can be told: line_search, c1, c2, cg_update, memory, damping... of minimisers; lr, momentum, beta2...
// of rules. Error: no such method.
std::vector<ParameterSpec> method_parameters(const std::string& method);
// Settings by "NAME=VALUE", each a parameter; what is not set is as suits the method. `function`, `start`: what a rate
// is chosen for. Error: no such method or parameter, or not a value of it.
Settings method_settings(const std::string& method, const std::vector<std::string>& assignments,
                         Objective<double>& function, std::span<const double> start);

// Numbers with commas between, "-1.2,1". Error: none, or not finite; `whose` begins the sentence.
std::vector<double> parse_numbers(const std::string& text, const std::string& whose);

}  // namespace limn::cli
