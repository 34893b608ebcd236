// Every operation's derivative in float64: jvp against central differences, and the adjoint identity <c, J t> = <J^T c,
// t>.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "autodiff/autodiff.hpp"
#include "convolutions.hpp"
#include "exec/interpreter.hpp"
#include "random_graph.hpp"

namespace limn {
namespace {

using testing::random_numbers;
using Numbers = std::vector<double>;

struct Case {
  std::string name;
  std::vector<Shape> inputs;
  std::function<Value(std::vector<Value>)> build;
  double low = -2, high = 2;
};

Value call(Op op, const std::vector<Value>& v) {
  std::vector<NodeId> in;
  for (const Value& x : v) in.push_back(x.id());
  Graph& graph = v[0].graph();
  return {graph, graph.add(op, in, {}, std::source_location::current())};
}

std::vector<Case> cases() {
  std::vector<Case> list;
  for (const OpInfo& op : ops()) {
    if (!op.pointwise) continue;
    const std::vector<Shape> shapes(static_cast<std::size_t>(op.arity), Shape{3, 5});
    list.push_back({std::string(op.name), shapes, [code = op.op](auto v) { return call(code, v); },
                    op.low > 0 ? std::max(op.low, 0.3) : std::max(op.low, -4.0), std::min(op.high, 4.0)});
  }
  list.push_back({"stop", {{3, 5}}, [](auto v) { return stop(v[0]); }});
  list.push_back({"one_hot of argmax", {{3, 5}}, [](auto v) { return one_hot(argmax(v[0]), 5); }});
  list.push_back({"reduce_max", {{3, 5}}, [](auto v) { return reduce_max(v[0]); }});
  list.push_back({"broadcast of a row", {{5}}, [](auto v) { return broadcast(v[0], {3, 5}); }});
  list.push_back({"broadcast of a column", {{3, 1}}, [](auto v) { return broadcast(v[0], {2, 3, 5}); }});
  list.push_back({"sum_to a row", {{3, 5}}, [](auto v) { return sum_to(v[0], {5}); }});
  list.push_back({"sum_to a column", {{2, 3, 5}}, [](auto v) { return sum_to(v[0], {3, 1}); }});
  list.push_back({"sum_to outer axes", {{2, 3, 4}}, [](auto v) { return sum_to(v[0], {1, 3, 1}); }});
  list.push_back({"reshape", {{3, 4}}, [](auto v) { return reshape(v[0], {2, 6}); }});
  list.push_back({"transpose", {{2, 3, 4}}, [](auto v) { return transpose(v[0], {2, 0, 1}); }});
  list.push_back({"slice", {{4, 5}}, [](auto v) { return slice(v[0], 1, 1, 4); }});
  list.push_back({"pad", {{4, 2}}, [](auto v) { return pad(v[0], 1, 1, 5); }});
  list.push_back({"concat", {{2, 2}, {2, 3}}, [](auto v) { return concat(v, 1); }});
  list.push_back({"gather", {{3, 5}, {4, 3}}, [](auto v) { return gather(v[0], argmax(v[1])); }});
  list.push_back({"gather of numbers", {{3}, {4, 3}}, [](auto v) { return gather(v[0], argmax(v[1])); }});
  list.push_back({"gather out of range", {{2, 5}, {9, 3}}, [](auto v) { return gather(v[0], argmax(v[1])); }});
  list.push_back({"scatter_add", {{4, 5}, {4, 3}}, [](auto v) { return scatter_add(v[0], argmax(v[1]), 6); }});
  list.push_back(
      {"scatter_add with rows lost", {{9}, {9, 3}}, [](auto v) { return scatter_add(v[0], argmax(v[1]), 2); }});
  list.push_back({"reduce_min", {{3, 5}}, [](auto v) { return reduce_min(v[0]); }});
  for (const testing::Convolution& c : testing::convolutions()) {
    const std::string how = to_string(c.x) + " with " + to_string(c.w);
    list.push_back({"conv " + how, {c.x, c.w}, [w = c.window](auto v) { return conv(v[0], v[1], w); }});
    list.push_back({"conv_data " + how, {c.y, c.w}, [c](auto v) { return conv_data(v[0], v[1], c.window, c.x); }});
    list.push_back(
        {"conv_weights " + how, {c.x, c.y}, [c](auto v) { return conv_weights(v[0], v[1], c.window, c.w); }});
    list.push_back({"window_sum " + how, {c.x}, [w = c.window](auto v) { return window_sum(v[0], w); }});
    const Shape sums = c.y.with(-1, c.x[-1]);
    list.push_back({"window_spread " + how, {sums}, [c](auto v) { return window_spread(v[0], c.window, c.x); }});
    // Far apart, so that no step of the differences changes which is the largest.
    list.push_back({"plane_gather " + how, {c.x}, [c](auto v) { return window_max(v[0], c.window); }, -5000, 5000});
    list.push_back({"plane_scatter " + how,
                    {sums, c.x},
                    [c](auto v) { return plane_scatter(v[0], window_argmax(v[1], c.window), c.x); },
                    -5000,
                    5000});
  }
  for (const bool ta : {false, true})
    for (const bool tb : {false, true})
      list.push_back({fmt::format("matmul {}{}", ta ? "aT" : "a", tb ? "bT" : "b"),
                      {ta ? Shape{4, 3} : Shape{3, 4}, tb ? Shape{2, 4} : Shape{4, 2}},
                      [ta, tb](auto v) { return matmul(v[0], v[1], ta, tb); }});
  return list;
}

// Outputs "y", "jt" and "jTc...", inputs x..., t..., c.
Fn derivatives_of(const Case& c) {
  return trace([&](Fn& fn) {
    std::vector<Value> x, t;
    for (const Shape& shape : c.inputs) x.push_back(input(fn.graph, "x", shape));
    for (const Shape& shape : c.inputs) t.push_back(input(fn.graph, "t", shape));
    const Value y = c.build(x), cotangent = input(fn.graph, "c", y.shape());
    fn.output("y", y);
    fn.output("jt", jvp(std::span(&y, 1), x, t)[0]);
    for (const Value& v : vjp(std::span(&y, 1), std::span(&cotangent, 1), x)) fn.output("jTc", v);
  });
}

double dot(const Numbers& a, const Numbers& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}
double norm(const Numbers& a) { return std::sqrt(dot(a, a)); }

// An opaque operation has the derivative zero.
bool is_differentiable(const Case& c) {
  const auto op = std::ranges::find(ops(), c.name.substr(0, c.name.find(' ')), &OpInfo::name);
  return op == ops().end() || op->klass != OpClass::kOpaque;
}

TEST(DerivativeRules, AgreeWithCentralDifferencesAndWithTheirOwnTransposes) {
  for (const Case& c : cases())
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      SCOPED_TRACE(fmt::format("{} with seed {}", c.name, seed));
      const Fn fn = derivatives_of(c);
      Random random(seed, c.name);
      std::vector<Numbers> inputs;
      const std::size_t k = c.inputs.size();
      for (const Shape& s : c.inputs) inputs.push_back(random_numbers(random, s.size(), c.low, c.high));
      for (const Shape& s : c.inputs) inputs.push_back(random_numbers(random, s.size(), -1, 1));
      inputs.push_back(random_numbers(random, fn.graph[fn.graph.inputs().back()].shape.size(), -1, 1));
      const auto result = interpret(fn, inputs);

      // Five-point central differences: the error is of fourth order in h.
      const double h = 1e-3;
      auto moved = [&](double by) {
        auto at = inputs;
        for (std::size_t i = 0; i < k; ++i)
          for (std::size_t j = 0; j < at[i].size(); ++j) at[i][j] += by * inputs[k + i][j];
        return interpret(fn, at)[0];
      };
      const Numbers a = moved(h), b = moved(-h), a2 = moved(2 * h), b2 = moved(-2 * h);
      Numbers difference(a.size()), error;
      for (std::size_t i = 0; i < a.size(); ++i) difference[i] = (8 * (a[i] - b[i]) - (a2[i] - b2[i])) / (12 * h);
      for (std::size_t i = 0; i < a.size(); ++i) error.push_back(difference[i] - result[1][i]);
      if (is_differentiable(c)) {
        EXPECT_LE(norm(error), 1e-7 * std::max(norm(difference), 1.0));
        EXPECT_GT(norm(result[1]), 0);
      } else {
        EXPECT_EQ(norm(result[1]), 0);
      }

      double right = 0, size = 0;
      for (std::size_t i = 0; i < k; ++i)
        right += dot(result[2 + i], inputs[k + i]), size += norm(result[2 + i]) * norm(inputs[k + i]);
      EXPECT_LE(std::abs(dot(inputs.back(), result[1]) - right), 1e-12 * std::max(size, 1.0));
    }
}

TEST(DerivativeRules, CoverEveryOperation) {
  std::vector<std::string> covered;
  for (const Case& c : cases()) covered.push_back(c.name.substr(0, c.name.find(' ')));
  for (const OpInfo& op : ops()) {
    if (op.klass == OpClass::kSource || op.op == Op::kUniform || op.op == Op::kArgmax || op.op == Op::kWindowArgmax)
      continue;
    EXPECT_NE(std::ranges::find(covered, op.name), covered.end()) << op.name;
  }
}

TEST(ChoosingRules, NeverTurnAnInfiniteCotangentIntoNaN) {
  const Fn fn = trace([](Fn& f) {
    const Value x = input(f.graph, "x", {3}), c = input(f.graph, "c", {3}), y = relu(x);
    f.output("dx", vjp(std::span(&y, 1), std::span(&c, 1), std::span(&x, 1))[0]);
  });
  const auto dx = interpret(fn, std::vector<Numbers>{{-1, 0, 2}, {INFINITY, INFINITY, INFINITY}})[0];
  EXPECT_EQ(dx, (Numbers{0, 0, INFINITY}));
}

TEST(PowerRule, IsFiniteAtZeroWhereTheSlopeIs) {
  const Fn fn = trace([](Fn& f) {
    const Value x = input(f.graph, "x", {3}), p = input(f.graph, "p", {3}), y = sum(pow(x, p));
    f.output("dx", grad(y, x));
    f.output("dp", grad(y, p));
  });
  const auto result = interpret(fn, std::vector<Numbers>{{0, -2, 2}, {2, 3, 0}});
  EXPECT_EQ(result[0], (Numbers{0, 12, 0}));
  EXPECT_EQ(result[1][0], 0);
  EXPECT_TRUE(std::isnan(result[1][1])) << "no power of a negative number but the whole ones";
  EXPECT_DOUBLE_EQ(result[1][2], std::log(2));
}

TEST(SecondDerivatives, AreSymmetricOnRandomGraphs) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Fn fn = testing::random_fn(seed, true);
    const Value theta(fn.graph, fn.find_input("theta")), loss(fn.graph, fn.outputs[0].id);
    const Value u = input(fn.graph, "u", theta.shape()), v = input(fn.graph, "v", theta.shape());
    fn.output("Hu", hvp(loss, theta, u));
    fn.output("Hv", hvp(loss, theta, v));
    const auto inputs = testing::random_inputs(fn, seed);
    const auto result = interpret(fn, inputs);
    const double uHv = dot(inputs[2], result[2]), vHu = dot(inputs[3], result[1]);
    EXPECT_LE(std::abs(uHv - vHu),
              1e-10 * std::max({norm(inputs[2]) * norm(result[2]), norm(inputs[3]) * norm(result[1]), 1e-3}));
  }
}

TEST(GaussNewton, EqualsTheHessianWhenTheModelIsLinear) {
  Fn fn = trace([](Fn& f) {
    const Value x = input(f.graph, "x", {6, 4}), w = input(f.graph, "w", {12}), v = input(f.graph, "v", {12});
    const Value y = matmul(x, reshape(w, {4, 3}));
    const Value loss = sum(softplus(y));
    f.output("Gv", ggn(loss, y, w, v));
    f.output("Hv", hvp(loss, w, v));
  });
  const auto result = interpret(fn, testing::random_inputs(fn, 3));
  for (std::size_t i = 0; i < 12; ++i) EXPECT_NEAR(result[0][i], result[1][i], 1e-12);
  EXPECT_GT(norm(result[0]), 0.1);
}

}  // namespace
}  // namespace limn
