// Inside a training: how curved is the loss where gradient descent walks? Power iteration on exact Hessian-vector
// products finds the largest eigenvalue of the Hessian. What it shows (Cohen et al. 2021, "Gradient descent on neural
// networks typically occurs at the edge of stability"): the curvature grows to 2 / rate, the most that a step of this
// rate can bear, and stays there.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limn/limn.hpp>
#include <numeric>

using limn::Value;
constexpr std::int64_t kPoints = 60, kUnits = 32;
constexpr double kRate = 0.1;

// theta holds the weights and biases of three layers, one behind another. x [rows, 1] -> [rows, 1]
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
  limn::ThreadPool pool(1);
  const limn::Shape flat{(1 + 1) * kUnits + (kUnits + 1) * kUnits + kUnits + 1};

  // The loss over all points, its gradient, and its Hessian times v, as one graph: what they share is computed once.
  const limn::Fn loss_fn = limn::trace([&](limn::Fn& fn) {
    const Value theta = input(fn.graph, "theta", flat), v = input(fn.graph, "v", flat);
    const Value x = input(fn.graph, "x", {kPoints, 1}), t = input(fn.graph, "t", {kPoints, 1});
    const Value loss = mean(squared_error(network(theta, x), t));
    fn.output("loss", loss);
    fn.output("gradient", grad(loss, theta));
    fn.output("hessian times v", hvp(loss, theta, v));
  });

  limn::AlignedFloats theta(flat.size()), v(flat.size()), x(kPoints), t(kPoints);
  limn::Random random(/*seed=*/3, "weights");
  for (float& w : theta.span()) w = static_cast<float>(random.normal() / 5);
  for (float& element : v.span()) element = static_cast<float>(random.normal());
  for (std::size_t i = 0; i < kPoints; ++i) {
    x.data()[i] = 4 * static_cast<float>(i) / (kPoints - 1) - 2;
    t.data()[i] = std::sin(3 * x.data()[i]);  // the curve to learn
  }
  limn::Executable at(loss_fn, {theta.data(), v.data(), x.data(), t.data()});

  // H v, shortened to length 1 again and again, turns to the direction that H stretches most (von Mises 1929). v stays
  // from call to call, so a few rounds do.
  const auto curvature = [&] {
    double stretched = 0;
    for (int round = 0; round < 30; ++round) {
      const double length = std::sqrt(std::inner_product(v.data(), v.data() + v.size(), v.data(), 0.0));
      for (float& element : v.span()) element = static_cast<float>(element / length);
      at.run(pool, {});
      stretched = std::inner_product(v.data(), v.data() + v.size(), at.output(2).begin(), 0.0);
      std::ranges::copy(at.output(2), v.data());
    }
    return stretched;
  };

  fmt::print("gradient descent with rate {}: 2 / rate is {:g}\n  step      loss  curvature\n", kRate, 2 / kRate);
  for (int step = 0; step <= 12000; ++step) {
    if (step % 1000 == 0) {
      const double largest = curvature();
      fmt::print("{:6}  {:.6f}  {:9.2f}  {:*>{}}\n", step, at.output(0)[0], largest, "", std::lround(largest));
    }
    at.run(pool, {});
    for (std::size_t i = 0; i < theta.size(); ++i) theta.data()[i] -= static_cast<float>(kRate) * at.output(1)[i];
  }
}
