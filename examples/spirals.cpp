// A network from nothing but graph, derivatives, a rule and a plan: it learns to tell the arms of two spirals apart and
// draws what it has learned.
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <limn/limn.hpp>
#include <numbers>

using limn::Value;
constexpr std::int64_t kPoints = 400, kUnits = 24, kWide = 61, kHigh = 25;

// theta holds the weights and biases of three layers, one behind another. x [rows, 2] -> [rows, 1]
static Value network(Value theta, Value x) {
  std::int64_t end = 0;
  const auto part = [&](const limn::Shape& shape) {
    end += shape.size();
    return reshape(slice(theta, 0, end - shape.size(), end), shape);
  };
  const auto layer = [&](Value in, std::int64_t units) {
    const Value w = part({in.shape()[1], units});
    return dense(in, w, part({units}));
  };
  return layer(tanh(layer(tanh(layer(x, kUnits)), kUnits)), 1);
}

int main() {
  limn::select_isa("auto");
  limn::ThreadPool pool(2);
  const limn::Shape flat{(2 + 1) * kUnits + (kUnits + 1) * kUnits + kUnits + 1};

  // One step of training, written once on symbolic values. The gradient is more graph, and so is the update.
  const limn::Fn step = limn::trace([&](limn::Fn& fn) {
    limn::Graph& graph = fn.graph;
    const Value theta = input(graph, "theta", flat);
    const std::array moments{input(graph, "m", flat), input(graph, "v", flat)};
    const Value x = input(graph, "x", {kPoints, 2}), t = input(graph, "t", {kPoints, 1});
    const Value loss = mean(logistic_cross_entropy(network(theta, x), t));
    limn::Hyper hyper;
    hyper.lr = constant(graph, 0.01), hyper.momentum = constant(graph, 0.9);
    hyper.beta2 = constant(graph, 0.999), hyper.epsilon = constant(graph, 1e-8);
    const limn::Update next = limn::find_rule("adam").update(theta, grad(loss, theta), moments, hyper);
    fn.output("loss", loss);
    fn.state(theta, next.theta);  // updated in place, in the memory bound below
    for (std::size_t i = 0; i < 2; ++i) fn.state(moments[i], next.moments[i]);
  });

  limn::AlignedFloats theta(flat.size()), m(flat.size()), v(flat.size()), x(2 * kPoints), t(kPoints);
  limn::Random random(/*seed=*/1, "weights and points");
  for (float& w : theta.span()) w = static_cast<float>(random.normal() / 3);
  for (int i = 0; i < kPoints; ++i) {  // two arms of one and a half turns
    const double out = std::sqrt(random.uniform()), angle = std::numbers::pi * (3 * out + i % 2);
    x.data()[2 * i] = static_cast<float>(out * std::cos(angle) + 0.02 * random.normal());
    x.data()[2 * i + 1] = static_cast<float>(out * std::sin(angle) + 0.02 * random.normal());
    t.data()[i] = static_cast<float>(i % 2);
  }
  limn::Executable training(step, {theta.data(), m.data(), v.data(), x.data(), t.data()});
  fmt::print("{} nodes became a plan of {} steps\n", step.graph.size(), training.plan().steps.size());
  for (std::uint64_t n = 1; n <= 1000; ++n) {
    training.run(pool, {.seed = 1, .step = n});
    if (n == 1 || n % 200 == 0) fmt::print("step {:4}  loss {:.6f}\n", n, training.output(0)[0]);
  }

  // The same weights over a grid of the plane: another function, another plan, the same memory.
  const limn::Fn map = limn::trace([&](limn::Fn& fn) {
    const Value weights = input(fn.graph, "theta", flat), at = input(fn.graph, "x", {kWide * kHigh, 2});
    fn.output("logit", network(weights, at));
  });
  limn::AlignedFloats grid(2 * kWide * kHigh);
  for (int i = 0; i < kWide * kHigh; ++i) {
    grid.data()[2 * i] = 2 * static_cast<float>(i % kWide) / (kWide - 1) - 1;
    grid.data()[2 * i + 1] = 1 - 2 * static_cast<float>(i / kWide) / (kHigh - 1);
  }
  limn::Executable picture(map, {theta.data(), grid.data()});
  picture.run(pool, {});
  for (std::size_t i = 0; i < kWide * kHigh; ++i)
    fmt::print("{}{}", picture.output(0)[i] > 0 ? '#' : '.', (i + 1) % kWide == 0 ? "\n" : "");
}
