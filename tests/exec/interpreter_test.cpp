// The interpreter asked for parts: what is given is taken, what depends on it is made anew; and its bound on float32.
#include "exec/interpreter.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "autodiff/autodiff.hpp"
#include "planned.hpp"
#include "random_graph.hpp"

namespace limn {
namespace {

using Numbers = Interpreter::Numbers;

TEST(Interpreter, TakesANodeThatIsGivenAndMakesWhatDependsOnItAnew) {
  Value x, doubled, root;
  Fn fn = trace([&](Fn& f) {
    x = input(f.graph, "x", {2});
    doubled = 2.0 * x;
    root = sqrt(doubled) + x;
    f.output("y", root);
  });
  Interpreter run(fn);
  run.give(x.id(), {2, 8});
  EXPECT_EQ(run.value(root.id()), (Numbers{4, 12}));
  run.give(doubled.id(), {9, 16});
  EXPECT_EQ(run.value(root.id()), (Numbers{5, 12}));
  run.give(x.id(), {0, 1});
  EXPECT_EQ(run.value(root.id()), (Numbers{3, 5})) << "what was given stays";
  const Value more = Value(fn.graph, root.id()) * 10.0;
  EXPECT_EQ(run.value(more.id()), (Numbers{30, 50})) << "the function may grow";
}

TEST(Interpreter, DoesNotWantInputsThatHaveNoPartInWhatIsAskedFor) {
  Value x, y;
  const Fn fn = trace([&](Fn& f) {
    x = input(f.graph, "x", {1}), y = input(f.graph, "y", {1});
    f.output("x", exp(x)), f.output("y", x + y);
  });
  Interpreter run(fn);
  run.give(x.id(), {0});
  EXPECT_EQ(run.value(fn.outputs[0].id), Numbers{1});
}

// Every number of every random function and its gradient, planned: within the bound, and the bound not far away.
TEST(Rounding, IsAtLeastWhatPlansRound) {
  double sharpest = INFINITY;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Fn fn = testing::random_fn(seed, true);
    const Value loss(fn.graph, fn.outputs[0].id), theta(fn.graph, fn.graph.inputs()[0]);
    fn.output("gradient", grad(loss, theta));
    const auto inputs = testing::random_inputs(fn, seed);
    const auto planned = testing::run_planned(fn, inputs).outputs;
    Interpreter run(fn);
    for (std::size_t i = 0; i < inputs.size(); ++i) run.give(fn.graph.inputs()[i], inputs[i]);
    for (std::size_t o = 0; o < planned.size(); ++o) {
      const Numbers exact = run.value(fn.outputs[o].id), bound = run.rounding(fn.outputs[o].id);
      for (std::size_t i = 0; i < exact.size(); ++i) {
        ASSERT_LE(std::abs(planned[o][i] - exact[i]), bound[i]) << fn.outputs[o].name << " " << i;
        if (exact[i] != 0) sharpest = std::min(sharpest, bound[i] / std::abs(exact[i]));
      }
    }
  }
  EXPECT_LE(sharpest, 1e-5);
}

TEST(Rounding, IsThatOfASumOfManyNumbers) {
  Value x;
  const Fn fn = trace([&](Fn& f) { f.output("sum", sum(x = input(f.graph, "x", {10000}))); });
  Interpreter run(fn);
  run.give(x.id(), Numbers(10000, 1));
  EXPECT_NEAR(run.rounding(fn.outputs[0].id)[0], 6 * 100 * 0x1p-24 * 10000, 1e-9);
  run.give(x.id(), Numbers(10000, 0));
  EXPECT_EQ(run.rounding(fn.outputs[0].id)[0], 0);
}

}  // namespace
}  // namespace limn
