#include "nn/recurrent.hpp"

namespace limn {

CellState lstm_cell(Value z, Value c) {
  const std::int64_t hidden = c.shape()[-1];
  auto gate = [&](int i) { return slice(z, 1, i * hidden, (i + 1) * hidden); };
  const Value i = sigmoid(gate(0)), f = sigmoid(gate(1)), g = tanh(gate(2)), o = sigmoid(gate(3));
  const Value next = f * c + i * g;
  return {o * tanh(next), next};
}

}  // namespace limn
