// The zoo: functions that minimisers are tried on, with their published starts and minima. Each is a formula.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "formula/formula.hpp"

namespace limn {

struct Minimum {
  double value = 0;
  bool global = true;
  std::vector<double> x = {};  // where it is; empty: at infinity, or not listed
};

struct Problem {
  std::string name;    // "rosenbrock", "freudenstein-roth", "penalty1-10"...
  std::string family;  // "classical" (the 31), "landscape" (two variables), "quadratic", "noisy", "saddle"
  std::string formula;
  std::map<std::string, std::vector<double>> constants;
  std::vector<double> start;
  std::vector<Minimum> minima;  // the global one first
  std::string source;           // "More, Garbow and Hillstrom 1981, problem 1"
  std::array<double, 4> window = {};  // of a landscape: x from, to, y from, to
};

std::span<const Problem> problems();
const Problem& find_problem(std::string_view name);  // Error: there is none; the hint names the closest
FunctionGraph graph_of(const Problem& problem);

// Whether f is a listed minimum's value: within 1e-6 max(1, |f*|), or 1 % where 0 < |f*| < 1e-3.
// Null: none of them.
const Minimum* reached(const Problem& problem, double value);

// x^T A x / 2 with random orthogonal axes and eigenvalues from 1 to `condition`, by the seed.
FunctionGraph quadratic(std::int64_t n, double condition, std::uint64_t seed);

}  // namespace limn
