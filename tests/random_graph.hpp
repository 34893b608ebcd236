// Random closed functions and random inputs for them, by a seed: smooth where `smooth` is asked for.
#pragma once
#include <vector>

#include "base/random.hpp"
#include "graph/fn.hpp"

namespace limn::testing {

inline std::vector<double> random_numbers(Random& random, std::int64_t n, double low, double high) {
  std::vector<double> numbers;
  for (std::int64_t i = 0; i < n; ++i)
    numbers.push_back(static_cast<double>(static_cast<float>(low + (high - low) * random.uniform())));
  return numbers;
}

// One scalar output "loss" from inputs "theta" [n] and "x" [rows, columns], through layers of random operations.
inline Fn random_fn(std::uint64_t seed, bool smooth) {
  Random random(seed, "random graph");
  const std::int64_t rows = 1 + random.below(6), columns = 1 + random.below(20);
  return trace([&](Fn& fn) {
    const std::int64_t hidden = 1 + random.below(20), n = columns * hidden + hidden;
    const Value theta = input(fn.graph, "theta", {n}), x = input(fn.graph, "x", {rows, columns});
    const Value w = reshape(slice(theta, 0, 0, columns * hidden), {columns, hidden}),
                b = slice(theta, 0, columns * hidden, n);
    std::vector<Value> pool{matmul(x, w) + b, tanh(matmul(x, w)), broadcast(b, {rows, hidden})};
    auto any = [&] { return pool[random.below(static_cast<std::uint32_t>(pool.size()))]; };
    for (std::uint32_t i = 0, count = 3 + random.below(12); i < count; ++i) {
      const Value a = any(), c = any();
      switch (random.below(smooth ? 12 : 18)) {
        case 0: pool.push_back(a + c); break;
        case 1: pool.push_back(a * sigmoid(c)); break;
        case 2: pool.push_back(a - 0.5 * c); break;
        case 3: pool.push_back(tanh(a)); break;
        case 4: pool.push_back(softplus(a)); break;
        case 5: pool.push_back(a / (1.0 + c * c)); break;
        case 6: pool.push_back(exp(-(a * a))); break;
        case 7:
          pool.push_back(a - broadcast(sum_to(c, {rows, 1}) * (1.0 / static_cast<double>(hidden)), {rows, hidden}));
          break;
        case 8: pool.push_back(a + sum_to(tanh(c), {hidden}) * 0.2); break;
        case 9:
          pool.push_back(matmul(matmul(a, c, false, true), tanh(any())) * (0.3 / static_cast<double>(rows)));
          break;
        case 10:
          pool.push_back(matmul(tanh(a), matmul(a, tanh(c), true, false)) * (0.1 / static_cast<double>(rows)));
          break;
        case 11: {
          const std::int64_t cut = random.below(static_cast<std::uint32_t>(hidden + 1));
          const std::vector<Value> parts{slice(a, 1, cut, hidden), slice(c, 1, 0, cut)};
          pool.push_back(concat(parts, 1) + transpose(transpose(erf(a), {1, 0}), {1, 0}));
          break;
        }
        case 12: pool.push_back(relu(a)); break;
        case 13: pool.push_back(max(a, c)); break;
        case 14: pool.push_back(select(less(a, c), a, min(c, a * 0.5))); break;
        case 15: pool.push_back(a + gather(c, argmax(a))); break;
        case 16: pool.push_back(a + scatter_add(c, argmax(tanh(c)), rows)); break;
        default: pool.push_back(a - reduce_max(a)); break;
      }
    }
    Value total = mean(pool.back() * pool.back());
    for (std::size_t i = pool.size() - 1; i-- > 3;) total = total + mean(tanh(pool[i])) * 0.1;
    fn.output("loss", total);
  });
}

// Numbers for every input of a function, the same for the same seed; indices 0 .. 2.
inline std::vector<std::vector<double>> random_inputs(const Fn& fn, std::uint64_t seed, double low = -1,
                                                      double high = 1) {
  Random random(seed, "random inputs");
  std::vector<std::vector<double>> inputs;
  for (NodeId id : fn.graph.inputs()) {
    auto numbers = random_numbers(random, fn.graph[id].shape.size(), low, high);
    if (fn.graph[id].dtype == DType::kIndex)
      for (double& v : numbers) v = static_cast<double>(random.below(3));
    inputs.push_back(std::move(numbers));
  }
  return inputs;
}

}  // namespace limn::testing
