// Recurrent cells: one step in time, as graph.
#pragma once
#include "graph/value.hpp"

namespace limn {

struct CellState {
  Value h, c;  // [batch, hidden]: what the cell shows, and what it remembers
};

// One step of an LSTM with a forget gate (Hochreiter and Schmidhuber 1997; Gers, Schmidhuber and Cummins 2000).
// z [batch, 4 hidden]: x W + h U + b, the gates side by side in the order input, forget, candidate, output.
CellState lstm_cell(Value z, Value c);

}  // namespace limn
