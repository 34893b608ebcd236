// Laws of graphs and plans, on random functions: what passes may not change, what derivatives must agree on.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <cstring>

#include "autodiff/autodiff.hpp"
#include "exec/interpreter.hpp"
#include "plan/simplify.hpp"
#include "planned.hpp"
#include "property/program.hpp"

namespace limn {
namespace {

using testing::inputs_for;
using testing::Numbers;
using testing::program;

constexpr RunPoint kPoint{3, 5};

// A longer list than RapidCheck makes by itself: about four numbers an operation.
rc::Gen<Numbers> decisions() {
  return rc::gen::resize(300, rc::gen::container<Numbers>(rc::gen::inRange<std::uint32_t>(0, 1u << 16)));
}

double largest(const std::vector<std::vector<double>>& all) {
  double most = 1;
  for (const auto& numbers : all)
    for (const double v : numbers) most = std::max(most, std::abs(v));
  return most;
}

template <class A>
double distance(const A& a, const std::vector<double>& b) {
  double most = a.size() == b.size() ? 0 : INFINITY;
  for (std::size_t i = 0; i < b.size() && most < INFINITY; ++i) {
    const double error = std::abs(static_cast<double>(a[i]) - b[i]);
    most = std::max(most, std::isnan(error) ? INFINITY : error);
  }
  return most;
}

std::string same_bits(const testing::Planned& a, const testing::Planned& b) {
  const auto equal = [](const std::vector<float>& x, const std::vector<float>& y) {
    return x.size() == y.size() && std::memcmp(x.data(), y.data(), x.size() * sizeof(float)) == 0;
  };
  for (std::size_t i = 0; i < a.outputs.size(); ++i)
    if (!equal(a.outputs[i], b.outputs[i])) return fmt::format("output {}", i);
  for (std::size_t i = 0; i < a.inputs.size(); ++i)
    if (!equal(a.inputs[i], b.inputs[i])) return fmt::format("input {}", i);
  return "";
}

RC_GTEST_PROP(RandomFunction, IsPlannedAsItIsInterpreted, ()) {
  const Numbers numbers = *decisions();
  const Fn fn = program(numbers);
  const auto inputs = inputs_for(fn, numbers.size());
  const auto all = interpret_all(fn, inputs, kPoint);
  const double bound = 2e-5 * largest(all);
  const auto planned = testing::run_planned(fn, inputs, kPoint);
  for (std::size_t i = 0; i < fn.outputs.size(); ++i)
    if (distance(planned.outputs[i], all[fn.outputs[i].id]) > bound)
      RC_FAIL(fn.outputs[i].name + " of\n" + to_text(fn));
  for (std::size_t i = 0; i < planned.inputs.size(); ++i) {
    NodeId expected = fn.graph.inputs()[i];
    for (const StatePair& state : fn.states)
      if (state.in == fn.graph.inputs()[i]) expected = state.out;
    if (distance(planned.inputs[i], all[expected]) > bound) RC_FAIL(fmt::format("input {} of\n", i) + to_text(fn));
  }
}

// Every operand was given a place: in the arena, or in the memory of an input.
RC_GTEST_PROP(RandomFunction, IsPlannedWithPlacesThatThereAre, ()) {
  const Fn fn = program(*decisions());
  const Plan plan = compile(fn);
  const auto check = [&](const Place& place, const Step& step) {
    const bool there = place.buffer >= 0 && place.buffer < plan.buffers && place.offset >= 0 &&
                       (place.buffer != kArena || place.offset < plan.arena_floats);
    if (!there) RC_FAIL(fmt::format("{} in\n{}of\n{}", to_text(step), to_text(plan), to_text(fn)));
  };
  for (const Step& step : plan.steps) {
    for (const Place& place : step.in) check(place, step);
    for (const Place& place : step.out) check(place, step);
    for (const TileStore& store : step.tile.stores) check(store.place, step);
    for (const TileOperand& operand : step.tile.operands)
      if (!operand.is_constant) check(operand.place, step);
  }
}

RC_GTEST_PROP(RandomFunction, KeepsItsValuesWhenItIsSimplified, ()) {
  const Numbers numbers = *decisions();
  const Fn fn = program(numbers);
  const auto inputs = inputs_for(fn, numbers.size());
  std::vector<NodeId> origin;
  const Fn simple = simplify(fn, origin);
  verify(simple);
  RC_ASSERT(static_cast<NodeId>(origin.size()) == simple.graph.size());
  for (const NodeId from : origin) RC_ASSERT(from >= 0 && from < fn.graph.size());
  const auto all = interpret_all(fn, inputs, kPoint), after = interpret_all(simple, inputs, kPoint);
  const double bound = 1e-6 * largest(all);  // constants are folded as float32
  for (std::size_t i = 0; i < fn.outputs.size(); ++i)
    RC_ASSERT(distance(after[simple.outputs[i].id], all[fn.outputs[i].id]) <= bound);
  for (std::size_t i = 0; i < fn.states.size(); ++i)
    RC_ASSERT(distance(after[simple.states[i].out], all[fn.states[i].out]) <= bound);
}

RC_GTEST_PROP(RandomFunction, IsTheSameTextWhenItIsTracedAgain, ()) {
  const Numbers numbers = *decisions();
  RC_ASSERT(to_text(program(numbers)) == to_text(program(numbers)));
}

RC_GTEST_PROP(RandomFunction, IsTheSameBitsWithItsInnerValuesTapped, ()) {
  const Numbers numbers = *decisions();
  const Fn fn = program(numbers);
  Fn tapped = fn;
  for (NodeId id = 0; id < fn.graph.size(); ++id)
    if (fn.graph[id].dtype == DType::kReal && fn.graph[id].op != Op::kInput) tapped.outputs.push_back({"tap", id});
  const auto inputs = inputs_for(fn, numbers.size());
  const auto bare = testing::run_planned(fn, inputs, kPoint), all = testing::run_planned(tapped, inputs, kPoint, 2);
  RC_ASSERT(same_bits(bare, all) == "");
}

// <c, J t> = <J' c, t>: forward and backward derivatives are each other's transpose.
RC_GTEST_PROP(RandomFunction, HasDerivativesThatAreEachOthersTranspose, ()) {
  const Numbers numbers = *decisions();
  Fn fn = program(numbers);
  const Value y(fn.graph, fn.outputs[0].id);
  std::vector<Value> in, tangents;
  for (const NodeId id : std::vector(fn.graph.inputs())) in.emplace_back(fn.graph, id);
  const Value c = input(fn.graph, "cotangent", y.shape());
  for (const Value& x : in) tangents.push_back(input(fn.graph, "tangent", x.shape()));
  const Value forward = sum(c * jvp(std::span(&y, 1), in, tangents)[0]);
  const auto back = vjp(std::span(&y, 1), std::span(&c, 1), in);
  Value backward = constant(fn.graph, 0);
  for (std::size_t i = 0; i < in.size(); ++i) backward = backward + sum(back[i] * tangents[i]);
  fn.outputs = {{"forward", forward.id()}, {"backward", backward.id()}};
  fn.states.clear();
  const auto all = interpret_all(fn, inputs_for(fn, numbers.size()), kPoint);
  RC_ASSERT(distance(all[forward.id()], all[backward.id()]) <= 1e-9 * largest(all));
}

// [r, 1] with [c] is [r, c], and the sum over what was repeated has its shape back.
RC_GTEST_PROP(Broadcasting, FollowsTheLawsOfNumPy, ()) {
  const auto rank = *rc::gen::inRange(0, 4);
  std::vector<std::int64_t> large, a, b;
  for (int i = 0; i < rank; ++i) {
    large.push_back(*rc::gen::inRange<std::int64_t>(1, 6));
    const int keeps = *rc::gen::inRange(0, 3);
    a.push_back(keeps == 0 ? 1 : large.back());
    b.push_back(keeps == 1 ? 1 : large.back());
  }
  const auto cut = static_cast<std::size_t>(*rc::gen::inRange(0, rank + 1));
  if (std::all_of(b.begin(), b.begin() + static_cast<std::ptrdiff_t>(cut), [](auto n) { return n == 1; }))
    b.erase(b.begin(), b.begin() + static_cast<std::ptrdiff_t>(cut));
  Graph graph;
  const Value x = input(graph, "x", Shape(std::span<const std::int64_t>(a))),
              y = input(graph, "y", Shape(std::span<const std::int64_t>(b)));
  const Shape whole{std::span<const std::int64_t>(large)};
  RC_ASSERT((x + y).shape() == whole);
  RC_ASSERT((y * x).shape() == whole);
  RC_ASSERT(sum_to(x - y, y.shape()).shape() == y.shape());
  RC_ASSERT(broadcast(y, whole).shape() == whole);
}

}  // namespace
}  // namespace limn
