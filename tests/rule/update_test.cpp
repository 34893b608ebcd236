// Every update rule for a hundred steps against loops in float64 that follow the papers line by line: in the
// interpreter and as a plan in float32, at the edges of its settings too.
#include <gtest/gtest.h>

#include <cmath>
#include <map>

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
  bool bias_correction = true;
};

// A gradient that depends on where one stands, with noise by the step: nothing converges and nothing blows up.
double gradient(double theta, int step, int i) {
  return std::sin(3 * theta + i) + 0.5 * std::cos(7.0 * step + 3.0 * i);
}

Numbers start() {
  Random random(3, "start");
  return testing::random_numbers(random, kSize, -1, 1);
}

// The papers' equations for one number, with their own names; memory starts at 0 but for what the first step sets.
using Memory = std::vector<double>;

void sgd(double& theta, Memory&, double g, int, const Setting& s) { theta = theta - s.lr * g; }
void momentum(double& theta, Memory& memory, double g, int, const Setting& s) {
  double& v = memory[0];
  v = s.momentum * v + g;
  theta = theta - s.lr * v;
}
// Sutskever et al. 2013 in their own variables: the velocity steps from the point that lies ahead. What is stored is
// that point ahead, where the gradient is taken: phi = theta + momentum * u, u = momentum * u - lr * g(phi).
void nesterov(double& phi, Memory& memory, double g, int, const Setting& s) {
  double& u = memory[0];
  const double theta = phi - s.momentum * u;
  u = s.momentum * u - s.lr * g;
  phi = theta + u + s.momentum * u;
}
// Duchi et al. 2011: the gradients' outer products, of which the diagonal is kept.
void adagrad(double& theta, Memory& memory, double g, int, const Setting& s) {
  double& diagonal = memory[0];
  diagonal += g * g;
  theta -= s.lr / (std::sqrt(diagonal) + s.epsilon) * g;
}
void rmsprop(double& theta, Memory& memory, double g, int, const Setting& s) {
  double& mean_square = memory[0];
  mean_square = s.beta2 * mean_square + (1 - s.beta2) * g * g;
  theta -= s.lr * g / (std::sqrt(mean_square) + s.epsilon);
}
// Graves 2013: n and g of the paper are means of the squared gradient and of the gradient.
void rmsprop_centred(double& theta, Memory& memory, double g, int, const Setting& s) {
  double &n = memory[0], &mean = memory[1];
  n = s.beta2 * n + (1 - s.beta2) * g * g;
  mean = s.beta2 * mean + (1 - s.beta2) * g;
  theta -= s.lr * g / (std::sqrt(std::fmax(n - mean * mean, 0)) + s.epsilon);
}
// Zeiler 2012, algorithm 1, with a rate outside.
void adadelta(double& theta, Memory& memory, double g, int, const Setting& s) {
  double &square_g = memory[0], &square_x = memory[1];
  square_g = s.beta2 * square_g + (1 - s.beta2) * g * g;
  const double dx = -std::sqrt(square_x + s.epsilon) / std::sqrt(square_g + s.epsilon) * g;
  square_x = s.beta2 * square_x + (1 - s.beta2) * dx * dx;
  theta += s.lr * dx;
}
double weight(double beta, int t, const Setting& s) { return s.bias_correction ? 1 - std::pow(beta, t) : 1; }
void adam(double& theta, Memory& memory, double g, int t, const Setting& s) {
  double &m = memory[0], &v = memory[1];
  m = s.momentum * m + (1 - s.momentum) * g;
  v = s.beta2 * v + (1 - s.beta2) * g * g;
  const double m_hat = m / weight(s.momentum, t, s), v_hat = v / weight(s.beta2, t, s);
  theta = theta - s.lr * m_hat / (std::sqrt(v_hat) + s.epsilon);
}
void amsgrad(double& theta, Memory& memory, double g, int t, const Setting& s) {
  double &m = memory[0], &v = memory[1], &largest = memory[2];
  m = s.momentum * m + (1 - s.momentum) * g;
  v = s.beta2 * v + (1 - s.beta2) * g * g;
  largest = std::fmax(largest, v);
  const double m_hat = m / weight(s.momentum, t, s), v_hat = largest / weight(s.beta2, t, s);
  theta = theta - s.lr * m_hat / (std::sqrt(v_hat) + s.epsilon);
}
void adamax(double& theta, Memory& memory, double g, int t, const Setting& s) {
  double &m = memory[0], &u = memory[1];
  m = s.momentum * m + (1 - s.momentum) * g;
  u = std::fmax(s.beta2 * u, std::abs(g) + s.epsilon);
  theta -= s.lr / (1 - std::pow(s.momentum, t)) * m / u;
}
// Dozat 2016, algorithm 2; the product of the mu is worked out anew in every step.
void nadam(double& theta, Memory& memory, double g, int t, const Setting& s) {
  double &m = memory[0], &v = memory[1];
  const auto mu = [&](int at) { return s.momentum * (1 - 0.5 * std::pow(0.96, at * 0.004)); };
  double product = 1;
  for (int i = 1; i <= t; ++i) product *= mu(i);
  m = s.momentum * m + (1 - s.momentum) * g;
  v = s.beta2 * v + (1 - s.beta2) * g * g;
  const double g_hat = g / (1 - product), m_hat = m / (1 - product * mu(t + 1));
  const double m_bar = (1 - mu(t)) * g_hat + mu(t + 1) * m_hat, v_hat = v / (1 - std::pow(s.beta2, t));
  theta -= s.lr * m_bar / (std::sqrt(v_hat) + s.epsilon);
}
// Liu et al. 2020, algorithm 2, with the threshold and the eps of PyTorch.
void radam(double& theta, Memory& memory, double g, int t, const Setting& s) {
  double &m = memory[0], &v = memory[1];
  m = s.momentum * m + (1 - s.momentum) * g;
  v = s.beta2 * v + (1 - s.beta2) * g * g;
  const double m_hat = m / (1 - std::pow(s.momentum, t)), power = std::pow(s.beta2, t);
  const double rho_inf = 2 / (1 - s.beta2) - 1, rho = rho_inf - 2 * t * power / (1 - power);
  double step = s.lr * m_hat;
  if (rho > 5) {
    const double r = std::sqrt((rho - 4) * (rho - 2) * rho_inf / ((rho_inf - 4) * (rho_inf - 2) * rho));
    step *= r * std::sqrt(1 - power) / (std::sqrt(v) + s.epsilon);
  }
  theta -= step;
}
double sign(double x) { return x > 0 ? 1 : x < 0 ? -1 : 0; }
void lion(double& theta, Memory& memory, double g, int, const Setting& s) {
  double& m = memory[0];
  const double c = s.momentum * m + (1 - s.momentum) * g;
  theta -= s.lr * sign(c);
  m = s.beta2 * m + (1 - s.beta2) * g;
}
// Igel and Huesken 2000, iRprop-.
void rprop(double& theta, Memory& memory, double g, int t, const Setting& s) {
  double &before = memory[0], &size = memory[1];
  if (t == 1) size = s.lr;
  if (before * g > 0) size = std::fmin(size * 1.2, 50);
  if (before * g < 0) size = std::fmax(size * 0.5, 1e-6), g = 0;
  size = std::fmax(std::fmin(size, 50), 1e-6);
  theta -= size * sign(g);
  before = g;
}
using Loop = void (*)(double& theta, Memory& memory, double g, int t, const Setting& setting);
const std::map<std::string_view, Loop> kLoops{
    {"sgd", sgd},           {"momentum", momentum}, {"nesterov", nesterov},
    {"adagrad", adagrad},   {"rmsprop", rmsprop},   {"rmsprop-centred", rmsprop_centred},
    {"adadelta", adadelta}, {"adam", adam},         {"amsgrad", amsgrad},
    {"adamax", adamax},     {"nadam", nadam},       {"radam", radam},
    {"adamw", adam},        {"lion", lion},         {"rprop", rprop}};

// Inputs: theta, the moments, the gradient, lr, momentum, beta2, epsilon.
Fn update_of(const Rule& rule, bool bias_correction = true) {
  return trace([&](Fn& f) {
    const Shape flat{kSize};
    const Value theta = input(f.graph, "theta", flat);
    std::vector<Value> moments;
    for (const Moment& m : rule.moments) moments.push_back(input(f.graph, m.name, m.shape(kSize)));
    const Value g = input(f.graph, "gradient", flat);
    const Hyper hyper{input(f.graph, "lr", {}), input(f.graph, "momentum", {}), input(f.graph, "beta2", {}),
                      input(f.graph, "epsilon", {}), bias_correction};
    const Update update = rule.update(theta, g, moments, hyper);
    f.state(theta, update.theta);
    for (std::size_t i = 0; i < moments.size(); ++i) f.state(moments[i], update.moments[i]);
  });
}

// Runs the steps; `advance(inputs, step)` replaces the states in `inputs`. Returns the largest distance from the loop.
template <class Advance>
double distance_from_loop(const Rule& rule, const Setting& s, Advance advance) {
  std::vector<Numbers> inputs{start()};
  for (const Moment& m : rule.moments) inputs.emplace_back(static_cast<std::size_t>(m.shape(kSize).size()), m.initial);
  const std::size_t at = inputs.size();
  inputs.emplace_back(kSize, 0.0);
  for (const double scalar : {s.lr, s.momentum, s.beta2, s.epsilon}) inputs.push_back({scalar});

  Numbers theta = start();
  std::vector<Memory> memory(kSize, Memory(3, 0.0));
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
  Setting uncorrected;
  uncorrected.bias_correction = false;
  const Setting settings[] = {
      {},         {.momentum = 0}, {.momentum = 0.999}, {.beta2 = 0},     {.momentum = 0, .beta2 = 0},
      {.lr = 0},  {.lr = 1},       {.epsilon = 0},      {.epsilon = 0.1}, {.lr = 1e-30},
      uncorrected};
  for (const Rule& rule : rules()) {
    std::vector<Setting> all(std::begin(settings), std::end(settings));
    const std::size_t edges = all.size();
    all.push_back({0.01, rule.defaults.momentum, rule.defaults.beta2, rule.defaults.epsilon});
    for (std::size_t i = 0; i < all.size(); ++i) {
      Setting s = all[i];
      // What float32 holds, so that the two ways differ by rounding alone.
      for (double* number : {&s.lr, &s.momentum, &s.beta2, &s.epsilon})
        *number = static_cast<double>(static_cast<float>(*number));
      SCOPED_TRACE(fmt::format("{} with lr {} momentum {} beta2 {} epsilon {} bias correction {}", rule.name, s.lr,
                               s.momentum, s.beta2, s.epsilon, s.bias_correction));
      const Fn fn = update_of(rule, s.bias_correction);
      EXPECT_LE(distance_from_loop(rule, s,
                                   [&](std::vector<Numbers>& inputs, int step) {
                                     const auto now = interpret_all(fn, inputs, {1, static_cast<std::uint64_t>(step)});
                                     for (std::size_t k = 0; k < fn.states.size(); ++k)
                                       inputs[k] = now[fn.states[k].out];
                                   }),
                1e-12);
      EXPECT_LE(distance_from_loop(rule, s,
                                   [&](std::vector<Numbers>& inputs, int step) {
                                     const auto planned =
                                         testing::run_planned(fn, inputs, {1, static_cast<std::uint64_t>(step)});
                                     for (std::size_t k = 0; k < fn.states.size(); ++k)
                                       inputs[k].assign(planned.inputs[k].begin(), planned.inputs[k].end());
                                   }),
                i == 0 || i == edges ? 1e-6 : 1e-5);
    }
  }
}

TEST(UpdateRules, LeaveEverythingWhereItIsAtARateOfZero) {
  for (const Rule& rule : rules()) {
    if (rule.name == "rprop") continue;  // its lr is the first step size, of which 1e-6 is the least
    const Fn fn = update_of(rule);
    std::vector<Numbers> inputs{start()};
    for (const Moment& m : rule.moments) inputs.emplace_back(static_cast<std::size_t>(m.shape(kSize).size()), 0.5);
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

TEST(UpdateRules, KeepTheirDigitsWhenRAdamLooksBackAMillionSteps) {
  const Fn fn = update_of(find_rule("radam"));
  for (const int step : {1, 5, 6, 7, 10, 100, 1000, 5000, 1000000})
    for (const float beta2 : {0.99f, 0.999f, 0.99999f}) {
      Setting s{.lr = 0.5, .momentum = 0, .beta2 = beta2, .epsilon = 0};
      Memory memory{0.25, 0.5};
      double expected = 0;
      // By long double, because the paper's own form loses digits even in float64.
      const long double power = std::pow(static_cast<long double>(s.beta2), step);
      const long double rho_inf = 2 / (1 - static_cast<long double>(s.beta2)) - 1,
                        rho = rho_inf - 2 * step * power / (1 - power);
      const double g = 0.75, v = s.beta2 * memory[1] + (1 - s.beta2) * g * g;
      expected = s.lr * g;
      if (rho > 5)
        expected *= static_cast<double>(
            std::sqrt((rho - 4) * (rho - 2) * rho_inf * (1 - power) / ((rho_inf - 4) * (rho_inf - 2) * rho * v)));
      std::vector<Numbers> inputs{Numbers(kSize, 0.0),
                                  Numbers(kSize, memory[0]),
                                  Numbers(kSize, memory[1]),
                                  Numbers(kSize, g),
                                  {s.lr},
                                  {s.momentum},
                                  {s.beta2},
                                  {0}};
      const auto planned = testing::run_planned(fn, inputs, {1, static_cast<std::uint64_t>(step)});
      EXPECT_NEAR(-planned.inputs[0][0] / expected, 1, 2e-6) << "step " << step << " beta2 " << beta2;
    }
}

TEST(WeightDecay, IsAddedToTheGradientOrShrinksTheWeightsApart) {
  const double lr = 0.125, decay = 0.25, theta = 3, g = 0.5;
  for (const Rule& rule : rules()) {
    const Fn fn = trace([&](Fn& f) {
      const Value at = input(f.graph, "theta", {2}), gradient = input(f.graph, "g", {2}),
                  mask = input(f.graph, "mask", {2});
      std::vector<Value> moments;
      for (const Moment& m : rule.moments) moments.push_back(input(f.graph, m.name, m.shape(2)));
      const Value l = constant(f.graph, lr), b = constant(f.graph, 0.5), e = constant(f.graph, 1e-3);
      const Update with = update_with_decay(rule, at, gradient, moments, {l, b, b, e}, mask, constant(f.graph, decay));
      const Value pull = constant(f.graph, decay) * (mask * at);
      const Update without = rule.update(at, gradient, moments, {l, b, b, e});
      const Update coupled = rule.update(at, gradient + pull, moments, {l, b, b, e});
      f.output("with", with.theta);
      f.output("without", without.theta);
      f.output("coupled", coupled.theta);
    });
    std::vector<Numbers> inputs{{theta, theta}, {g, g}, {1, 0}};
    for (const Moment& m : rule.moments) inputs.emplace_back(static_cast<std::size_t>(m.shape(2).size()), m.initial);
    const auto out = interpret(fn, inputs);
    EXPECT_EQ(out[0][1], out[1][1]) << rule.name << ": no decay where the mask is 0";
    EXPECT_NEAR(out[0][0], rule.decoupled ? out[1][0] - lr * decay * theta : out[2][0], 1e-15) << rule.name;
  }
  EXPECT_TRUE(find_rule("adamw").decoupled && find_rule("lion").decoupled);
  EXPECT_FALSE(find_rule("adam").decoupled);
}

// The texts themselves are read and evaluated by tests/cli/receipt_test.py.
TEST(UpdateRules, SayTheirFormulas) {
  for (const Rule& rule : rules()) {
    EXPECT_TRUE(rule.formula.starts_with("θ ← θ − ")) << rule.name;
    for (const Moment& m : rule.moments) EXPECT_FALSE(m.symbol.empty() || m.formula.empty()) << m.name;
  }
}

}  // namespace
}  // namespace limn
