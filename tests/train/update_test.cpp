// Each part of an update against its equation, written out in float64, with plain gradient descent as the rule.
#include "train/update.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "exec/interpreter.hpp"

namespace limn {
namespace {

using Numbers = std::vector<double>;

// w [3, 2] and b [2]: parameters 0 to 5 are weights.
const Parameters& parameters() {
  static const Parameters list = [] {
    Parameters p;
    p.add("layer1.w", {3, 2}, true);
    p.add("layer1.b", {2}, false);
    return p;
  }();
  return list;
}

const Numbers kTheta{0.5, -1.5, 2, 0, -0.25, 3, 1, -2}, kGradient{1, -2, 0.5, 4, 0, -0.125, 8, -1},
    kWeights{1, 1, 1, 1, 1, 1, 0, 0};
constexpr double kRate = 0.25;

struct After {
  Numbers theta, moment;
};

After after_one_step(const Settings& settings, const std::map<std::string, Numbers>& vectors = {}) {
  const Fn fn = trace([&](Fn& f) {
    const Value theta = input(f.graph, "theta", {8}), gradient = input(f.graph, "gradient", {8});
    add_update(f, parameters(), settings, theta, without_cut(theta, switches_of(settings)), gradient);
  });
  std::map<std::string, Numbers> values{{"theta", kTheta},
                                        {"gradient", kGradient},
                                        {"weights", kWeights},
                                        {"lr", {kRate}},
                                        {"momentum", {settings.momentum}},
                                        {"beta2", {settings.beta2}},
                                        {"epsilon", {settings.epsilon}},
                                        {"weight_decay", {settings.weight_decay}},
                                        {"l1", {settings.l1}},
                                        {"max_norm", {settings.max_norm}},
                                        {"clip", {settings.clip}},
                                        {"clip_value", {settings.clip_value}},
                                        {"moment/momentum", Numbers(8, 16)}};
  for (const auto& [name, vector] : vectors) values[name] = vector;
  std::vector<Numbers> inputs;
  for (const NodeId id : fn.graph.inputs()) inputs.push_back(values.at(fn.graph.input_name(id)));
  const auto all = interpret_all(fn, inputs);
  After after{all[fn.states[0].out], {}};
  if (fn.states.size() > 1) after.moment = all[fn.states[1].out];
  return after;
}

void expect_each(const Numbers& values, const std::function<double(std::size_t)>& expected) {
  ASSERT_EQ(values.size(), 8u);
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_NEAR(values[i], expected(i), 1e-15) << "parameter " << i;
}

Settings plain() {
  Settings s;
  s.optimizer = "sgd";
  return s;
}

double length(const Numbers& v) {
  double squares = 0;
  for (const double x : v) squares += x * x;
  return std::sqrt(squares);
}

TEST(Update, WithNothingSwitchedOnReadsTheRuleAlone) {
  const Fn fn = trace([&](Fn& f) {
    const Value theta = input(f.graph, "theta", {8}), gradient = input(f.graph, "gradient", {8});
    add_update(f, parameters(), plain(), theta, theta, gradient);
  });
  EXPECT_EQ(fn.graph.inputs().size(), 6u) << "theta, gradient, lr, momentum, beta2, epsilon";
  expect_each(after_one_step(plain()).theta, [](std::size_t i) { return kTheta[i] - kRate * kGradient[i]; });
}

TEST(Update, ClipsTheWholeGradientByItsLength) {
  for (const double most : {0.5, 3.0, 9.0, 1000.0}) {
    Settings s = plain();
    s.clip = most;
    const double factor = length(kGradient) > most ? most / length(kGradient) : 1;
    expect_each(after_one_step(s).theta, [&](std::size_t i) { return kTheta[i] - kRate * factor * kGradient[i]; });
    expect_each(after_one_step(s, {{"gradient", Numbers(8, 0)}}).theta, [&](std::size_t i) { return kTheta[i]; });
  }
}

TEST(Update, ClipsEveryNumberAndThenTheLength) {
  Settings s = plain();
  s.clip_value = 0.75, s.clip = 1;
  Numbers g = kGradient;
  for (double& x : g) x = std::clamp(x, -0.75, 0.75);
  const double factor = 1 / length(g);
  expect_each(after_one_step(s).theta, [&](std::size_t i) { return kTheta[i] - kRate * factor * g[i]; });
}

TEST(Update, DecaysWeightsBySquaresAndBySizes) {
  Settings s = plain();
  s.weight_decay = 0.5, s.l1 = 0.125;
  expect_each(after_one_step(s).theta, [](std::size_t i) {
    const double sign = kTheta[i] > 0 ? 1 : kTheta[i] < 0 ? -1 : 0;
    return kTheta[i] - kRate * (kGradient[i] + kWeights[i] * (0.5 * kTheta[i] + 0.125 * sign));
  });
}

TEST(Update, KeepsEveryUnitsWeightsWithinTheLargestLength) {
  Settings s = plain();
  s.max_norm = 1.5;
  Numbers stepped = kTheta;
  for (std::size_t i = 0; i < 8; ++i) stepped[i] -= kRate * kGradient[i];
  double lengths[2];
  for (std::size_t unit = 0; unit < 2; ++unit)
    lengths[unit] = length({stepped[unit], stepped[2 + unit], stepped[4 + unit]});
  ASSERT_TRUE(lengths[0] > 1.5 && lengths[1] > 1.5);
  expect_each(after_one_step(s).theta,
              [&](std::size_t i) { return i < 6 ? stepped[i] * 1.5 / lengths[i % 2] : stepped[i]; });
  s.max_norm = 100;
  expect_each(after_one_step(s).theta, [&](std::size_t i) { return stepped[i]; });
}

TEST(Update, LeavesWhatIsHeldAndItsMomentsAndDoesNotCountItsGradient) {
  Settings s = plain();
  s.optimizer = "momentum", s.freeze = "on", s.clip = 1, s.weight_decay = 0.5, s.max_norm = 0.1;
  const Numbers learns{1, 1, 1, 0, 1, 1, 0, 1};
  const After after = after_one_step(s, {{"learns", learns}});
  Numbers g = kGradient;
  for (std::size_t i = 0; i < 8; ++i) g[i] *= learns[i];
  for (const std::size_t held : {3u, 6u}) {
    EXPECT_EQ(after.theta[held], kTheta[held]);
    EXPECT_EQ(after.moment[held], 16);
  }
  for (const std::size_t i : {0u, 5u, 7u})
    EXPECT_NEAR(after.moment[i], 0.9 * 16 + g[i] / length(g) + 0.5 * kWeights[i] * kTheta[i], 1e-12) << i;
}

TEST(Update, TakesWhatIsCutAsZero) {
  Settings s = plain();
  s.cut = "on", s.weight_decay = 0.5;
  const Numbers alive{1, 0, 1, 1, 1, 0, 1, 1};
  const After after = after_one_step(s, {{"alive", alive}, {"learns", alive}});
  expect_each(after.theta, [&](std::size_t i) {
    return alive[i] == 0 ? 0 : kTheta[i] - kRate * (kGradient[i] + 0.5 * kWeights[i] * kTheta[i]);
  });
}

TEST(Update, ScalesTheRateByParameter) {
  Settings s = plain();
  s.lr_scale = "on";
  const Numbers scale{0, 1, 2, 0.5, 1, 1, 4, 1};
  expect_each(after_one_step(s, {{"lr_scale", scale}}).theta,
              [&](std::size_t i) { return kTheta[i] - kRate * scale[i] * kGradient[i]; });
}

// A unit's incoming weights alone, with everything switched on, against the update of all parameters.
TEST(Update, OfAPartIsThatOfTheWhole) {
  for (const Rule& rule : rules()) {
    Settings s = plain();
    s.optimizer = rule.name;
    s.weight_decay = 0.1, s.l1 = 0.01, s.max_norm = 1, s.clip = 0.5, s.clip_value = 0.75, s.freeze = "layer1.b";
    std::map<std::string, Numbers> values{
        {"theta", kTheta}, {"gradient", kGradient}, {"weights", kWeights},   {"lr", {kRate}}, {"momentum", {0.9}},
        {"beta2", {0.99}}, {"epsilon", {1e-8}},     {"weight_decay", {0.1}}, {"l1", {0.01}},  {"max_norm", {1}},
        {"clip", {0.5}},   {"clip_value", {0.75}},  {"learns", kWeights}};
    double squares = 0;
    for (std::size_t i = 0; i < 6; ++i) squares += std::pow(std::clamp(kGradient[i], -0.75, 0.75), 2);
    values["squares"] = {squares};
    for (std::size_t m = 0; m < rule.moments.size(); ++m)
      values[input_name(rule.moments[m])] =
          rule.moments[m].is_scalar ? Numbers{0.8} : Numbers(8, 0.25 + 0.5 * static_cast<double>(m));

    const auto run = [&](const Parameters& of, std::span<const std::size_t> taken, Explained* explained) {
      const Fn fn = trace([&](Fn& f) {
        const Shape flat{static_cast<std::int64_t>(taken.size())};
        const Value theta = input(f.graph, "theta", flat), gradient = input(f.graph, "gradient", flat);
        add_update(f, of, s, theta, theta, gradient, explained);
      });
      Interpreter run(fn, {1, 7});
      for (const NodeId id : fn.graph.inputs()) {
        const Numbers& all = values.at(fn.graph.input_name(id));
        Numbers part;
        for (const std::size_t i : taken) part.push_back(all.size() == 1 ? all[0] : all[i]);
        run.give(id, fn.graph[id].shape.rank() == 0 ? Numbers{all[0]} : part);
      }
      const std::vector<Line> lines = explained ? explained->lines : std::vector<Line>{};
      for (const Line& line : lines) EXPECT_FALSE(run.value(line.value.id()).empty() || line.formula.empty());
      return run.value(fn.states[0].out);
    };
    const std::size_t all[] = {0, 1, 2, 3, 4, 5, 6, 7}, column[] = {1, 3, 5};  // unit 1's weights
    Parameters part;
    part.add("layer1.w", {3, 1}, true);
    Explained explained;
    const Numbers whole = run(parameters(), all, nullptr), some = run(part, column, &explained);
    for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(some[i], whole[column[i]], 1e-14) << rule.name << " " << i;
    EXPECT_GE(explained.lines.size(), 6u + rule.moments.size()) << rule.name;
  }
}

}  // namespace
}  // namespace limn
