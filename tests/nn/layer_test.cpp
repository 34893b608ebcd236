// Layers and losses in float64 against closed forms written here, also where a careless form overflows; dropout's
// masks.
#include "nn/layer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "autodiff/autodiff.hpp"
#include "planned.hpp"
#include "random_graph.hpp"

namespace limn {
namespace {

using Numbers = std::vector<double>;

// The values of build(x) for x of a shape; with the gradient of their sum behind, if it is asked for.
std::vector<Numbers> run(const std::vector<Shape>& shapes, const std::vector<Numbers>& inputs,
                         const std::function<Value(const std::vector<Value>&)>& build, DType last = DType::kReal,
                         RunPoint point = {}) {
  const Fn fn = trace([&](Fn& f) {
    std::vector<Value> values;
    for (std::size_t i = 0; i < shapes.size(); ++i)
      values.push_back(input(f.graph, "x", shapes[i], i + 1 == shapes.size() && i > 0 ? last : DType::kReal));
    const Value y = build(values);
    f.output("y", y);
    f.output("dx", grad(sum(y), values[0]));
  });
  return interpret(fn, inputs, point);
}

void expect_near(const Numbers& ours, const Numbers& expected, double tolerance, const std::string& what) {
  ASSERT_EQ(ours.size(), expected.size()) << what;
  for (std::size_t i = 0; i < ours.size(); ++i)
    EXPECT_LE(std::abs(ours[i] - expected[i]), tolerance * std::max(1.0, std::abs(expected[i])))
        << what << ", element " << i << ": " << ours[i];
}

TEST(Dense, IsAProductAndABias) {
  const auto y = run({{2, 3}, {3, 2}, {2}}, {{1, 2, 3, 4, 5, 6}, {1, -1, 0, 2, 0.5, 1}, {10, 20}},
                     [](auto& v) { return dense(v[0], v[1], v[2]); });
  EXPECT_EQ(y[0], (Numbers{12.5, 26, 17, 32}));
  EXPECT_EQ(y[1], (Numbers{0, 2, 1.5, 0, 2, 1.5})) << "the sums of the weights' rows";
}

TEST(Activations, AreTheirClosedFormsWithTheirSlopes) {
  struct Row {
    const char* name;
    double (*value)(double);
    double (*slope)(double);
  };
  const Row rows[] = {
      {"linear", [](double z) { return z; }, [](double) { return 1.0; }},
      {"sigmoid", [](double z) { return 1 / (1 + std::exp(-z)); },
       [](double z) { return 1 / (2 + std::exp(z) + std::exp(-z)); }},
      {"tanh", [](double z) { return std::tanh(z); }, [](double z) { return 1 / (std::cosh(z) * std::cosh(z)); }},
      {"relu", [](double z) { return z > 0 ? z : 0.0; }, [](double z) { return z > 0 ? 1.0 : 0.0; }},
      {"gelu", [](double z) { return z * 0.5 * std::erfc(-z / std::sqrt(2)); },
       [](double z) { return 0.5 * std::erfc(-z / std::sqrt(2)) + z * std::exp(-z * z / 2) / std::sqrt(2 * M_PI); }},
  };
  const Numbers z{-30, -3, -1, -0.1, 0, 0.1, 1, 3, 30};
  for (const Row& row : rows) {
    EXPECT_TRUE(is_activation(row.name));
    Numbers value, slope;
    for (const double at : z) value.push_back(row.value(at)), slope.push_back(row.slope(at));
    const auto y = run({{3, 3}}, {z}, [&](auto& v) { return activate(row.name, v[0]); });
    expect_near(y[0], value, 1e-15, row.name);
    expect_near(y[1], slope, 1e-14, row.name);
  }
  Graph graph;
  const Value x = input(graph, "x", {2, 2});
  EXPECT_TRUE(is_activation("softmax"));
  EXPECT_FALSE(is_activation("Relu"));
  EXPECT_THROW(activate("swish", x), Error);
}

TEST(Softmax, IsTheSameForAnyShiftAndNeverOverflows) {
  const double e = std::exp(1.0);
  const Numbers plain{1 / (1 + e + e * e), e / (1 + e + e * e), e * e / (1 + e + e * e)};
  for (const double shift : {0.0, 1e4, -1e4, 1e300}) {
    const Numbers z = shift == 1e300 ? Numbers{-1e300, 0, 1e300} : Numbers{shift, shift + 1, shift + 2};
    const auto y = run({{1, 3}}, {z}, [](auto& v) { return softmax(v[0]); });
    const auto log_y = run({{1, 3}}, {z}, [](auto& v) { return log_softmax(v[0]); });
    expect_near(y[0], shift == 1e300 ? Numbers{0, 0, 1} : plain, 1e-12, "softmax");
    expect_near(y[1], {0, 0, 0}, 1e-12, "gradient of a sum that is always 1");
    for (std::size_t i = 0; i < 3; ++i) {
      if (shift == 1e300)
        EXPECT_EQ(log_y[0][i], i == 2 ? 0 : z[i] - 1e300);
      else
        EXPECT_NEAR(log_y[0][i], std::log(plain[i]), 1e-12) << "shift " << shift;
    }
  }
}

TEST(Softmax, NormalisesEachRowApart) {
  Random random(5, "rows");
  const auto z = testing::random_numbers(random, 12, -4, 4);
  const auto y = run({{3, 4}}, {z}, [](auto& v) { return softmax(v[0]); })[0];
  for (int row = 0; row < 3; ++row) {
    double total = 0;
    for (int k = 0; k < 4; ++k) total += std::exp(z[row * 4 + k]);
    for (int k = 0; k < 4; ++k) EXPECT_NEAR(y[row * 4 + k], std::exp(z[row * 4 + k]) / total, 1e-15);
  }
}

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

Numbers dropped(double rate, std::string_view stream, RunPoint point, std::int64_t n = 40000) {
  return run(
      {{n / 100, 100}}, {Numbers(static_cast<std::size_t>(n), 1.0)},
      [&](auto& v) { return dropout(v[0], rate, stream); }, DType::kReal, point)[0];
}

TEST(Dropout, KeepsTheWantedShareAndScalesIt) {
  for (const double rate : {0.1, 0.5, 0.9, 0.999}) {
    const Numbers y = dropped(rate, "dropout1", {3, 14});
    const auto n = static_cast<double>(y.size()), kept = n - static_cast<double>(std::ranges::count(y, 0.0));
    EXPECT_LE(std::abs(kept / n - (1 - rate)), 4.5 * std::sqrt(rate * (1 - rate) / n)) << rate;
    for (const double v : y) ASSERT_TRUE(v == 0 || v == 1 / (1 - rate)) << v;
  }
  EXPECT_EQ(dropped(0, "dropout1", {}), Numbers(40000, 1.0));
}

TEST(Dropout, DropsTheSameForTheSameSeedStepAndStreamOnly) {
  const Numbers y = dropped(0.5, "dropout1", {3, 14});
  EXPECT_EQ(y, dropped(0.5, "dropout1", {3, 14}));
  for (const Numbers& other :
       {dropped(0.5, "dropout1", {4, 14}), dropped(0.5, "dropout1", {3, 15}), dropped(0.5, "dropout2", {3, 14})}) {
    double equal = 0;
    for (std::size_t i = 0; i < y.size(); ++i) equal += y[i] == other[i];
    EXPECT_LE(std::abs(equal / static_cast<double>(y.size()) - 0.5), 0.012)
        << "masks of other draws agree in half of the places";
  }
}

TEST(Dropout, PassesTheGradientWhereItKeptAndDropsAnInfinity) {
  const Fn fn = trace([](Fn& f) {
    const Value x = input(f.graph, "x", {8, 50}), y = dropout(x, 0.25, "s");
    f.output("y", y);
    f.output("dx", grad(sum(y), x));
  });
  const std::vector<Numbers> inputs{Numbers(400, INFINITY)};
  const auto exact = interpret(fn, inputs, {1, 2});
  const auto planned = testing::run_planned(fn, inputs, {1, 2});
  int kept = 0;
  for (std::size_t i = 0; i < 400; ++i) {
    const bool keeps = exact[0][i] > 0;
    kept += keeps;
    EXPECT_EQ(exact[0][i], keeps ? INFINITY : 0);
    EXPECT_EQ(exact[1][i], keeps ? 1 / 0.75 : 0);
    EXPECT_EQ(planned.outputs[0][i] > 0, keeps) << "a plan drops what the interpreter drops";
    EXPECT_EQ(planned.outputs[1][i], static_cast<float>(exact[1][i]));
  }
  EXPECT_NEAR(kept, 300, 40);
}

}  // namespace
}  // namespace limn
