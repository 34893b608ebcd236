// The classical problems of any dimension. Functions and starts: More, Garbow and Hillstrom 1981; the chained
// Rosenbrock function: Toint 1978.
#include <cmath>

#include "formula/zoo_table.hpp"

namespace limn {
namespace {

std::vector<double> repeated(std::vector<double> period, std::int64_t n) {
  std::vector<double> x;
  for (std::int64_t i = 0; i < n; ++i) x.push_back(period[static_cast<std::size_t>(i) % period.size()]);
  return x;
}
std::vector<double> each_of(std::int64_t n, double (*start)(double i, double n)) {
  std::vector<double> x;
  for (std::int64_t i = 1; i <= n; ++i) x.push_back(start(static_cast<double>(i), static_cast<double>(n)));
  return x;
}

Problem problem(std::int64_t n, std::string formula, std::vector<double> start, std::vector<Minimum> minima,
                int number) {
  return {"",
          "classical",
          std::move(formula),
          {{"n", {static_cast<double>(n)}}},
          std::move(start),
          std::move(minima),
          "More, Garbow and Hillstrom 1981, problem " + std::to_string(number)};
}

// The minimum's value where it is published for this n.
struct Known {
  std::int64_t n;
  std::vector<Minimum> minima;
};
std::vector<Minimum> known(std::int64_t n, std::initializer_list<Known> table) {
  for (const Known& row : table)
    if (row.n == n) return row.minima;
  return {};
}

Problem watson(std::int64_t n) {
  return problem(n,
                 "x[1]^2 + (x[2] - x[1]^2 - 1)^2 + sum(i=1..29, (sum(j=2..n, (j-1)*x[j]*(i/29)^(j-2)) - "
                 "sum(j=1..n, x[j]*(i/29)^(j-1))^2 - 1)^2)",
                 repeated({0}, n), known(n, {{6, {{2.28767005355e-3}}}, {9, {{1.39976013e-6}}}, {12, {{4.72238e-10}}}}),
                 20);
}
Problem penalty1(std::int64_t n) {
  return problem(n, "1e-5*sum(i=1..n, (x[i] - 1)^2) + (sum(i=1..n, x[i]^2) - 1/4)^2",
                 each_of(n, [](double i, double) { return i; }),
                 known(n, {{4, {{2.24997e-5}}}, {10, {{7.08765146709e-5}}}}), 23);
}
Problem penalty2(std::int64_t n) {
  return problem(n,
                 "(x[1] - 1/5)^2 + 1e-5*sum(i=2..n, (exp(x[i]/10) + exp(x[i-1]/10) - exp(i/10) - exp((i-1)/10))^2 + "
                 "(exp(x[i]/10) - exp(-1/10))^2) + (sum(i=1..n, (n-i+1)*x[i]^2) - 1)^2",
                 repeated({0.5}, n), known(n, {{4, {{9.37629e-6}}}, {10, {{2.93660537e-4}}}}), 24);
}
Problem variably_dim(std::int64_t n) {
  return problem(n, "sum(i=1..n, (x[i] - 1)^2) + sum(i=1..n, i*(x[i] - 1))^2 + sum(i=1..n, i*(x[i] - 1))^4",
                 each_of(n, [](double i, double size) { return 1 - i / size; }), {{0, true, repeated({1}, n)}}, 25);
}
Problem trigonometric(std::int64_t n) {
  Problem p = problem(n, "sum(i=1..n, (n - sum(j=1..n, cos(x[j])) + i*(1 - cos(x[i])) - sin(x[i]))^2)",
                      repeated({1 / static_cast<double>(n)}, n), {{0, true, repeated({0}, n)}}, 26);
  if (n == 10) p.minima.push_back({2.79506e-5, false, {}});
  return p;
}
Problem chebyquad(std::int64_t n) {
  // The Chebyshev polynomial T_i of 2x - 1 by its roots.
  std::vector<Minimum> minima = known(n, {{8, {{3.51687372568e-3}}}, {10, {{4.772714e-3}, {6.50395480e-3, false}}}});
  if (n <= 7 || n == 9) minima = {{0}};
  return problem(n,
                 "sum(i=1..n, (sum(j=1..n, 2^(i-1)*prod(k=1..i, 2*x[j] - 1 - cos((2*k-1)*pi/(2*i))))/n + "
                 "where(mod(i, 2) == 0, 1/(i^2-1), 0))^2)",
                 each_of(n, [](double i, double size) { return i / (size + 1); }), std::move(minima), 35);
}
Problem broyden_tridiag(std::int64_t n) {
  return problem(n,
                 "((3 - 2*x[1])*x[1] - 2*x[2] + 1)^2 + sum(i=2..n-1, ((3 - 2*x[i])*x[i] - x[i-1] - 2*x[i+1] + 1)^2) + "
                 "((3 - 2*x[n])*x[n] - x[n-1] + 1)^2",
                 repeated({-1}, n), {{0}}, 30);
}
Problem discrete_bv(std::int64_t n) {
  Problem p =
      problem(n,
              "(2*x[1] - x[2] + h^2*(x[1] + h + 1)^3/2)^2 + "
              "sum(i=2..n-1, (2*x[i] - x[i-1] - x[i+1] + h^2*(x[i] + i*h + 1)^3/2)^2) + "
              "(2*x[n] - x[n-1] + h^2*(x[n] + n*h + 1)^3/2)^2",
              each_of(n, [](double i, double size) { return i / (size + 1) * (i / (size + 1) - 1); }), {{0}}, 28);
  p.constants["h"] = {1 / static_cast<double>(n + 1)};
  return p;
}
Problem ext_rosenbrock(std::int64_t n) {
  return problem(n, "sum(i=1..n/2, 100*(x[2*i] - x[2*i-1]^2)^2 + (1 - x[2*i-1])^2)", repeated({-1.2, 1}, n),
                 {{0, true, repeated({1}, n)}}, 21);
}
Problem ext_powell_sing(std::int64_t n) {
  return problem(n,
                 "sum(i=1..n/4, (x[4*i-3] + 10*x[4*i-2])^2 + 5*(x[4*i-1] - x[4*i])^2 + (x[4*i-2] - 2*x[4*i-1])^4 + "
                 "10*(x[4*i-3] - x[4*i])^4)",
                 repeated({3, -1, 0, 1}, n), {{0, true, repeated({0}, n)}}, 22);
}
Problem chained_rosen(std::int64_t n) {
  Problem p = problem(n, "sum(i=1..n-1, 100*(x[i+1] - x[i]^2)^2 + (1 - x[i])^2)",
                      n == 5 ? std::vector<double>{1.3, 0.7, 0.8, 1.9, 1.2} : repeated({-1.2, 1}, n),
                      {{0, true, repeated({1}, n)}}, 0);
  p.source = "Toint 1978";
  return p;
}
Problem separable_quadratic(std::int64_t n) {
  Problem p = problem(n, "sum(i=1..n, k^((i-1)/(n-1))*x[i]^2)/2", repeated({1}, n), {{0, true, repeated({0}, n)}}, 0);
  p.family = "quadratic", p.source = "eigenvalues from 1 to k along the axes", p.constants["k"] = {1000};
  return p;
}
Problem noisy_quadratic(std::int64_t n) {
  Problem p = separable_quadratic(n);
  p.family = "noisy", p.noise = 0.1, p.constants["k"] = {100};
  return p;
}

constexpr std::int64_t kMost = 100'000;
constexpr ProblemFamily kFamilies[] = {
    {"watson", 2, 31, 1, watson},
    {"penalty1-", 1, kMost, 1, penalty1},
    {"penalty2-", 2, 1000, 1, penalty2},
    {"variably-dim", 1, kMost, 1, variably_dim},
    {"trigonometric", 1, kMost, 1, trigonometric},
    {"chebyquad", 1, 60, 1, chebyquad},
    {"broyden-tridiag", 2, kMost, 1, broyden_tridiag},
    {"discrete-bv", 2, kMost, 1, discrete_bv},
    {"ext-rosenbrock", 2, kMost, 2, ext_rosenbrock},
    {"ext-powell-sing", 4, kMost, 4, ext_powell_sing},
    {"chained-rosen", 2, kMost, 1, chained_rosen},
    {"quadratic", 2, kMost, 1, separable_quadratic},
    {"noisy-quadratic", 2, kMost, 1, noisy_quadratic},
};

}  // namespace

std::span<const ProblemFamily> problem_families() { return kFamilies; }

}  // namespace limn
