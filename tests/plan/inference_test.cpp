// Networks as plans compute them outside of training: batch normalisation by the running statistics is one product and
// one sum in the epilogue of what it normalises, no step of its own over planes, and right against float64.
#include <gtest/gtest.h>

#include <algorithm>

#include "exec/interpreter.hpp"
#include "nn/architecture.hpp"
#include "plan/plan.hpp"
#include "planned.hpp"
#include "random_graph.hpp"

namespace limn {
namespace {

constexpr std::int64_t kBatch = 2;

Fn inference(const Network& network) {
  return trace([&](Fn& fn) {
    const Value theta = input(fn.graph, "theta", {network.parameters().size}),
                statistics = input(fn.graph, "statistics", {network.statistics().size}),
                x = input(fn.graph, "x", {kBatch, network.inputs()});
    fn.output("y", network.build(x, theta, statistics, false).output);
  });
}

// Convolutions, plain and of groups, and blocks, each normalised; then a dense layer that is normalised too.
std::string random_architecture(Random& random) {
  const char* const kinds[] = {"conv {} 3x3 nobias | bn relu",
                               "conv {} 3x3 | bn tanh",
                               "conv {} 5x5 stride 2 | bn",
                               "conv {} 3x3 groups 2 | bn relu",
                               "res {}",
                               "res {} stride 2",
                               "conv {} 1x1 nobias | bn sigmoid"};
  std::string text = "conv 4 3x3 | ";
  for (std::uint32_t i = 0, count = 1 + random.below(4); i < count; ++i)
    text += fmt::format(fmt::runtime(kinds[random.below(std::size(kinds))]), 2 + 2 * random.below(6)) + " | ";
  return text + (random.below(2) == 0 ? "global-pool | " : "") + "dense 9 | bn relu | dense 3";
}

TEST(Inference, OfNormalisedNetworksIsAsNearToFloat64AsFloat32Can) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Random random(seed, "normalised networks");
    const Network network(random_architecture(random), Shape{3, 12, 11});
    SCOPED_TRACE(fmt::format("seed {}: {}", seed, to_text(network.layers())));
    const Fn fn = inference(network);
    const std::vector<std::vector<double>> inputs{testing::random_numbers(random, network.parameters().size, -0.7, 0.7),
                                                  testing::random_numbers(random, network.statistics().size, 0.05, 2),
                                                  testing::random_numbers(random, kBatch * network.inputs(), -1, 1)};
    Interpreter exact(fn);
    for (std::size_t i = 0; i < inputs.size(); ++i) exact.give(fn.graph.inputs()[i], inputs[i]);
    const auto& wanted = exact.value(fn.outputs[0].id);
    const auto& rounding = exact.rounding(fn.outputs[0].id);
    const auto given = testing::run_planned(fn, inputs).outputs[0];
    for (std::size_t i = 0; i < given.size(); ++i) EXPECT_LE(std::abs(given[i] - wanted[i]), rounding[i]) << i;
    EXPECT_LE(testing::relative_distance(given, wanted), 1e-4);
  }
}

TEST(Inference, NormalisesWhileTheTilesOfAProductAreInTheCache) {
  const Network network(
      "conv 4 3x3 nobias | bn relu | conv 6 3x3 groups 2 | bn tanh | res 6 | res 8 stride 2 | global-pool | dense 9 | "
      "bn "
      "relu | dense 3",
      Shape{3, 12, 12});
  const Plan plan = compile(inference(network));
  const std::int64_t plane = kBatch * 12 * 12;
  std::vector<std::string> epilogues;
  for (const Step& step : plan.steps) {
    if (step.kind == StepKind::kTile) {
      EXPECT_LT(step.tile.rows * step.tile.columns, plane) << to_text(step);
    }
    if (step.kind != StepKind::kConvolve && step.kind != StepKind::kContract) continue;
    std::string ops;
    for (const TileInstruction& instruction : step.tile.code) ops += std::string(instruction.op) + " ";
    epilogues.push_back(ops);
  }
  std::ranges::sort(epilogues);
  const std::vector<std::string> wanted{
      "",                           // the second block's shortcut, which is normalised with what it is added to:
      "add ",                       // the last layer's bias
      "add mul add relu ",          // the bias of the dense layer, and its normalisation
      "add mul add tanh ",          // likewise of groups
      "mul add add relu ",          // the end of the first block
      "mul add mul add add relu ",  // and of the second one
      "mul add relu ",              // the first layer, and the first halves of both blocks
      "mul add relu ",
      "mul add relu "};
  EXPECT_EQ(epilogues, wanted);
}

}  // namespace
}  // namespace limn
