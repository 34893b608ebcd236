// Every update rule for a hundred steps against loops in float64 that follow the papers line by line: in the
// interpreter and as a plan in float32, at the edges of its settings too; and the schedules against their closed forms.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <numbers>

#include "base/random.hpp"
#include "planned.hpp"
#include "random_graph.hpp"
#include "rule/rule.hpp"

namespace limn {
namespace {

using Numbers = std::vector<double>;

constexpr int kSteps = 100, kSize = 37;

struct Setting {
  double lr = 0.01, momentum = 0.9, beta2 = 0.999, epsilon = 1e-8;
};

// A gradient that depends on where one stands, with noise by the step: nothing converges and nothing blows up.
double gradient(double theta, int step, int i) {
  return std::sin(3 * theta + i) + 0.5 * std::cos(7.0 * step + 3.0 * i);
}

Numbers start() {
  Random random(3, "start");
  return testing::random_numbers(random, kSize, -1, 1);
}

// The papers' equations for one number, with their own names.
void sgd(double& theta, std::vector<double>&, double g, int, const Setting& s) { theta = theta - s.lr * g; }
void momentum(double& theta, std::vector<double>& memory, double g, int, const Setting& s) {
  double& v = memory[0];
  v = s.momentum * v + g;
  theta = theta - s.lr * v;
}
// Sutskever et al. 2013 in their own variables: the velocity steps from the point that lies ahead. What is stored is
// that point ahead, where the gradient is taken: phi = theta + momentum * u, u = momentum * u - lr * g(phi).
void nesterov(double& phi, std::vector<double>& memory, double g, int, const Setting& s) {
  double& u = memory[0];
  const double theta = phi - s.momentum * u;
  u = s.momentum * u - s.lr * g;
  phi = theta + u + s.momentum * u;
}
void adam(double& theta, std::vector<double>& memory, double g, int t, const Setting& s) {
  double &m = memory[0], &v = memory[1];
  m = s.momentum * m + (1 - s.momentum) * g;
  v = s.beta2 * v + (1 - s.beta2) * g * g;
  const double m_hat = m / (1 - std::pow(s.momentum, t)), v_hat = v / (1 - std::pow(s.beta2, t));
  theta = theta - s.lr * m_hat / (std::sqrt(v_hat) + s.epsilon);
}
using Loop = void (*)(double& theta, std::vector<double>& memory, double g, int t, const Setting& setting);
const std::map<std::string_view, Loop> kLoops{
    {"sgd", sgd}, {"momentum", momentum}, {"nesterov", nesterov}, {"adam", adam}};

// Inputs: theta, the moments, the gradient, lr, momentum, beta2, epsilon.
Fn update_of(const Rule& rule) {
  return trace([&](Fn& f) {
    const Shape flat{kSize};
    const Value theta = input(f.graph, "theta", flat);
    std::vector<Value> moments;
    for (const std::string_view name : rule.moments) moments.push_back(input(f.graph, name, flat));
    const Value g = input(f.graph, "gradient", flat);
    const Hyper hyper{input(f.graph, "lr", {}), input(f.graph, "momentum", {}), input(f.graph, "beta2", {}),
                      input(f.graph, "epsilon", {})};
    const Update update = rule.update(theta, g, moments, hyper);
    f.state(theta, update.theta);
    for (std::size_t i = 0; i < moments.size(); ++i) f.state(moments[i], update.moments[i]);
  });
}

// Runs the steps; `advance(inputs, step)` replaces the states in `inputs`. Returns the largest distance from the loop.
template <class Advance>
double distance_from_loop(const Rule& rule, const Setting& s, Advance advance) {
  std::vector<Numbers> inputs{start()};
  for (std::size_t i = 0; i < rule.moments.size(); ++i) inputs.emplace_back(kSize, 0.0);
  const std::size_t at = inputs.size();
  inputs.emplace_back(kSize, 0.0);
  for (const double scalar : {s.lr, s.momentum, s.beta2, s.epsilon}) inputs.push_back({scalar});

  Numbers theta = start();
  std::vector<Numbers> memory(kSize, Numbers(2, 0.0));
  double furthest = 0;
  for (int step = 1; step <= kSteps; ++step) {
    for (int i = 0; i < kSize; ++i) {
      inputs[at][i] = static_cast<float>(gradient(theta[i], step, i));
      kLoops.at(rule.name)(theta[i], memory[i], inputs[at][i], step, s);
    }
    advance(inputs, step);
    furthest = std::max(furthest, testing::relative_distance(inputs[0], theta));
  }
  return furthest;
}

TEST(UpdateRules, FollowTheirPapersForAHundredSteps) {
  const Setting settings[] = {
      {},        {.momentum = 0}, {.momentum = 0.999}, {.beta2 = 0},     {.momentum = 0, .beta2 = 0},
      {.lr = 0}, {.lr = 1},       {.epsilon = 0},      {.epsilon = 0.1}, {.lr = 1e-30}};
  for (const Rule& rule : rules())
    for (Setting s : settings) {
      // What float32 holds, so that the two ways differ by rounding alone.
      for (double* number : {&s.lr, &s.momentum, &s.beta2, &s.epsilon})
        *number = static_cast<double>(static_cast<float>(*number));
      SCOPED_TRACE(fmt::format("{} with lr {} momentum {} beta2 {} epsilon {}", rule.name, s.lr, s.momentum, s.beta2,
                               s.epsilon));
      const Fn fn = update_of(rule);
      EXPECT_LE(distance_from_loop(rule, s,
                                   [&](std::vector<Numbers>& inputs, int step) {
                                     const auto all = interpret_all(fn, inputs, {1, static_cast<std::uint64_t>(step)});
                                     for (std::size_t i = 0; i < fn.states.size(); ++i)
                                       inputs[i] = all[fn.states[i].out];
                                   }),
                1e-12);
      EXPECT_LE(distance_from_loop(rule, s,
                                   [&](std::vector<Numbers>& inputs, int step) {
                                     const auto planned =
                                         testing::run_planned(fn, inputs, {1, static_cast<std::uint64_t>(step)});
                                     for (std::size_t i = 0; i < fn.states.size(); ++i)
                                       inputs[i].assign(planned.inputs[i].begin(), planned.inputs[i].end());
                                   }),
                1e-5);
    }
}

TEST(UpdateRules, LeaveEverythingWhereItIsAtARateOfZero) {
  for (const Rule& rule : rules()) {
    const Fn fn = update_of(rule);
    std::vector<Numbers> inputs{start()};
    for (std::size_t i = 0; i < rule.moments.size(); ++i) inputs.emplace_back(kSize, 0.5);
    inputs.emplace_back(kSize, 2.0);
    for (const double scalar : {0.0, 0.9, 0.999, 1e-8}) inputs.push_back({scalar});
    const auto planned = testing::run_planned(fn, inputs);
    for (int i = 0; i < kSize; ++i) EXPECT_EQ(planned.inputs[0][i], static_cast<float>(inputs[0][i])) << rule.name;
  }
}

TEST(UpdateRules, KeepTheirDigitsInAdamsFirstAndMillionthStep) {
  const Fn fn = update_of(find_rule("adam"));
  for (const int step : {1, 2, 10, 30, 100, 300, 1000, 1000000}) {
    const double lr = 0.5, beta1 = static_cast<float>(0.9), beta2 = static_cast<float>(0.99999), m = 0.25, v = 0.5,
                 g = 0.75;
    std::vector<Numbers> inputs{
        Numbers(kSize, 0.0), Numbers(kSize, m), Numbers(kSize, v), Numbers(kSize, g), {lr}, {beta1}, {beta2}, {0}};
    const auto planned = testing::run_planned(fn, inputs, {1, static_cast<std::uint64_t>(step)});
    const double m_hat = (beta1 * m + (1 - beta1) * g) / -std::expm1(step * std::log(beta1));
    const double v_hat = (beta2 * v + (1 - beta2) * g * g) / -std::expm1(step * std::log(beta2));
    EXPECT_NEAR(-planned.inputs[0][0] / (lr * m_hat / std::sqrt(v_hat)), 1, 1e-6) << "step " << step;
  }
}

TEST(UpdateRules, AreFoundByNameAndOthersRefused) {
  for (const Rule& rule : rules()) {
    EXPECT_EQ(&find_rule(rule.name), &rule);
    EXPECT_TRUE(kLoops.contains(rule.name)) << rule.name << " has no loop in this test";
  }
  try {
    find_rule("Adam");
    ADD_FAILURE() << "accepted";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("Adam"), std::string::npos);
    for (const Rule& rule : rules()) EXPECT_NE(error.hint().find(rule.name), std::string::npos) << error.hint();
  }
}

TEST(Schedules, FollowTheirClosedForms) {
  for (const std::int64_t total : {1, 7, 1000})
    for (std::int64_t step = 0; step <= total; ++step) {
      EXPECT_EQ(schedule_factor("constant", step, total), 1);
      const double half = std::cos(std::numbers::pi * static_cast<double>(step) / static_cast<double>(total) / 2);
      EXPECT_NEAR(schedule_factor("cosine", step, total), half * half, 1e-15) << step << " of " << total;
    }
  EXPECT_EQ(schedule_factor("cosine", 0, 50), 1);
  EXPECT_EQ(schedule_factor("cosine", 50, 50), 0);
  EXPECT_EQ(schedule_factor("cosine", 80, 50), 0) << "behind the end the rate stays at its end";
  EXPECT_EQ(schedule_factor("cosine", 0, 0), 1);
  EXPECT_THROW(schedule_factor("Cosine", 1, 2), Error);
}

}  // namespace
}  // namespace limn
