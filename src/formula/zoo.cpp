#include "formula/zoo.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <utility>

#include "base/random.hpp"
#include "formula/zoo_table.hpp"

namespace limn {
namespace {

Problem of_family(const ProblemFamily& family, std::int64_t n) {
  Problem problem = family.make(n);
  problem.name = fmt::format("{}{}", family.stem, n);
  return problem;
}

// The members that are shown, after the classical ones of fixed dimension.
constexpr std::pair<std::string_view, std::int64_t> kShown[] = {
    {"watson", 6},           {"watson", 9},         {"penalty1-", 10},       {"penalty2-", 10},
    {"variably-dim", 10},    {"trigonometric", 10}, {"chebyquad", 8},        {"chebyquad", 10},
    {"broyden-tridiag", 10}, {"discrete-bv", 10},   {"ext-rosenbrock", 100}, {"ext-powell-sing", 100},
    {"chained-rosen", 5},    {"quadratic", 10},     {"noisy-quadratic", 10},
};

std::vector<Problem> all() {
  std::vector<Problem> list = classical_problems();
  for (const auto& [stem, n] : kShown)
    list.push_back(of_family(*std::ranges::find(problem_families(), stem, &ProblemFamily::stem), n));
  for (Problem& problem : landscapes()) list.push_back(std::move(problem));
  return list;
}

std::size_t distance(std::string_view a, std::string_view b) {  // Levenshtein's
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j)
      diagonal = std::exchange(row[j + 1], std::min({row[j] + 1, row[j + 1] + 1, diagonal + (a[i] != b[j])}));
  }
  return row.back();
}

}  // namespace

std::span<const Problem> problems() {
  static const std::vector<Problem> list = all();
  return list;
}

Problem find_problem(std::string_view name) {
  for (const Problem& problem : problems())
    if (problem.name == name) return problem;
  const std::size_t digits = name.size() - (name.find_last_not_of("0123456789") + 1);
  std::string_view stem = name.substr(0, name.size() - digits);
  std::int64_t n = 0;
  std::from_chars(name.data() + stem.size(), name.data() + name.size(), n);
  if (digits > 0 && digits < 10)
    for (const ProblemFamily& family : problem_families()) {
      if (stem != family.stem && stem != std::string(family.stem) + "-") continue;
      if (n >= family.least && n <= family.most && n % family.multiple == 0) return of_family(family, n);
      throw Error(fmt::format("there is no {} of dimension {}", family.stem, n),
                  fmt::format("{} to {}{} are possible", family.least, family.most,
                              family.multiple > 1 ? fmt::format(" by {}", family.multiple) : ""));
    }
  name = name.substr(0, 60);
  const auto closest =
      std::ranges::min_element(problems(), {}, [&](const Problem& p) { return distance(name, p.name); });
  throw Error(fmt::format("there is no problem {}", name), fmt::format("the closest name is {}", closest->name));
}

FunctionGraph graph_of(const Problem& problem) {
  const bool indexed = problem.formula.find("x[") != std::string::npos;
  return parse_formula(problem.formula, problem.constants,
                       indexed ? static_cast<std::int64_t>(problem.start.size()) : 0)
      .graph;
}

const Minimum* reached(const Problem& problem, double value) {
  for (const Minimum& minimum : problem.minima) {
    const double size = std::abs(minimum.value);
    const double within = size > 0 && size < 1e-3 ? 0.01 * size : 1e-6 * std::max(1.0, size);
    if (std::abs(value - minimum.value) <= within) return &minimum;
  }
  return nullptr;
}

FunctionGraph quadratic(std::int64_t n, double condition, std::uint64_t seed) {
  if (n < 1 || n > 2000) throw Error(fmt::format("a quadratic of {} variables", n), "1 to 2000 are possible");
  if (!(condition >= 1 && std::isfinite(condition)))
    throw Error(fmt::format("a condition of {}", condition),
                "it is the largest eigenvalue over the smallest, 1 or more");
  // A = Q D Q^T; Q is a product of n reflections at random vectors (Stewart 1980 has the distribution).
  const auto size = static_cast<std::size_t>(n);
  std::vector<double> a(size * size, 0), v(size), w(size);
  for (std::size_t i = 0; i < size; ++i)
    a[i * size + i] = n == 1 ? condition : std::pow(condition, static_cast<double>(i) / static_cast<double>(n - 1));
  Random random(seed, "quadratic");
  for (std::size_t reflection = 0; n > 1 && reflection < size; ++reflection) {
    double square = 0;
    for (double& x : v) x = random.normal(), square += x * x;
    // H A H with H = I - 2 v v^T / v^T v, as A - v w^T - w v^T.
    double along = 0;
    for (std::size_t i = 0; i < size; ++i) {
      w[i] = 0;
      for (std::size_t j = 0; j < size; ++j) w[i] += a[i * size + j] * v[j];
      w[i] *= 2 / square, along += w[i] * v[i] / square;
    }
    for (std::size_t i = 0; i < size; ++i) w[i] -= along * v[i];
    for (std::size_t i = 0; i < size; ++i)
      for (std::size_t j = 0; j < size; ++j) a[i * size + j] -= v[i] * w[j] + w[i] * v[j];
  }
  FunctionGraph function;
  Graph& graph = function.fn.graph;
  const Value x = input(graph, "x", {n}), matrix = input(graph, "matrix", {n, n});
  const Value row = reshape(x, {1, n});
  const Value value = reshape(matmul(matmul(row, matrix), row, false, true), {}) * 0.5;
  function.x = x.id(), function.value = value.id();
  function.data.emplace_back(matrix.id(), std::move(a));
  function.fn.output("value", value);
  return function;
}

}  // namespace limn
