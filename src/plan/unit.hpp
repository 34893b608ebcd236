// Units: what will become one step each. Pointwise nodes are grouped into tile programs, groups that feed each other
// are merged, and a group that reads a matrix product becomes its epilogue. It must not know where memory lies.
#pragma once
#include <vector>

#include "graph/fn.hpp"
#include "plan/plan.hpp"

namespace limn {

// The memory behind a value: `offset` elements into what `root` stores.
struct View {
  NodeId root;
  std::int64_t offset;
};

struct Unit {
  StepKind kind;
  std::vector<NodeId> nodes{};            // members of a tile program in order; else the one node
  NodeId contraction = kNoNode;           // the matrix product that the tile program is the epilogue of
  std::vector<NodeId> sums{};             // over the rows of what it makes or, of a tile program, reads
  std::vector<NodeId> reads{}, writes{};  // roots in memory
  std::vector<int> after{};               // units that must be done before
  int stage = 0;
};

struct Units {
  std::vector<Unit> list;
  std::vector<View> view;                   // of every node
  std::vector<std::vector<int>> producers;  // of every root: the units that write it (several for a concat)
};

// How a pointwise node of shape `shape` reads its input: inside the program, a number, or memory along a walk.
struct Access {
  bool is_constant = false;
  double value = 0;
  bool direct = false;  // the input node itself, same shape: may be computed in the same program
  Walk walk = Walk::kFull;
  View view{kNoNode, 0};
  std::int64_t pitch = 0;  // kFull: of the rows of a slice of columns, else 0
};
Access access_of(const Graph& graph, const std::vector<View>& views, NodeId in, const Shape& shape);

Units group(const Fn& fn);

// Fills `after` and `stage` of every unit: data first, then in-place updates behind all readers of the old value.
// Returns which states can be updated in place (the others need a copy at the end).
std::vector<bool> schedule(const Fn& fn, Units& units);

}  // namespace limn
