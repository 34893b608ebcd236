// How solvers are counted and what is printed of them.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "problems.hpp"

double Tally::value(const double* x) {
  ++values_;
  const double f = problem_.value(x);
  if (hit_ < 0 && f <= problem_.least + 1e-8) hit_ = std::max(values_, gradients_);
  return f;
}

void Tally::gradient(const double* x, double* result) {
  ++gradients_;
  problem_.gradient(x, result);
}

void Tally::print(const std::string& solver, const double* x, const std::string& status) const {
  std::vector<double> gradient(problem_.start.size());
  problem_.gradient(x, gradient.data());
  double norm = 0;
  for (const double g : gradient) norm = std::isnan(g) ? g : std::max(norm, std::fabs(g));
  const double value = problem_.value(x);
  const auto number = [](double n) {
    char text[40];
    std::snprintf(text, sizeof text, std::isfinite(n) ? "%.17g" : "null", n);
    return std::string(text);
  };
  std::printf(
      "{\"solver\": \"%s\", \"problem\": \"%s\", \"hit\": %s, \"evaluations\": %ld, \"value\": %s, "
      "\"gradient_norm\": %s, \"status\": \"%s\"}\n",
      solver.c_str(), problem_.name.c_str(), hit_ < 0 ? "null" : std::to_string(hit_).c_str(),
      std::max(values_, gradients_), number(value).c_str(), number(norm).c_str(), status.c_str());
}
