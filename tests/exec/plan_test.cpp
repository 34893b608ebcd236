// Plans against the interpreter: random graphs with their gradients and Hessian products, and the shapes of real steps.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "autodiff/autodiff.hpp"
#include "convolutions.hpp"
#include "kernel/isa.hpp"
#include "nn/architecture.hpp"
#include "nn/loss.hpp"
#include "planned.hpp"
#include "random_graph.hpp"

namespace limn {
namespace {

using testing::relative_distance;
using testing::run_planned;

// c sqrt(K) eps, with K the longest chain of roundings: the bound that a float32 plan promises against float64.
double bound(const Fn& fn) {
  double longest = 16;
  for (NodeId id = 0; id < fn.graph.size(); ++id)
    if (info(fn.graph[id].op).klass == OpClass::kBilinear && !info(fn.graph[id].op).pointwise)
      longest = std::max(longest, static_cast<double>(fn.graph[fn.graph[id].in[0]].shape.size()));
  return 64 * std::sqrt(longest) * 6e-8;
}

void expect_planned_as_interpreted(const Fn& fn, std::uint64_t seed, RunPoint point = {}) {
  const auto inputs = testing::random_inputs(fn, seed);
  const auto exact = interpret(fn, inputs, point);
  const auto planned = run_planned(fn, inputs, point);
  for (std::size_t i = 0; i < fn.outputs.size(); ++i)
    EXPECT_LE(relative_distance(planned.outputs[i], exact[i]), bound(fn)) << fn.outputs[i].name;
}

TEST(Plan, GivesWhatTheInterpreterGivesOnRandomGraphs) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Fn fn = testing::random_fn(seed, false);
    const Value theta(fn.graph, fn.find_input("theta")), loss(fn.graph, fn.outputs[0].id);
    const Value v = input(fn.graph, "v", theta.shape());
    fn.output("gradient", grad(loss, theta));
    fn.output("Hv", hvp(loss, theta, v));
    expect_planned_as_interpreted(fn, seed);
  }
}

// Everything that windows do, and gradients through them.
Fn windowed(const testing::Convolution& c) {
  return trace([&](Fn& f) {
    const Value x = input(f.graph, "x", c.x), w = input(f.graph, "w", c.w), g = input(f.graph, "g", c.y);
    f.output("conv", conv(x, w, c.window));
    f.output("conv_data", conv_data(g, w, c.window, c.x));
    f.output("conv_weights", conv_weights(x, g, c.window, c.w));
    f.output("sums", window_sum(x, c.window));
    f.output("spread", window_spread(window_sum(tanh(x), c.window), c.window, c.x));
    f.output("largest", window_max(x, c.window));
    const Value y = relu(conv(tanh(x), w, c.window)) * g, loss = sum(y * y) + sum(window_max(x, c.window));
    f.output("by x", grad(loss, x));
    f.output("by w", grad(loss, w));
    f.output("hvp", hvp(sum(tanh(conv(x, w, c.window))), w, w * 0.5));
  });
}

TEST(Plan, ConvolvesAsTheInterpreterDoes) {
  std::vector<testing::Convolution> all = testing::convolutions();
  // Many channels, and planes of which several are convolved at once.
  const Window same{.axes = 2, .size = {3, 3, 1}, .low = {1, 1, 0}, .high = {1, 1, 0}};
  all.push_back(testing::convolution(7, 33, 17, {3, 4}, same));
  all.push_back(testing::convolution(2, 20, 70, {9, 11}, {.axes = 2, .size = {5, 3, 1}, .stride = {2, 1, 1}}));
  all.push_back(testing::convolution(3, 48, 34, {5, 4, 6}, {.axes = 3, .size = {2, 2, 3}, .high = {0, 1, 1}}));
  Window grouped = same;
  grouped.groups = 2;
  all.push_back(testing::convolution(5, 40, 38, {6, 5}, grouped));
  grouped.groups = 19;
  all.push_back(testing::convolution(2, 19, 19, {7, 9}, grouped));
  Random random(20, "convolutions");
  for (int i = 0; i < 100; ++i) all.push_back(testing::random_convolution(random));
  for (const testing::Convolution& c : all) {
    SCOPED_TRACE(to_string(c.x) + " with " + to_string(c.w) + " to " + to_string(c.y));
    expect_planned_as_interpreted(windowed(c), 1);
  }
}

TEST(Plan, ConvolvesToTheSameBitsOnAnyNumberOfThreads) {
  const auto c =
      testing::convolution(9, 24, 32, {17, 19}, {.axes = 2, .size = {3, 3, 1}, .low = {1, 1, 0}, .high = {1, 1, 0}});
  const Fn fn = windowed(c);
  const auto inputs = testing::random_inputs(fn, 5);
  const auto one = run_planned(fn, inputs, {}, 1);
  for (const int threads : {2, 3, 4}) EXPECT_EQ(run_planned(fn, inputs, {}, threads).outputs, one.outputs) << threads;
}

TEST(Plan, MovesAndSumsEveryWayTheOperationsAllow) {
  const Fn fn = trace([](Fn& f) {
    const Value x = input(f.graph, "x", {3, 4, 5}), row = input(f.graph, "row", {5}), one = input(f.graph, "one", {});
    const Value index = input(f.graph, "index", {3}, DType::kIndex);
    f.output("transpose", transpose(x, {2, 0, 1}));
    f.output("matrix transpose", transpose(reshape(x, {12, 5}), {1, 0}));
    f.output("broadcast", broadcast(reshape(row, {5, 1}), {5, 4}));
    f.output("broadcast one", broadcast(one, {2, 3}));
    f.output("broadcast middle", broadcast(sum_to(x, {3, 1, 5}), {3, 4, 5}));
    f.output("sum outer", sum_to(x, {1, 4, 1}));
    f.output("sum lead", sum_to(x, {5}));
    f.output("sum last", sum_to(x, {3, 4, 1}));
    f.output("sum all", sum(x));
    f.output("slice", slice(x, 1, 1, 3));
    f.output("slice lead", slice(x, 0, 1, 2));
    f.output("pad", pad(x, 2, 1, 8));
    f.output("pad lead", pad(x, 0, 1, 5));
    f.output("concat", concat(std::vector{x, tanh(x)}, 1));
    f.output("concat lead", concat(std::vector{x, tanh(x), slice(x, 0, 1, 3)}, 0));
    f.output("one hot", one_hot(index, 4));
    f.output("rows", gather(reshape(x, {12, 5}), index));
    f.output("rows of one number", gather(reshape(x, {60}), index));
    f.output("rows of what is computed", gather(tanh(reshape(x, {12, 5})), argmax(x)) * 2.0);
    f.output("no such rows", gather(slice(reshape(x, {12, 5}), 0, 3, 5), index));
    f.output("added rows", scatter_add(x, index, 2));
    f.output("added rows of one number",
             scatter_add(slice(reshape(tanh(x), {60}), 0, 7, 27), argmax(reshape(x, {20, 3})), 4));
    f.output("largest", reduce_max(x));
    f.output("smallest", reduce_min(x));
    f.output("mask", one_hot(argmax(x), 5));
    f.output("input itself", x);
    f.output("number", constant(f.graph, 3.5));
    f.output("random", uniform(f.graph, {7, 31}, "a stream"));
    f.output("step", step_number(f.graph) * 2.0);
    f.output("mixed", (x * one + row) * sum_to(x, {3, 4, 1}));
    f.output("only numbers", broadcast(exp(one), {4}) * broadcast(one, {4}));
  });
  expect_planned_as_interpreted(fn, 5, {9, 1234567});
}

// Masks and sums of what is scattered, some of which the plan makes before it scatters.
TEST(Plan, MasksAndSumsWhatAPoolingGivesBack) {
  Window apart, overlapping, padded;
  apart.axes = overlapping.axes = padded.axes = 2;
  apart.size = overlapping.size = padded.size = {2, 2, 1};
  apart.stride = padded.stride = {2, 2, 1};
  padded.low = padded.high = {1, 1, 0};
  for (const Window& window : {apart, overlapping, padded}) {
    const Fn fn = trace([&](Fn& f) {
      const Value x = input(f.graph, "x", {6, 6, 4, 6}), y = relu(x), index = window_argmax(y, window);
      const Value pooled = plane_gather(y, index), c = input(f.graph, "c", pooled.shape());
      const Value back = plane_scatter(c, index, x.shape());
      f.output("pooled", pooled);
      for (const double low : {0.0, 0.3})
        for (const double other : {0.0, 0.5}) {
          const Value masked =
              select(less(constant(f.graph, low), y), back, broadcast(constant(f.graph, other), x.shape()));
          const auto name = [&](const char* what) { return fmt::format("{} above {} else {}", what, low, other); };
          f.output(name("all"), masked);
          f.output(name("channels"), sum_to(masked, {6}));
        }
      f.output("channels", sum_to(back, {1, 1, 1, 6}));
      f.output("lines", sum_to(back, {1, 6, 1, 1}));
      f.output("pictures", sum_to(back, {6, 1, 1, 1}));
      f.output("all", sum(back));
    });
    expect_planned_as_interpreted(fn, 11);
  }
}

TEST(Plan, StoresWhatIsReadBothDirectlyAndThroughAView) {
  for (const Shape& shape : {Shape{}, Shape{4, 6}}) {
    const Fn fn = trace([&](Fn& f) {
      const Value a = input(f.graph, "a", shape), b = input(f.graph, "b", shape);
      const Value r = relu(a), sum = r + a, again = reshape(reshape(r, {shape.size()}), shape);
      f.output("y", sum + again);
      f.state(a, sum);
      f.state(b, sum);
    });
    expect_planned_as_interpreted(fn, 3);
  }
}

TEST(Plan, UpdatesStatesInPlaceThoughTheirOldValueIsStillRead) {
  const Fn fn = trace([](Fn& f) {
    const Value theta = input(f.graph, "theta", {600}), m = input(f.graph, "m", {600}),
                x = input(f.graph, "x", {20, 30});
    const Value next_m = 0.9 * m + theta;
    f.output("product", matmul(x, reshape(theta, {30, 20})));
    f.output("moved", theta * 2.0 + next_m);
    f.state(theta, theta - 0.1 * next_m * m);
    f.state(m, next_m);
  });
  const auto inputs = testing::random_inputs(fn, 7);
  const auto all = interpret_all(fn, inputs);
  for (const int threads : {1, 3}) {
    const auto planned = run_planned(fn, inputs, {}, threads);
    EXPECT_LE(relative_distance(planned.outputs[0], all[fn.outputs[0].id]), 1e-5);
    EXPECT_LE(relative_distance(planned.outputs[1], all[fn.outputs[1].id]), 1e-6);
    EXPECT_LE(relative_distance(planned.inputs[0], all[fn.states[0].out]), 1e-6);
    EXPECT_LE(relative_distance(planned.inputs[1], all[fn.states[1].out]), 1e-6);
  }
}

TEST(Plan, CopiesAStateThatCannotBeUpdatedInPlace) {
  const Fn fn = trace([](Fn& f) {
    const Value a = input(f.graph, "a", {6, 6}), b = input(f.graph, "b", {36});
    f.state(a, matmul(a, a));
    f.state(b, concat(std::vector{slice(b, 0, 1, 36), slice(b, 0, 0, 1)}, 0));
  });
  const auto inputs = testing::random_inputs(fn, 8);
  const auto all = interpret_all(fn, inputs);
  const auto planned = run_planned(fn, inputs);
  EXPECT_LE(relative_distance(planned.inputs[0], all[fn.states[0].out]), 1e-6);
  EXPECT_LE(relative_distance(planned.inputs[1], all[fn.states[1].out]), 1e-7);
}

// A training step's shapes, on every path of this CPU and on 1 to 4 threads: near float64, and the same bits for all
// threads.
TEST(Plan, GivesEqualBitsOnAnyNumberOfThreads) {
  const Network network("dense 200 relu | dropout 0.3 | dense 96 tanh | dense 10", 144);
  for (const std::int64_t batch : {1, 33, 128}) {
    const Fn fn = trace([&](Fn& f) {
      const Value theta = input(f.graph, "theta", {network.parameters().size}), x = input(f.graph, "x", {batch, 144});
      const Value y = input(f.graph, "y", {batch}, DType::kIndex);
      const Value loss = mean(softmax_cross_entropy(network.build(x, theta, {}, true).logits, y));
      f.output("loss", loss);
      f.output("gradient", grad(loss, theta));
    });
    const auto inputs = testing::random_inputs(fn, 11, -0.3, 0.3);
    const auto exact = interpret(fn, inputs, {5, 77});
    for (const std::string& isa : available_isas()) {
      select_isa(isa);
      const auto one = run_planned(fn, inputs, {5, 77}, 1);
      EXPECT_LE(relative_distance(one.outputs[1], exact[1]), bound(fn)) << isa << ", batch " << batch;
      for (const int threads : {2, 3, 4})
        for (std::size_t i = 0; i < one.outputs.size(); ++i)
          EXPECT_EQ(0, std::memcmp(one.outputs[i].data(), run_planned(fn, inputs, {5, 77}, threads).outputs[i].data(),
                                   one.outputs[i].size() * sizeof(float)))
              << isa << ", batch " << batch << ", " << threads << " threads";
    }
    select_isa("auto");
  }
}

TEST(Plan, GathersAndAddsRowsToTheSameBitsOnAnyNumberOfThreads) {
  const Fn fn = trace([](Fn& f) {
    const Value table = input(f.graph, "table", {50, 67}), x = input(f.graph, "x", {1900, 67});
    const Value draws = normal(f.graph, {1900, 50}, "rows"), index = argmax(draws);
    const Value added = scatter_add(x, index, 50);
    f.output("draws", draws);
    f.output("rows", gather(table, index));
    f.output("added", added);
    f.output("both", scatter_add(gather(tanh(added), index), index, 41));
  });
  const auto inputs = testing::random_inputs(fn, 4);
  const auto exact = interpret(fn, inputs, {8, 3});
  for (const std::string& isa : available_isas()) {
    select_isa(isa);
    const auto one = run_planned(fn, inputs, {8, 3}, 1);
    for (std::size_t i = 0; i < exact.size(); ++i)
      EXPECT_LE(relative_distance(one.outputs[i], exact[i]), 1e-6) << isa << ", " << fn.outputs[i].name;
    for (const int threads : {2, 4}) EXPECT_EQ(one.outputs, run_planned(fn, inputs, {8, 3}, threads).outputs) << isa;
  }
  select_isa("auto");
}

TEST(Plan, IsTheSameBitsWithEveryInnerValueTapped) {
  Fn fn = testing::random_fn(21, false);
  const Value theta(fn.graph, fn.find_input("theta")), loss(fn.graph, fn.outputs[0].id);
  fn.output("gradient", grad(loss, theta));
  Fn tapped = fn;
  for (NodeId id = 0; id < fn.graph.size(); ++id)
    if (fn.graph[id].dtype == DType::kReal && fn.graph[id].op != Op::kInput) tapped.outputs.push_back({"tap", id});
  const auto inputs = testing::random_inputs(fn, 21);
  const auto bare = run_planned(fn, inputs), all = run_planned(tapped, inputs);
  for (std::size_t i = 0; i < 2; ++i)
    EXPECT_EQ(0, std::memcmp(bare.outputs[i].data(), all.outputs[i].data(), bare.outputs[i].size() * sizeof(float)));
}

}  // namespace
}  // namespace limn
