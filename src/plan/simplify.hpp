// Passes from graph to graph: dead code, constant folding, sums of disjoint pads as one concat, sums of products as one
// product, transposed right-hand sides as a transpose of their own, copies where an output is the old value of a state.
// Each rebuilds the live part; hash-consing then merges what became equal.
#pragma once
#include <utility>

#include "graph/fn.hpp"

namespace limn {

// `origin[new node] = node of fn` tells what a node of the result stands for.
Fn simplify(const Fn& fn, std::vector<NodeId>& origin);

// A pass of simplify's: sums of products with one destination as one product over a longer K.
Fn join_products(const Fn& fn, std::vector<NodeId>& origin);

// The last run of axes that sum_to sums from one shape to another, as [first, end): axes of size 1 do not break a run.
std::pair<int, int> last_summed_run(const Shape& from, const Shape& to);

}  // namespace limn
