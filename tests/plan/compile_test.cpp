// What plans do away with: dead code, constants, tile steps behind matrix products, copies of gradients and states;
// that their length grows with the model and no faster; and that looking at inner values changes no bit.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <ctime>

#include "lstm.hpp"
#include "network.hpp"
#include "plan/plan.hpp"
#include "planned.hpp"
#include "random_graph.hpp"

namespace limn {
namespace {

using testing::deep;
using testing::training_fn;

std::vector<Step> of_kind(const Plan& plan, StepKind kind) {
  std::vector<Step> steps;
  std::ranges::copy_if(plan.steps, std::back_inserter(steps), [&](const Step& step) { return step.kind == kind; });
  return steps;
}

TEST(Plan, HasNoStepForWhatNobodyAsksFor) {
  NodeId dead = kNoNode;
  const Fn fn = trace([&](Fn& f) {
    const Value unused = input(f.graph, "unused", {64, 64}), x = input(f.graph, "x", {64, 64});
    dead = exp(matmul(unused, x)).id();
    f.output("y", tanh(x));
  });
  const Plan plan = compile(fn);
  ASSERT_EQ(plan.steps.size(), 1u) << to_text(plan);
  EXPECT_EQ(plan.steps[0].node, fn.outputs[0].id) << "steps name the nodes of the function that was compiled";
  EXPECT_NE(plan.steps[0].node, dead);
  EXPECT_EQ(plan.buffers, 3) << "an unused input keeps its number";
  EXPECT_EQ(plan.arena_floats, 64 * 64);
}

TEST(Plan, ComputesConstantsBeforeItRunsAndRoundsThemAsKernelsWould) {
  const Fn fn = trace([](Fn& f) {
    const Value x = input(f.graph, "x", {5}), c = constant(f.graph, 0.1);
    const Value known = broadcast(exp(c * 3.0) + sqrt(c), {5}) * broadcast(c, {5});
    f.output("y", x * known + reshape(transpose(broadcast(c, {5, 1}), {1, 0}), {5}));
  });
  const Plan plan = compile(fn);
  ASSERT_EQ(plan.steps.size(), 1u) << to_text(plan);
  const TileProgram& tile = plan.steps[0].tile;
  ASSERT_EQ(tile.code.size(), 2u) << to_text(plan);
  const float c = 0.1f;
  const auto e = static_cast<float>(std::exp(static_cast<double>(c * 3.0f))),
             r = static_cast<float>(std::sqrt(static_cast<double>(c)));
  std::vector<double> constants;
  for (const TileOperand& operand : tile.operands)
    if (operand.is_constant) constants.push_back(operand.value);
  std::ranges::sort(constants);
  ASSERT_EQ(constants.size(), 2u);
  EXPECT_EQ(static_cast<float>(constants[0]), c);
  EXPECT_EQ(constants[1], static_cast<double>((e + r) * c));
}

TEST(Plan, ComputesOnceWhatDependsOnScalarsAlone) {
  const Fn fn = trace([](Fn& f) {
    const Value x = input(f.graph, "x", {300}), lr = input(f.graph, "lr", {});
    f.output("y", x * broadcast(exp(lr), {300}) * sqrt(broadcast(lr, {300})));
  });
  for (const Step& step : compile(fn).steps)
    for (const TileInstruction& instruction : step.tile.code)
      EXPECT_TRUE(step.tile.columns == 1 || instruction.op == "mul") << to_text(step);
}

TEST(Plan, RunsBiasAndActivationInsideTheMatrixProduct) {
  for (const char* activation : {"linear", "sigmoid", "tanh", "relu", "gelu"}) {
    const Network network(fmt::format("dense 20 {0} | dense 30 {0} | dense 5 {0}", activation), 10);
    const Plan plan = compile(trace([&](Fn& f) {
      f.output(
          "y",
          network.build(input(f.graph, "x", {8, 10}), input(f.graph, "theta", {network.parameters().size}), {}, false)
              .output);
    }));
    EXPECT_EQ(plan.steps.size(), 3u) << to_text(plan);
    for (const Step& step : plan.steps)
      EXPECT_TRUE(step.kind == StepKind::kContract && step.has_epilogue) << to_text(step);
  }
}

TEST(Plan, RunsDropoutAndTheGradientOfAnActivationInsideMatrixProductsToo) {
  for (const char* activation : {"sigmoid", "tanh", "relu", "gelu"}) {
    const Network network(fmt::format("dense 20 {0} | dropout 0.5 | dense 30 {0} | dense 5", activation), 10);
    const Plan plan = compile(training_fn(network, 8, "sgd"));
    for (const Step& step : of_kind(plan, StepKind::kTile))
      EXPECT_TRUE(step.tile.columns * step.tile.rows <= 8 * 5 || step.tile.columns == network.parameters().size)
          << activation << ": only the loss, on [8, 5], and the update stand alone: " << to_text(step);
    for (const Step& step : plan.steps)
      for (const TileInstruction& instruction : step.tile.code)
        EXPECT_TRUE(instruction.op != "less" || instruction.store < 0)
            << activation << ": a mask is made again where it is wanted: " << to_text(step);
  }
}

TEST(Plan, WritesGradientsStraightIntoOneFlatBufferAndUpdatesInPlace) {
  for (const Rule& rule : rules())
    for (const char* architecture : {"dense 5", "dense 20 relu | dense 5",
                                     "dense 17 tanh | dropout 0.3 | dense 9 softmax | dense 4 gelu | dense 5"}) {
      SCOPED_TRACE(fmt::format("{} of {}", rule.name, architecture));
      const Network network(architecture, 10);
      const Fn fn = training_fn(network, 8, rule.name);
      const Plan plan = compile(fn);
      EXPECT_TRUE(of_kind(plan, StepKind::kCopy).empty()) << to_text(plan);

      const Place gradient = plan.outputs[1];
      for (const Parameter& p : network.parameters().list) {
        const Place wanted{gradient.buffer, gradient.offset + p.offset};
        const auto makes_it = [&](const Step& s) {  // other values may have lain there before
          const auto sums_it = [&](const TileSum& sum) {
            return sum.place == wanted && fn.graph[sum.node].shape.size() == p.shape.size();
          };
          return std::ranges::any_of(s.tile.sums, sums_it) ||
                 (!s.out.empty() && s.out[0] == wanted && fn.graph[s.node].shape.size() == p.shape.size());
        };
        EXPECT_EQ(std::ranges::count_if(plan.steps, makes_it), 1) << p.name << "\n" << to_text(plan);
      }

      std::vector<Step> updates;
      for (const Step& step : of_kind(plan, StepKind::kTile))
        if (step.tile.columns == network.parameters().size) updates.push_back(step);
      const bool is_lion = rule.name == "lion";  // its step and its mean are two programs, which both read the mean
      ASSERT_EQ(updates.size(), is_lion ? 2u : 1u) << to_text(plan);
      std::vector<TileStore> stores;
      std::vector<Place> operands;
      for (const Step& step : updates) {
        stores.insert(stores.end(), step.tile.stores.begin(), step.tile.stores.end());
        for (const TileOperand& operand : step.tile.operands) operands.push_back(operand.place);
      }
      const auto vectors = 1 + std::ranges::count(rule.moments, false, &Moment::is_scalar);
      EXPECT_EQ(stores.size(), static_cast<std::size_t>(vectors));
      for (std::int32_t buffer = 1; buffer <= static_cast<std::int32_t>(vectors); ++buffer) {
        const Place home{buffer, 0};
        EXPECT_EQ(std::ranges::count(stores, home, &TileStore::place), 1) << "state " << buffer;
        EXPECT_EQ(std::ranges::count(operands, home), is_lion && buffer == 2 ? 2 : 1) << "state " << buffer;
      }
    }
}

TEST(Plan, JoinsPadsThatLieApartAndAddsUpTheOthers) {
  const Fn fn = trace([](Fn& f) {
    const Value a = input(f.graph, "a", {2, 3}), b = input(f.graph, "b", {2, 3}), c = input(f.graph, "c", {3, 2});
    const Value apart = pad(b, 0, 4, 7) + pad(a, 0, 1, 7), inner = pad(a, 0, 0, 4) + pad(b, 0, 2, 4);
    f.output("apart", apart);
    f.output("overlapping", pad(a, 0, 0, 5) + pad(b, 0, 1, 5) + pad(a * b, 0, 3, 5));
    f.output("crossing", pad(a, 0, 0, 3) + pad(c, 1, 1, 3));
    f.output("inner", inner);
    f.output("with more", inner + pad(matmul(c, a), 0, 0, 4));
  });
  const auto inputs = testing::random_inputs(fn, 4);
  const auto exact = interpret(fn, inputs);
  const auto planned = testing::run_planned(fn, inputs);
  for (std::size_t i = 0; i < exact.size(); ++i)
    EXPECT_LE(testing::relative_distance(planned.outputs[i], exact[i]), 1e-7) << fn.outputs[i].name;
}

TEST(Plan, OfARecurrentNetworkHasAProductAndAProgramAStepOfTimeEachWayAndNoCopies) {
  const testing::LstmSize size{20, 32, 8, 16, 10};
  const Plan plan = compile(testing::lstm_fn(size));
  EXPECT_LE(plan.steps.size(), static_cast<std::size_t>(3 * size.time + 30)) << to_text(plan);
  EXPECT_LE(of_kind(plan, StepKind::kCopy).size(), 3u) << "the first state and the last one, which are inputs";
  const auto products = of_kind(plan, StepKind::kContract);
  EXPECT_EQ(std::ranges::count_if(products, [](const Step& s) { return s.transpose_a; }), 4)
      << "of the input, the head, the cell, and the cell's first step:\n"
      << to_text(plan);
  EXPECT_EQ(std::ranges::count(products, (size.time - 1) * size.batch, &Step::inner), 1)
      << "the cell's weight gradient is one product over the time steps";
}

TEST(Plan, OfARecurrentNetworkGivesWhatTheInterpreterGives) {
  for (const std::int64_t hidden : {5, 70}) {  // narrow rows are gathered, long ones taken one by one
    const Fn fn = testing::lstm_fn({7, 5, 6, hidden, 9});
    const auto inputs = testing::random_inputs(fn, 12, -0.4, 0.4);
    const auto all = interpret_all(fn, inputs);
    const auto planned = testing::run_planned(fn, inputs);
    for (std::size_t i = 0; i < fn.outputs.size(); ++i)
      EXPECT_LE(testing::relative_distance(planned.outputs[i], all[fn.outputs[i].id]), 2e-6) << fn.outputs[i].name;
    for (std::size_t i = 0; i < fn.states.size(); ++i) {
      const auto at = std::ranges::find(fn.graph.inputs(), fn.states[i].in) - fn.graph.inputs().begin();
      EXPECT_LE(testing::relative_distance(planned.inputs[static_cast<std::size_t>(at)], all[fn.states[i].out]), 1e-6);
    }
    for (const int threads : {2, 3, 4}) {
      const auto again = testing::run_planned(fn, inputs, {}, threads);
      EXPECT_EQ(planned.outputs, again.outputs) << threads << " threads";
      EXPECT_EQ(planned.inputs, again.inputs) << threads << " threads";
    }
  }
}

TEST(Plan, JoinsPartsThatAreMadeForItButNoPartTwice) {
  const Fn fn = trace([](Fn& f) {
    const Value a = input(f.graph, "a", {3, 2, 1}), b = input(f.graph, "b", {3, 4});
    const Value t = tanh(a), e = exp(b);
    f.output("middle", concat(std::vector{t, a, t * a}, 1));
    f.output("last", concat(std::vector{e, b * e, e, b + e}, 1));
    f.output("once", concat(std::vector{b * b, b, b - 1.0}, 1));
  });
  const auto inputs = testing::random_inputs(fn, 14);
  const auto exact = interpret(fn, inputs);
  const auto planned = testing::run_planned(fn, inputs);
  for (std::size_t i = 0; i < exact.size(); ++i)
    EXPECT_LE(testing::relative_distance(planned.outputs[i], exact[i]), 1e-6) << fn.outputs[i].name;
}

TEST(Plan, GrowsByTheSameStepsWithEveryLayer) {
  auto compiled = [](int layers) { return compile(training_fn(Network(deep(layers, 16), 16), 8, "adam")); };
  const auto base = compiled(10).steps.size(), one = compiled(11).steps.size() - base;
  EXPECT_LE(one, 6u);
  EXPECT_EQ(compiled(50).steps.size(), base + 40 * one);
  EXPECT_EQ(compiled(200).steps.size(), base + 190 * one);
}

TEST(Plan, IsMadeInTimeThatGrowsAsTheModel) {
  auto compiled = [](const Fn& fn) {  // of this process alone, the best of three
    double best = 1e9;
    for (int i = 0; i < 3; ++i) {
      const std::clock_t begin = std::clock();
      compile(fn);
      best = std::min(best, static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC);
    }
    return best;
  };
  auto seconds = [&](int layers) { return compiled(training_fn(Network(deep(layers, 4), 4), 2, "adam")); };
  auto lstm = [&](int time) { return compiled(testing::lstm_fn({time, 2, 3, 4, 5})); };
  EXPECT_LT(seconds(800), 8 * 3 * seconds(100)) << "eight times the layers";
  EXPECT_LT(lstm(400), 8 * 3 * lstm(50)) << "eight times the time";
}

TEST(Plan, OfANetworkThatIsOnlyAppliedNeedsNoMoreMemoryForMoreLayers) {
  auto arena = [](int layers) {
    const Network network(deep(layers, 32), 32);
    return compile(trace([&](Fn& f) {
             f.output("y", network
                               .build(input(f.graph, "x", {16, 32}),
                                      input(f.graph, "theta", {network.parameters().size}), {}, false)
                               .output);
           }))
        .arena_floats;
  };
  EXPECT_LE(arena(3), 2 * 16 * 32 + 16 * 16);
  EXPECT_EQ(arena(40), arena(4));
}

TEST(Plan, IsOrderedByStageAndPrintsALineAStep) {
  const Plan plan = compile(training_fn(Network("dense 20 relu | dropout 0.5 | dense 5", 10), 8, "adam"));
  EXPECT_TRUE(std::ranges::is_sorted(plan.steps, {}, &Step::stage));
  const std::string text = to_text(plan);
  EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(text, '\n')), plan.steps.size() + 1);
  for (const char* word : {"contract %", "then [8, 20] add relu", "uniform %", "one_hot %", "sum %", "max %", "floats",
                           "flops", "stage   0"})
    EXPECT_NE(text.find(word), std::string::npos) << word << " is not in\n" << text;
}

TEST(Plan, CountsTheArithmeticOfMatrixProducts) {
  const Plan plan = compile(
      trace([](Fn& f) { f.output("y", matmul(input(f.graph, "a", {6, 7}), input(f.graph, "b", {6, 5}), true)); }));
  EXPECT_EQ(plan.flops(), 2.0 * 7 * 5 * 6);
  EXPECT_EQ(plan.bytes(), 4.0 * (6 * 7 + 6 * 5 + 7 * 5));
}

// Random graphs with their gradients and a training step: every inner value is stored, and nothing else changes.
TEST(TappedPlan, GivesTheSameBitsAsABareOne) {
  auto expect_same_bits = [](const Fn& fn, std::uint64_t seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Fn tapped = fn;
    for (NodeId id = 0; id < fn.graph.size(); ++id)
      if (fn.graph[id].dtype == DType::kReal && fn.graph[id].op != Op::kInput)
        tapped.output(fmt::format("tap{}", id), {tapped.graph, id});
    const auto inputs = testing::random_inputs(fn, seed, 0.01, 1);
    const auto bare = testing::run_planned(fn, inputs, {seed, 3}),
               all = testing::run_planned(tapped, inputs, {seed, 3});
    auto same = [](const std::vector<float>& a, const std::vector<float>& b) {
      return std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
    };
    for (std::size_t i = 0; i < fn.outputs.size(); ++i)
      EXPECT_TRUE(same(bare.outputs[i], all.outputs[i])) << fn.outputs[i].name;
    for (std::size_t i = 0; i < bare.inputs.size(); ++i)
      EXPECT_TRUE(same(bare.inputs[i], all.inputs[i])) << "input or state " << i;
  };
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    Fn fn = testing::random_fn(seed, false);
    const Value theta(fn.graph, fn.find_input("theta")), loss(fn.graph, fn.outputs[0].id), gradient = grad(loss, theta);
    fn.output("gradient", gradient);
    fn.state(theta, theta - 0.1 * gradient);
    expect_same_bits(fn, seed);
  }
  for (const Rule& rule : rules())
    expect_same_bits(
        training_fn(Network("dense 33 gelu | dropout 0.5 | dense 18 softmax | dense 3", 21), 17, rule.name), 99);
  expect_same_bits(testing::lstm_fn({4, 3, 5, 6, 7}), 7);
}

TEST(TappedPlan, ShowsStatesAsTheyWereBeforeTheStep) {
  const Fn fn = trace([](Fn& f) {
    const Value theta = input(f.graph, "theta", {6}), count = input(f.graph, "count", {}), g = input(f.graph, "g", {6});
    f.output("theta", theta);
    f.output("weights", reshape(slice(theta, 0, 1, 5), {2, 2}));
    f.output("column", slice(reshape(theta, {3, 2}), 1, 0, 1));
    f.output("count", count);
    f.state(theta, theta - 0.5 * g);
    f.state(count, count + 1.0);
  });
  const std::vector<std::vector<double>> inputs{{1, 2, 3, 4, 5, 6}, {7}, {1, 1, 1, 1, 1, 1}};
  const auto exact = interpret(fn, inputs);
  const auto planned = testing::run_planned(fn, inputs);
  for (std::size_t i = 0; i < exact.size(); ++i)
    EXPECT_EQ(testing::relative_distance(planned.outputs[i], exact[i]), 0) << fn.outputs[i].name;
  EXPECT_EQ(planned.inputs[0], (std::vector<float>{0.5, 1.5, 2.5, 3.5, 4.5, 5.5}));
  EXPECT_EQ(planned.inputs[1], std::vector<float>{8});
}

TEST(Plan, HandsValuesOnFromStateToState) {
  const Fn fn = trace([](Fn& f) {
    const Value a = input(f.graph, "a", {3}), b = input(f.graph, "b", {3}), last = input(f.graph, "last", {3}),
                x = input(f.graph, "x", {3});
    const Value kept = input(f.graph, "kept", {3});
    f.state(a, b);
    f.state(b, a);
    f.state(last, x);
    f.state(kept, kept);
  });
  const auto planned = testing::run_planned(fn, {{1, 2, 3}, {4, 5, 6}, {0, 0, 0}, {7, 8, 9}, {10, 11, 12}});
  EXPECT_EQ(planned.inputs[0], (std::vector<float>{4, 5, 6}));
  EXPECT_EQ(planned.inputs[1], (std::vector<float>{1, 2, 3}));
  EXPECT_EQ(planned.inputs[2], (std::vector<float>{7, 8, 9}));
  EXPECT_EQ(planned.inputs[4], (std::vector<float>{10, 11, 12}));
}

}  // namespace
}  // namespace limn
