// A replay gives the interpreter's bits, at every point of a sequence and for many points at once.
#include "exec/replay.hpp"

#include <gtest/gtest.h>

#include <array>

#include "autodiff/autodiff.hpp"
#include "exec/interpreter.hpp"
#include "random_graph.hpp"

namespace limn {
namespace {

using Numbers = std::vector<double>;

// Loss, gradient and product with the Hessian of a random function of theta [n] along v; x is given.
struct Functions {
  Fn fn;
  NodeId theta, v, x;
  std::vector<NodeId> goals;
};
Functions functions(std::uint64_t seed) {
  Functions f{testing::random_fn(seed, true), 0, 0, 0, {}};
  f.theta = f.fn.find_input("theta"), f.x = f.fn.find_input("x");
  const Value theta(f.fn.graph, f.theta), loss(f.fn.graph, f.fn.outputs[0].id);
  const Value v = input(f.fn.graph, "v", theta.shape());
  f.v = v.id();
  f.goals = {loss.id(), grad(loss, theta).id(), hvp(loss, theta, v).id()};
  return f;
}

void expect_bits(std::span<const double> replayed, const Numbers& interpreted) {
  ASSERT_EQ(replayed.size(), interpreted.size());
  for (std::size_t i = 0; i < interpreted.size(); ++i) EXPECT_EQ(replayed[i], interpreted[i]) << i;
}

TEST(Replay, HasTheInterpretersBitsAtEveryPoint) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    const Functions f = functions(seed);
    Random random(seed, "points");
    const auto size = [&](NodeId id) { return f.fn.graph[id].shape.size(); };
    const Numbers x = testing::random_numbers(random, size(f.x), -1, 1);
    const std::vector<Replay::Given> given{{f.x, x}};
    Replay replay(f.fn, std::array{f.theta, f.v}, given, f.goals);
    Interpreter interpreter(f.fn);
    interpreter.give(f.x, x);
    Numbers theta = testing::random_numbers(random, size(f.theta), -1, 1), v = theta;
    for (int point = 0; point < 6; ++point) {
      // Either of the two changes, or both, or none; and the goals are asked for in another order.
      if (point % 3 != 1) theta[0] += 0.125;
      if (point % 2 == 0) v = testing::random_numbers(random, size(f.v), -1, 1);
      replay.set(0, theta), replay.set(1, v);
      interpreter.give(f.theta, theta), interpreter.give(f.v, v);
      for (std::size_t i = 0; i < 3; ++i) {
        const std::size_t goal = (i + static_cast<std::size_t>(point)) % 3;
        expect_bits(replay.goal(goal), interpreter.value(f.goals[goal]));
      }
    }
  }
}

TEST(Replay, HasTheInterpretersBitsForManyPointsAtOnce) {
  constexpr std::int64_t kPoints = 5;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    const Functions f = functions(seed);
    Random random(seed, "points");
    const auto n = f.fn.graph[f.theta].shape.size();
    const Numbers x = testing::random_numbers(random, f.fn.graph[f.x].shape.size(), -1, 1);
    const std::vector<Replay::Given> given{{f.x, x}};
    Replay replay(f.fn, std::array{f.theta, f.v}, given, f.goals, kPoints);
    const Numbers theta = testing::random_numbers(random, n * kPoints, -1, 1),
                  v = testing::random_numbers(random, n * kPoints, -1, 1);
    replay.set(0, theta), replay.set(1, v);
    Interpreter interpreter(f.fn);
    interpreter.give(f.x, x);
    for (std::int64_t point = 0; point < kPoints; ++point) {
      const auto part = [&](const Numbers& all) {
        return Numbers(all.begin() + point * n, all.begin() + (point + 1) * n);
      };
      interpreter.give(f.theta, part(theta)), interpreter.give(f.v, part(v));
      for (std::size_t goal = 0; goal < 3; ++goal) {
        const Numbers& expected = interpreter.value(f.goals[goal]);
        expect_bits(replay.goal(goal).subspan(static_cast<std::size_t>(point) * expected.size(), expected.size()),
                    expected);
      }
    }
  }
}

TEST(Replay, RefusesWhatItDoesNotKnow) {
  Fn fn;
  const Value x = input(fn.graph, "x", {3}), y = input(fn.graph, "y", {3});
  const std::array drawn{(x + uniform(fn.graph, {3}, "noise")).id()}, open{(x + y).id()};
  EXPECT_THROW(Replay(fn, std::array{x.id()}, {}, drawn), std::logic_error);
  EXPECT_THROW(Replay(fn, std::array{x.id()}, {}, open), std::logic_error);
}

}  // namespace
}  // namespace limn
