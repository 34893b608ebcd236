// Normalisation in float64 against loops written here, its gradient against central differences, and in networks.
#include "nn/norm.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "nn/architecture.hpp"
#include "nn/run.hpp"
#include "planned.hpp"
#include "random_graph.hpp"

namespace limn {
namespace {

using testing::expect_near;
using testing::Numbers;
using testing::run;

constexpr std::int64_t kRows = 7, kColumns = 3;

// x, gamma, beta, running mean and variance.
std::vector<Numbers> drawn(std::uint64_t seed) {
  Random random(seed, "norm");
  std::vector<Numbers> inputs{testing::random_numbers(random, kRows * kColumns, -2, 5)};
  for (int i = 0; i < 4; ++i) inputs.push_back(testing::random_numbers(random, kColumns, 0.5, 2));
  return inputs;
}
const std::vector<Shape> kShapes{{kRows, kColumns}, {kColumns}, {kColumns}, {kColumns}, {kColumns}};

struct Moments {
  double mean = 0, squares = 0;  // squares: sum of squared distances from the mean
};
Moments moments(const Numbers& x, std::int64_t first, std::int64_t step, std::int64_t n) {
  Moments m;
  for (std::int64_t i = 0; i < n; ++i) m.mean += x[first + i * step] / static_cast<double>(n);
  for (std::int64_t i = 0; i < n; ++i) m.squares += std::pow(x[first + i * step] - m.mean, 2);
  return m;
}

// A weighted sum of the outputs, so that the gradient is not trivially zero; against five-point differences.
void expect_gradient(std::size_t inputs, const std::vector<Numbers>& at,
                     const std::function<Value(const std::vector<Value>&)>& build) {
  const std::vector<Shape> shapes(kShapes.begin(), kShapes.begin() + static_cast<std::ptrdiff_t>(inputs));
  const auto weighted = [&](const std::vector<Value>& v) { return build(v) * sin(build(v) + v[1]); };
  auto total = [&](std::size_t i, double by) {
    auto moved = at;
    moved[0][i] += by;
    double sum = 0;
    const Numbers values = run(shapes, moved, weighted)[0];
    for (const double y : values) sum += y;
    return sum;
  };
  const Numbers gradient = run(shapes, at, weighted)[1];
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    const double h = 1e-3;
    EXPECT_NEAR(gradient[i], (8 * (total(i, h) - total(i, -h)) - (total(i, 2 * h) - total(i, -2 * h))) / (12 * h),
                1e-8);
  }
}

TEST(BatchNorm, InTrainingTakesTheMomentsOfTheBatchAndMovesTheRunningOnes) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    const auto inputs = drawn(seed);
    auto part = [](int which) {
      return [=](auto& v) {
        const BatchNorm norm = batch_norm(v[0], v[1], v[2], v[3], v[4], true);
        return which == 0 ? norm.y : which == 1 ? norm.mean : norm.variance;
      };
    };
    Numbers y(kRows * kColumns), mean, variance;
    for (std::int64_t j = 0; j < kColumns; ++j) {
      const Moments m = moments(inputs[0], j, kColumns, kRows);
      for (std::int64_t i = 0; i < kRows; ++i)
        y[i * kColumns + j] =
            (inputs[0][i * kColumns + j] - m.mean) / std::sqrt(m.squares / kRows + 1e-5) * inputs[1][j] + inputs[2][j];
      mean.push_back(0.9 * inputs[3][j] + 0.1 * m.mean);
      variance.push_back(0.9 * inputs[4][j] + 0.1 * m.squares / (kRows - 1));
    }
    expect_near(run(kShapes, inputs, part(0))[0], y, 1e-14, "y");
    expect_near(run(kShapes, inputs, part(1))[0], mean, 1e-14, "running mean");
    expect_near(run(kShapes, inputs, part(2))[0], variance, 1e-14, "running variance");
    expect_gradient(5, inputs, part(0));
  }
}

TEST(BatchNorm, OutsideOfTrainingTakesTheRunningMoments) {
  const auto inputs = drawn(4);
  const auto y = run(kShapes, inputs, [](auto& v) { return batch_norm(v[0], v[1], v[2], v[3], v[4], false).y; });
  Numbers expected, slope;
  for (std::size_t i = 0; i < inputs[0].size(); ++i) {
    const std::size_t j = i % kColumns;
    slope.push_back(inputs[1][j] / std::sqrt(inputs[4][j] + 1e-5));
    expected.push_back((inputs[0][i] - inputs[3][j]) * slope[i] + inputs[2][j]);
  }
  expect_near(y[0], expected, 1e-14, "y");
  expect_near(y[1], slope, 1e-14, "slope");
}

TEST(BatchNorm, RefusesToTrainOnOneRow) {
  const Network network("dense 4 | bn relu | dense 2", 3);
  for (const std::int64_t rows : {1, 2}) {
    Fn fn;
    const Value x = input(fn.graph, "x", {rows, 3}), theta = input(fn.graph, "theta", {network.parameters().size});
    const Value statistics = input(fn.graph, "statistics", {network.statistics().size});
    EXPECT_NO_THROW(network.build(x, theta, statistics, false));
    if (rows == 2) {
      EXPECT_NO_THROW(network.build(x, theta, statistics, true));
      continue;
    }
    try {
      network.build(x, theta, statistics, true);
      ADD_FAILURE() << "accepted";
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("1 row"), std::string::npos) << error.what();
      EXPECT_NE(error.hint().find("at least 2"), std::string::npos) << error.hint();
    }
  }
}

TEST(BatchNorm, InANetworkKeepsItsStatisticsApartFromWhatIsLearned) {
  const Network network("bn | dense 4 | bn tanh | dense 2", 3);
  std::vector<std::string> names;
  for (const Parameter& p : network.parameters().list) names.push_back(p.name);
  EXPECT_EQ(names, (std::vector<std::string>{"layer1.gamma", "layer1.beta", "layer2.w", "layer2.b", "layer3.gamma",
                                             "layer3.beta", "layer4.w", "layer4.b"}));
  const Parameters& statistics = network.statistics();
  ASSERT_EQ(statistics.size, 14);
  EXPECT_EQ(statistics.list[2].name, "layer3.mean");
  EXPECT_EQ(statistics.list[3].name, "layer3.variance");
  std::vector<float> start(14, -1), theta(static_cast<std::size_t>(network.parameters().size));
  network.initial_statistics(start.data());
  EXPECT_EQ(start, (std::vector<float>{0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1}));
  initialise(network.parameters(), "he", 1, theta.data());
  EXPECT_EQ(std::vector<float>(theta.begin(), theta.begin() + 6), (std::vector<float>{1, 1, 1, 0, 0, 0}));
  for (const Parameter& p : network.parameters().list) EXPECT_EQ(p.is_weight, p.name.ends_with(".w")) << p.name;
}

// After many steps on one batch the running moments are the batch's, so that evaluation gives what training gave, up to
// the factor between a biased and an unbiased variance.
TEST(BatchNorm, InANetworkLearnsItsStatisticsAsAState) {
  const Network network("bn | dense 2", 3);
  auto step = [&](bool training) {
    return trace([&](Fn& f) {
      const Value x = input(f.graph, "x", {40, 3}), theta = input(f.graph, "theta", {network.parameters().size});
      const Value statistics = input(f.graph, "statistics", {6});
      const Activations values = network.build(x, theta, statistics, training);
      f.output("output", values.output);
      if (training)
        f.state(statistics, values.statistics);
      else
        EXPECT_EQ(values.statistics.id(), statistics.id());
    });
  };
  auto inputs = testing::random_inputs(step(true), 9, -1, 3);
  inputs[2] = {0, 0, 0, 1, 1, 1};
  Numbers trained;
  for (int i = 0; i < 300; ++i) {
    const auto planned = testing::run_planned(step(true), inputs);
    trained.assign(planned.outputs[0].begin(), planned.outputs[0].end());
    inputs[2].assign(planned.inputs[2].begin(), planned.inputs[2].end());
  }
  for (std::int64_t j = 0; j < 3; ++j) {
    const Moments m = moments(inputs[0], j, 3, 40);
    EXPECT_NEAR(inputs[2][j], m.mean, 1e-5);
    EXPECT_NEAR(inputs[2][3 + j], m.squares / 39, 1e-5);
    inputs[2][3 + j] *= 39.0 / 40;
  }
  const auto evaluated = testing::run_planned(step(false), inputs).outputs[0];
  for (std::size_t i = 0; i < evaluated.size(); ++i) EXPECT_NEAR(evaluated[i], trained[i], 1e-4);
}

TEST(LayerNorm, TakesTheMomentsOfEachRow) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    auto inputs = drawn(seed);
    inputs.resize(3);
    auto build = [](auto& v) { return layer_norm(v[0], v[1], v[2]); };
    Numbers y;
    for (std::int64_t i = 0; i < kRows; ++i) {
      const Moments m = moments(inputs[0], i * kColumns, 1, kColumns);
      for (std::int64_t j = 0; j < kColumns; ++j)
        y.push_back((inputs[0][i * kColumns + j] - m.mean) / std::sqrt(m.squares / kColumns + 1e-5) * inputs[1][j] +
                    inputs[2][j]);
    }
    expect_near(run({kShapes.begin(), kShapes.begin() + 3}, inputs, build)[0], y, 1e-14, "y");
    expect_gradient(3, inputs, build);
  }
}

TEST(LayerNorm, InANetworkIsTheSameInTrainingAndOutsideOfItAndOfOneRow) {
  const Network network("dense 4 | ln relu | dense 2", 3);
  EXPECT_EQ(network.parameters().list[2].name, "layer2.gamma");
  EXPECT_EQ(network.parameters().list[2].initial, 1);
  EXPECT_EQ(network.statistics().size, 0);
  Fn fn;
  const Value x = input(fn.graph, "x", {1, 3}), theta = input(fn.graph, "theta", {network.parameters().size});
  EXPECT_EQ(network.build(x, theta, {}, true).output.id(), network.build(x, theta, {}, false).output.id());
  EXPECT_FALSE(network.build(x, theta, {}, true).statistics);
}

}  // namespace
}  // namespace limn
