// An unrolled LSTM that reads indices and predicts the next one, with its gradient: long plans for tests and
// benchmarks.
#pragma once
#include "autodiff/autodiff.hpp"
#include "graph/fn.hpp"
#include "nn/layer.hpp"
#include "nn/loss.hpp"
#include "nn/recurrent.hpp"

namespace limn::testing {

struct LstmSize {
  std::int64_t time, batch, inputs, hidden, outputs;
  std::int64_t parameters() const { return (inputs + hidden + 1) * 4 * hidden + (hidden + 1) * outputs; }
};

// Inputs: theta (state: one step of plain gradient descent), x [time * batch, inputs], h and c (states) [batch,
// hidden], y [time * batch], rate. Outputs: loss, gradient.
inline Fn lstm_fn(const LstmSize& s) {
  return trace([&](Fn& f) {
    const Value theta = input(f.graph, "theta", {s.parameters()});
    const Value x = input(f.graph, "x", {s.time * s.batch, s.inputs});
    const Value h0 = input(f.graph, "h", {s.batch, s.hidden}), c0 = input(f.graph, "c", {s.batch, s.hidden});
    const Value y = input(f.graph, "y", {s.time * s.batch}, DType::kIndex), rate = input(f.graph, "rate", {});
    std::int64_t used = 0;
    auto parameter = [&](Shape shape) {
      used += shape.size();
      return reshape(slice(theta, 0, used - shape.size(), used), shape);
    };
    const Value w = parameter({s.inputs, 4 * s.hidden}), u = parameter({s.hidden, 4 * s.hidden});
    const Value b = parameter({4 * s.hidden}), v = parameter({s.hidden, s.outputs}), d = parameter({s.outputs});
    const Value projected = dense(x, w, b);
    CellState cell{h0, c0};
    std::vector<Value> shown;
    for (std::int64_t t = 0; t < s.time; ++t) {
      const Scope scope(f.graph, fmt::format("t={}", t));
      cell = lstm_cell(slice(projected, 0, t * s.batch, (t + 1) * s.batch) + matmul(cell.h, u), cell.c);
      shown.push_back(cell.h);
    }
    const Value loss = mean(softmax_cross_entropy(dense(concat(shown, 0), v, d), y)), gradient = grad(loss, theta);
    f.output("loss", loss);
    f.output("gradient", gradient);
    f.state(theta, theta - rate * gradient);
    f.state(h0, cell.h);
    f.state(c0, cell.c);
  });
}

}  // namespace limn::testing
