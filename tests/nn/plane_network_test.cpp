// Networks of planes: their parameters, where a row's numbers go, derivatives of both orders, plans in float32.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numeric>

#include "autodiff/autodiff.hpp"
#include "nn/architecture.hpp"
#include "nn/loss.hpp"
#include "nn/run.hpp"
#include "planned.hpp"
#include "random_graph.hpp"

namespace limn {
namespace {

using testing::Numbers;

constexpr const char* kAll =
    "conv 4 3 | bn tanh | pool 2 average | res 4 tanh | res 6 stride 2 softplus | inception 2 2 2 1 1 1 swish | "
    "conv-transpose 3 2 stride 2 | ln | conv 4 3 groups 1 stride 2 dilation 2 nobias | pad 1 reflect | upsample 2 | "
    "conv 4 3 groups 2 valid sigmoid | dense 5 tanh | dense 3";

// The loss of a batch as a function of theta, with what is asked for.
Fn loss_fn(const Network& network, std::int64_t batch,
           const std::function<void(Fn&, Value, Value, const Activations&)>& ask) {
  return trace([&](Fn& f) {
    const Value theta = input(f.graph, "theta", {network.parameters().size});
    const Value x = input(f.graph, "x", {batch, network.inputs()});
    const Value statistics = input(f.graph, "statistics", {network.statistics().size});
    const Value labels = input(f.graph, "y", {batch}, DType::kIndex);
    const Activations built = network.build(x, theta, statistics, true);
    ask(f, sum(softmax_cross_entropy(built.logits, labels)), theta, built);
    f.output("statistics", built.statistics);
  });
}
std::vector<Numbers> inputs_for(const Network& network, std::int64_t batch, std::uint64_t seed) {
  Random random(seed, "planes");
  std::vector<Numbers> inputs{testing::random_numbers(random, network.parameters().size, -0.6, 0.6),
                              testing::random_numbers(random, batch * network.inputs(), -1, 1),
                              testing::random_numbers(random, network.statistics().size, 0.5, 1.5),
                              {}};
  for (std::int64_t i = 0; i < batch; ++i) inputs[3].push_back(static_cast<double>(i % network.outputs()));
  return inputs;
}
double along(const Numbers& a, const Numbers& b) { return std::inner_product(a.begin(), a.end(), b.begin(), 0.0); }

TEST(PlaneNetwork, LaysOutTheParametersOfItsLayersAndBlocks) {
  const Network network(
      "conv 4 3x5 nobias | bn relu | pool 2 | res 4 | res 8 stride 2 | inception 1 2 3 4 5 6 | dense 2",
      Shape{3, 8, 6});
  std::vector<std::string> list, kept;
  for (const Parameter& p : network.parameters().list) list.push_back(p.name + to_string(p.shape));
  for (const Parameter& p : network.statistics().list) kept.push_back(p.name + to_string(p.shape));
  EXPECT_EQ(list,
            (std::vector<std::string>{
                "layer1.w[3, 5, 3, 4]",  "layer2.gamma[4]",       "layer2.beta[4]",        "layer3.w1[3, 3, 4, 4]",
                "layer3.gamma1[4]",      "layer3.beta1[4]",       "layer3.w2[3, 3, 4, 4]", "layer3.gamma2[4]",
                "layer3.beta2[4]",       "layer4.w1[3, 3, 4, 8]", "layer4.gamma1[8]",      "layer4.beta1[8]",
                "layer4.w2[3, 3, 8, 8]", "layer4.gamma2[8]",      "layer4.beta2[8]",       "layer4.w3[1, 1, 4, 8]",
                "layer4.gamma3[8]",      "layer4.beta3[8]",       "layer5.w1[1, 1, 8, 1]", "layer5.b1[1]",
                "layer5.w2[1, 1, 8, 2]", "layer5.b2[2]",          "layer5.w3[3, 3, 2, 3]", "layer5.b3[3]",
                "layer5.w4[1, 1, 8, 4]", "layer5.b4[4]",          "layer5.w5[5, 5, 4, 5]", "layer5.b5[5]",
                "layer5.w6[1, 1, 8, 6]", "layer5.b6[6]",          "layer6.w[60, 2]",       "layer6.b[2]"}));
  EXPECT_EQ(kept, (std::vector<std::string>{"layer2.mean[4]", "layer2.variance[4]", "layer3.mean1[4]",
                                            "layer3.variance1[4]", "layer3.mean2[4]", "layer3.variance2[4]",
                                            "layer4.mean1[8]", "layer4.variance1[8]", "layer4.mean2[8]",
                                            "layer4.variance2[8]", "layer4.mean3[8]", "layer4.variance3[8]"}));
  for (const Parameter& p : network.parameters().list)
    EXPECT_EQ(p.is_weight, p.name.find(".w") != std::string::npos) << p.name;
}

TEST(PlaneNetwork, DrawsWeightsByTheFanOfTheirWindow) {
  struct Row {
    const char* text;
    double in, out;
  };
  for (const Row& row : {Row{"conv 64 5x5 | dense 1", 25 * 32, 25 * 64}, Row{"conv 64 3x3 groups 32 | dense 1", 9, 18},
                         Row{"conv-transpose 48 4x4 stride 2 | dense 1", 4 * 32, 16 * 48}}) {
    const Network network(row.text, Shape{32, 4, 4});
    const Parameter& w = network.parameters().list[0];
    EXPECT_EQ(static_cast<double>(w.fan.in), row.in) << row.text;
    EXPECT_EQ(static_cast<double>(w.fan.out), row.out) << row.text;
    for (const auto& [rule, variance] : {std::pair{"he", 2 / row.in}, {"glorot", 2 / (row.in + row.out)}}) {
      std::vector<float> theta(static_cast<std::size_t>(network.parameters().size));
      initialise(network.parameters(), rule, 3, theta.data());
      double squares = 0;
      const auto n = static_cast<double>(w.shape.size());
      for (std::int64_t i = 0; i < w.shape.size(); ++i) squares += theta[i] * theta[i];
      EXPECT_NEAR(squares / n / variance, 1, 4.5 * std::sqrt(2 / n)) << row.text << ", " << rule;
    }
  }
}

TEST(PlaneNetwork, SeesImagesAsRowsUntilItsFirstLayerWantsPlanes) {
  EXPECT_FALSE(Network("bn | dense 3", Shape{3, 4, 5}).has_planes());
  EXPECT_EQ(Network("bn | dense 3", Shape{3, 4, 5}).parameters().list[0].shape, Shape{60});
  EXPECT_TRUE(Network("bn | conv 2 3 | dense 3", Shape{3, 4, 5}).has_planes());
  EXPECT_EQ(Network("bn | conv 2 3 | dense 3", Shape{3, 4, 5}).parameters().list[0].shape, Shape{3});
}

// A residual block whose second normalisation gives zeros is its shortcut.
TEST(PlaneNetwork, HasAShortcutAroundAResidualBlock) {
  const Network network("res 3 linear | conv 3 1 nobias", Shape{3, 4, 4});
  Numbers theta(static_cast<std::size_t>(network.parameters().size), 0.5);
  for (const Parameter& p : network.parameters().list)
    if (p.name == "layer1.gamma2" || p.name == "layer1.beta2" || p.name == "layer2.w")
      std::fill_n(theta.begin() + p.offset, p.shape.size(), 0.0);
  for (int k = 0; k < 3; ++k) theta[theta.size() - 9 + k * 4] = 1;
  Random random(4, "shortcut");
  const Numbers x = testing::random_numbers(random, 96, -1, 1), statistics(12, 1.0);
  const auto y = testing::run({{2, 48}, {network.parameters().size}, {12}}, {x, theta, statistics},
                              [&](auto& v) { return network.build(v[0], v[1], v[2], true).output; })[0];
  testing::expect_near(y, x, 1e-14, "y");
}

TEST(PlaneNetwork, HasTheGradientOfItsLoss) {
  const Network network(kAll, Shape{2, 8, 8});
  const Fn fn = loss_fn(network, 3, [](Fn& f, Value loss, Value theta, const Activations&) {
    f.output("loss", loss);
    f.output("gradient", grad(loss, theta));
  });
  for (const std::uint64_t seed : {1, 2}) {
    const auto inputs = inputs_for(network, 3, seed);
    const Numbers gradient = interpret(fn, inputs)[1];
    Random random(seed, "directions");
    for (int round = 0; round < 8; ++round) {
      const Numbers v = testing::random_numbers(random, network.parameters().size, -1, 1);
      const auto moved = [&](double by) {
        auto at = inputs;
        for (std::size_t i = 0; i < v.size(); ++i) at[0][i] += by * v[i];
        return interpret(fn, at)[0][0];
      };
      const double h = 1e-6, slope = (moved(h) - moved(-h)) / (2 * h);  // so short that no relu changes its side
      EXPECT_NEAR(along(gradient, v), slope, 1e-7 * std::max(1.0, std::abs(slope))) << "seed " << seed;
    }
  }
}

TEST(PlaneNetwork, HasSymmetricCurvature) {
  const Network network(kAll, Shape{2, 8, 8});
  const auto products = [&](bool gauss_newton, const Numbers& v) {
    const Fn fn = loss_fn(network, 3, [&](Fn& f, Value loss, Value theta, const Activations& built) {
      const Value direction = input(f.graph, "v", theta.shape());
      f.output("product",
               gauss_newton ? ggn(loss, built.logits, theta, direction, built.of_batch) : hvp(loss, theta, direction));
    });
    auto inputs = inputs_for(network, 3, 7);
    inputs.push_back(v);
    return interpret(fn, inputs)[0];
  };
  Random random(8, "directions");
  const Numbers u = testing::random_numbers(random, network.parameters().size, -1, 1),
                v = testing::random_numbers(random, network.parameters().size, -1, 1);
  for (const bool gauss_newton : {false, true}) {
    const Numbers hu = products(gauss_newton, u), hv = products(gauss_newton, v);
    const double size = std::sqrt(along(hv, hv) * along(u, u));
    EXPECT_GT(size, 1e-3);
    EXPECT_NEAR(along(u, hv), along(v, hu), 1e-11 * size) << (gauss_newton ? "Gauss-Newton" : "Hessian");
    if (gauss_newton) {
      EXPECT_GT(along(v, hv), 0);
    }
  }
}

TEST(PlaneNetwork, IsPlannedAsItIsInterpreted) {
  for (const char* text : {kAll, "conv 3 3 relu | pool 2 | res 3 | spatial-dropout 0.3 | global-pool max | dense 3"}) {
    const Network network(text, Shape{2, 8, 8});
    const Fn fn = loss_fn(network, 4, [](Fn& f, Value loss, Value theta, const Activations&) {
      f.output("loss", loss);
      f.output("gradient", grad(loss, theta));
    });
    const auto inputs = inputs_for(network, 4, 11);
    const RunPoint point{5, 3};
    const auto oracle = interpret(fn, inputs, point);
    const auto planned = testing::run_planned(fn, inputs, point, 2);
    for (std::size_t i = 0; i < oracle.size(); ++i)
      EXPECT_LE(testing::relative_distance(planned.outputs[i], oracle[i]), 2e-5) << text << ", output " << i;
  }
}

}  // namespace
}  // namespace limn
