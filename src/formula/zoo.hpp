// The zoo: functions that minimisers are tried on, with their published starts and minima. Each is a formula.
#pragma once
#include <array>
#include <span>
#include <string>
#include <vector>

#include "formula/formula.hpp"

namespace limn {

struct Minimum {
  double value = 0;
  bool global = true;
  std::vector<double> x = {};  // where it is; empty: at infinity, on a line, or not listed
};

struct Problem {
  std::string name;    // "rosenbrock", "freudenstein-roth", "penalty1-10"...
  std::string family;  // "classical" (the 31), "landscape" (two variables), "quadratic", "noisy", "saddle"
  std::string formula;
  Constants constants;
  std::vector<double> start;          // as many numbers as the formula has variables
  std::vector<Minimum> minima;        // the global one first; empty: none is known
  std::string source;                 // "More, Garbow and Hillstrom 1981, problem 1"
  std::array<double, 4> window = {};  // what of two variables is worth seeing: x from, to, y from, to; else zeros
  double noise = 0;                   // deviation of the normal noise in each component of a step's gradient
};

// All of them, each at its published dimension.
std::span<const Problem> problems();

// A problem of any dimension that its definition allows ("ext-rosenbrock1000", also "ext-rosenbrock-1000"), or one of
// problems(). Error: there is none, or not of that dimension; the hint names the closest, or the dimensions.
Problem find_problem(std::string_view name);
FunctionGraph graph_of(const Problem& problem);

// Whether f is a listed minimum's value: within 1e-6 max(1, |f*|), or 1 % where 0 < |f*| < 1e-3.
// Null: none of them.
const Minimum* reached(const Problem& problem, double value);

// x^T A x / 2 with random orthogonal axes and eigenvalues from 1 to `condition`, evenly spaced on a logarithmic scale,
// by the seed. n >= 1, at most 2,000; condition >= 1.
FunctionGraph quadratic(std::int64_t n, double condition, std::uint64_t seed);

}  // namespace limn
