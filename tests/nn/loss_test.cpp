// Losses in float64 against closed forms written here, also where a careless form overflows.
#include "nn/loss.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "nn/run.hpp"
#include "random_graph.hpp"

namespace limn {
namespace {

using testing::expect_near;
using testing::Numbers;
using testing::run;

TEST(SoftmaxCrossEntropy, IsMinusTheLabelsLogProbabilityAndItsGradientTheError) {
  const Numbers z{0.5, -1, 2, 700, 0, -700, 0, 0, 0}, labels{2, 1, 0};
  const auto y =
      run({{3, 3}, {3}}, {z, labels}, [](auto& v) { return softmax_cross_entropy(v[0], v[1]); }, DType::kIndex);
  Numbers losses, error;
  for (int row = 0; row < 3; ++row) {
    const double *at = z.data() + row * 3, largest = *std::max_element(at, at + 3);
    double total = 0;
    for (int k = 0; k < 3; ++k) total += std::exp(at[k] - largest);
    losses.push_back(largest + std::log(total) - at[static_cast<int>(labels[row])]);
    for (int k = 0; k < 3; ++k) error.push_back(std::exp(at[k] - largest) / total - (labels[row] == k));
  }
  expect_near(y[0], losses, 1e-14, "loss");
  expect_near(y[1], error, 1e-14, "gradient");
}

TEST(SoftmaxCrossEntropy, AClassRuledOutByMinusInfinityCostsNothing) {
  const double never = -std::numeric_limits<double>::infinity();
  const auto y = run(
      {{1, 3}, {1}}, {{0, never, 0}, {2}}, [](auto& v) { return softmax_cross_entropy(v[0], v[1]); }, DType::kIndex);
  expect_near(y[0], {std::log(2)}, 1e-15, "loss");
  expect_near(y[1], {0.5, 0, -0.5}, 1e-15, "gradient");
}

TEST(LogisticCrossEntropy, EqualsItsDefinitionAndStaysFiniteFarOut) {
  const Numbers z{-2, -0.5, 0, 3, 800, -800, 800, -800}, t{0, 1, 1, 0, 1, 0, 0, 1};
  const auto y = run({{8, 1}, {8, 1}}, {z, t}, [](auto& v) { return logistic_cross_entropy(v[0], v[1]); });
  Numbers losses, error;
  for (std::size_t i = 0; i < z.size(); ++i) {
    const double p = 1 / (1 + std::exp(-z[i]));
    const bool far = std::abs(z[i]) > 100;
    losses.push_back(far ? (z[i] > 0) == (t[i] == 1) ? 0 : 800 : -t[i] * std::log(p) - (1 - t[i]) * std::log(1 - p));
    error.push_back(p - t[i]);
  }
  expect_near(y[0], losses, 1e-14, "loss");
  expect_near(y[1], error, 1e-14, "gradient");
}

TEST(SquaredError, IsTheMeanOverTheOutputsOfEachRow) {
  const auto y = run({{2, 3}, {2, 3}}, {{1, 2, 3, 0, 0, 1}, {0, 2, 5, 1, 1, 1}},
                     [](auto& v) { return squared_error(v[0], v[1]); });
  expect_near(y[0], {5.0 / 3, 2.0 / 3}, 1e-15, "loss");
  expect_near(y[1], {2.0 / 3, 0, -4.0 / 3, -2.0 / 3, -2.0 / 3, 0}, 1e-15, "gradient");
}

// Rows of logits, labels among 4 classes, and log-probabilities worked out here.
struct Labelled {
  std::vector<Numbers> inputs;
  std::vector<Numbers> log_p;
};
Labelled labelled(std::uint64_t seed) {
  Random random(seed, "labelled");
  Labelled l{{testing::random_numbers(random, 24, -3, 3), {}}, {}};
  for (int row = 0; row < 6; ++row) {
    const double* z = l.inputs[0].data() + row * 4;
    double total = 0;
    for (int k = 0; k < 4; ++k) total += std::exp(z[k]);
    Numbers& log_p = l.log_p.emplace_back();
    for (int k = 0; k < 4; ++k) log_p.push_back(z[k] - std::log(total));
    l.inputs[1].push_back(random.below(4));
  }
  return l;
}

TEST(SoftmaxCrossEntropy, SmoothedIsTheCrossEntropyWithSmoothedTargets) {
  for (const double smoothing : {0.0, 0.1, 0.9}) {
    const Labelled l = labelled(3);
    const auto y = run(
        {{6, 4}, {6}}, l.inputs, [&](auto& v) { return softmax_cross_entropy(v[0], v[1], smoothing); }, DType::kIndex);
    Numbers losses, error;
    for (std::size_t row = 0; row < 6; ++row) {
      double loss = 0;
      for (std::size_t k = 0; k < 4; ++k) {
        const double t = smoothing / 4 + (l.inputs[1][row] == static_cast<double>(k) ? 1 - smoothing : 0);
        loss -= t * l.log_p[row][k];
        error.push_back(std::exp(l.log_p[row][k]) - t);
      }
      losses.push_back(loss);
    }
    expect_near(y[0], losses, 1e-14, fmt::format("loss, smoothing {}", smoothing));
    expect_near(y[1], error, 1e-14, fmt::format("gradient, smoothing {}", smoothing));
  }
}

TEST(WeightedCrossEntropy, AveragesByTheWeightsOfTheLabels) {
  const Numbers weights{0.5, 2, 0, 7};
  for (const double smoothing : {0.0, 0.2}) {
    const Labelled l = labelled(4);
    const auto y = run(
        {{6, 4}, {4}, {6}}, {l.inputs[0], weights, l.inputs[1]},
        [&](auto& v) { return weighted_mean(weighted_softmax_cross_entropy(v[0], v[2], v[1], smoothing)); },
        DType::kIndex);
    double loss = 0, weight = 0;
    for (std::size_t row = 0; row < 6; ++row) {
      const auto label = static_cast<std::size_t>(l.inputs[1][row]);
      loss -= (1 - smoothing) * weights[label] * l.log_p[row][label];
      for (std::size_t k = 0; k < 4; ++k) loss -= smoothing / 4 * weights[k] * l.log_p[row][k];
      weight += weights[label];
    }
    EXPECT_NEAR(y[0][0], loss / weight, 1e-14) << "smoothing " << smoothing;
  }
}

TEST(WeightedCrossEntropy, WithEqualWeightsIsTheMeanOfThePlainOne) {
  const Labelled l = labelled(5);
  auto mean_of = [&](auto build) { return run({{6, 4}, {6}}, l.inputs, build, DType::kIndex); };
  const auto plain = mean_of([](auto& v) { return mean(softmax_cross_entropy(v[0], v[1], 0.1)); });
  const auto weighted = mean_of([](auto& v) {
    const Value threes = broadcast(constant(v[0].graph(), 3), {4});
    return weighted_mean(weighted_softmax_cross_entropy(v[0], v[1], threes, 0.1));
  });
  expect_near(weighted[0], plain[0], 1e-14, "loss");
  expect_near(weighted[1], plain[1], 1e-14, "gradient");
}

// Losses of numbers by one output and its target, and the slope by the output.
struct NumberRow {
  const char* name;
  Value (*build)(Value y, Value t);
  double (*value)(double y, double t);
  double (*slope)(double y, double t);
};
const NumberRow kNumberRows[] = {
    {"squared", squared_error, [](double y, double t) { return (y - t) * (y - t); },
     [](double y, double t) { return 2 * (y - t); }},
    {"absolute", absolute_error, [](double y, double t) { return std::abs(y - t); },
     [](double y, double t) { return y > t   ? 1.0
                                     : y < t ? -1.0
                                             : 0.0; }},
    {"Huber", [](Value y, Value t) { return huber_error(y, t, 0.7); },
     [](double y, double t) {
       const double e = std::abs(y - t);
       return e <= 0.7 ? e * e / 2 : 0.7 * (e - 0.35);
     },
     [](double y, double t) { return std::clamp(y - t, -0.7, 0.7); }},
    {"quantile", [](Value y, Value t) { return quantile_error(y, t, 0.9); },
     [](double y, double t) { return t > y ? 0.9 * (t - y) : 0.1 * (y - t); },
     [](double y, double t) { return t >= y ? -0.9 : 0.1; }},
    {"Poisson", poisson_error, [](double y, double t) { return std::exp(y) - t * y; },
     [](double y, double t) { return std::exp(y) - t; }},
};

TEST(LossesOfNumbers, AreTheirClosedFormsAveragedOverTheOutputs) {
  const Numbers y{-2, -0.5, 0.1, 0.9, 2, 5}, t{0, 0, 0.5, 0.5, 2, 1};
  for (const NumberRow& row : kNumberRows) {
    const auto ours = run({{2, 3}, {2, 3}}, {y, t}, [&](auto& v) { return row.build(v[0], v[1]); });
    Numbers losses(2), slopes;
    for (std::size_t i = 0; i < 6; ++i)
      losses[i / 3] += row.value(y[i], t[i]) / 3, slopes.push_back(row.slope(y[i], t[i]) / 3);
    expect_near(ours[0], losses, 1e-14, row.name);
    expect_near(ours[1], slopes, 1e-14, row.name);
  }
}

TEST(LossesOfNumbers, HaveTheQuantileAsTheirBestConstant) {
  // Of 0, 1, ..., 9 the best constant for q = 0.75 is 7: the slope of the total changes its sign there.
  for (const double constant_output : {6.9, 7.1}) {
    Numbers output(10, constant_output), targets;
    for (int i = 0; i < 10; ++i) targets.push_back(i);
    const auto y = run({{10, 1}, {10, 1}}, {output, targets}, [](auto& v) { return quantile_error(v[0], v[1], 0.75); });
    double slope = 0;
    for (const double s : y[1]) slope += s;
    EXPECT_EQ(slope > 0, constant_output > 7) << slope;
  }
}

TEST(LossesOfNumbers, LetNoInfiniteDistanceBecomeNaN) {
  const auto y = run({{1, 1}, {1, 1}}, {{INFINITY}, {0}}, [](auto& v) { return huber_error(v[0], v[1], 2); });
  EXPECT_EQ(y[0][0], INFINITY);
  EXPECT_EQ(y[1][0], 2);
}

TEST(Losses, RefuseOptionsOutOfRange) {
  Graph graph;
  const Value x = input(graph, "x", {2, 3}), labels = input(graph, "labels", {2}, DType::kIndex);
  for (const double smoothing : {-0.1, 1.0, static_cast<double>(NAN)})
    EXPECT_THROW(softmax_cross_entropy(x, labels, smoothing), Error) << smoothing;
  for (const double delta : {0.0, -1.0, static_cast<double>(NAN)}) EXPECT_THROW(huber_error(x, x, delta), Error);
  for (const double quantile : {0.0, 1.0, static_cast<double>(NAN)})
    EXPECT_THROW(quantile_error(x, x, quantile), Error);
}

}  // namespace
}  // namespace limn
