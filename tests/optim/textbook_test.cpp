// BFGS and conjugate gradients with fixed lengths are the textbook's: fifty steps against twenty lines.
#include "objectives.hpp"

namespace limn {
namespace {

using namespace testing;
using Numbers = std::vector<double>;

double dot(const Numbers& a, const Numbers& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

Numbers gradient_at(Objective<double>& objective, const Numbers& x) {
  Numbers g(x.size());
  objective.value_and_gradient(x, g);
  return g;
}

Numbers along(const Numbers& x, double a, const Numbers& d) {
  Numbers to(x);
  for (std::size_t i = 0; i < x.size(); ++i) to[i] += a * d[i];
  return to;
}

// Halves the length until the value falls enough and the slope has risen enough for BFGS, by bisection.
double length_of(Objective<double>& objective, const Numbers& x, const Numbers& d) {
  const double value = objective.value(x), slope = dot(gradient_at(objective, x), d);
  double low = 0, high = 0, a = 1;
  for (int trial = 0; trial < 60; ++trial) {
    const Numbers to = along(x, a, d);
    if (objective.value(to) > value + 1e-4 * a * slope)
      high = a;
    else if (dot(gradient_at(objective, to), d) < 0.4 * slope)
      low = a;
    else
      break;
    a = high > 0 ? (low + high) / 2 : 2 * a;
  }
  return a;
}

struct Trace {
  Numbers lengths;
  std::vector<Numbers> points;
};

Trace textbook_bfgs(Objective<double>& objective, Numbers x, int steps) {
  const std::size_t n = x.size();
  std::vector<Numbers> h(n, Numbers(n, 0.0));
  for (std::size_t i = 0; i < n; ++i) h[i][i] = 1;
  Trace trace;
  for (int k = 0; k < steps; ++k) {
    const Numbers g = gradient_at(objective, x);
    Numbers d(n), hy(n);
    for (std::size_t i = 0; i < n; ++i) d[i] = -dot(h[i], g);
    const double a = length_of(objective, x, d);
    const Numbers to = along(x, a, d), s = along(to, -1, x), y = along(gradient_at(objective, to), -1, g);
    for (std::size_t i = 0; i < n; ++i) hy[i] = dot(h[i], y);
    const double sy = dot(s, y), factor = (sy + dot(y, hy)) / (sy * sy);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j) h[i][j] += factor * s[i] * s[j] - (hy[i] * s[j] + s[i] * hy[j]) / sy;
    trace.lengths.push_back(a);
    trace.points.push_back(x = to);
  }
  return trace;
}

using BetaOf = std::function<double(const Numbers& g, const Numbers& g_before, const Numbers& d)>;

Trace textbook_cg(Objective<double>& objective, Numbers x, int steps, const BetaOf& beta_of) {
  Trace trace;
  Numbers g = gradient_at(objective, x), d = along(Numbers(x.size(), 0.0), -1, g);
  for (int k = 0; k < steps; ++k) {
    const double a = length_of(objective, x, d);
    trace.lengths.push_back(a);
    trace.points.push_back(x = along(x, a, d));
    const Numbers next = gradient_at(objective, x);
    d = along(along(Numbers(x.size(), 0.0), -1, next), beta_of(next, g, d), d);
    g = next;
  }
  return trace;
}

void expect_trace(const std::string& method, const std::string& beta, Objective<double>& objective, Numbers x,
                  const Trace& trace) {
  MinimiserOptions options;
  options.method = method, options.beta = beta;
  options.search.kind = Search::kFixed;
  options.search.fixed = trace.lengths;
  options.stop.gradient_tolerance = 0;
  auto minimiser = make_minimiser<double>(options, objective, x);
  for (std::size_t k = 0; k < trace.points.size(); ++k) {
    const MinimiserReport report = minimiser->step(objective);
    EXPECT_EQ(report.step, trace.lengths[k]);
    for (std::size_t i = 0; i < x.size(); ++i)
      ASSERT_NEAR(x[i], trace.points[k][i], 1e-7 * (1 + std::fabs(trace.points[k][i]))) << "step " << k;
  }
}

TEST(Textbook, FiftyStepsOfBfgsAreTheSame) {
  Rosenbrock<double> objective(10);
  Numbers x(10);
  for (std::size_t i = 0; i < 10; ++i) x[i] = i % 2 ? 1 : -1.2;
  expect_trace("bfgs", "hz", objective, x, textbook_bfgs(objective, x, 50));
}

TEST(Textbook, FiftyStepsOfConjugateGradientsAreTheSame) {
  const std::vector<std::pair<std::string, BetaOf>> betas = {
      {"fr", [](auto& g, auto& b, auto&) { return dot(g, g) / dot(b, b); }},
      {"pr+", [](auto& g, auto& b, auto&) { return std::max(0.0, dot(g, along(g, -1, b)) / dot(b, b)); }},
      {"hs", [](auto& g, auto& b, auto& d) { return dot(g, along(g, -1, b)) / dot(d, along(g, -1, b)); }},
      {"dy", [](auto& g, auto& b, auto& d) { return dot(g, g) / dot(d, along(g, -1, b)); }}};
  for (const auto& [name, beta_of] : betas) {
    SCOPED_TRACE(name);
    Rosenbrock<double> objective(4);
    const Numbers x = {-1.2, 1, 0.5, 0.8};
    expect_trace("cg", name, objective, x, textbook_cg(objective, x, 50, beta_of));
  }
}

}  // namespace
}  // namespace limn
