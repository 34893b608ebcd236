// The oracle: runs a function node by node in float64, slowly and obviously. Plans are tested against it.
#pragma once
#include <cstdint>
#include <set>
#include <span>
#include <vector>

#include "graph/fn.hpp"

namespace limn {

struct RunPoint {
  std::uint64_t seed = 1, step = 1;
};

// A function of which any node can be asked for, and any node given instead of computed. It computes what is asked for
// and no more, once. The function may grow meanwhile, and must outlive it.
class Interpreter {
 public:
  using Numbers = std::vector<double>;  // [shape...] of a node, row-major; indices as doubles

  explicit Interpreter(const Fn& fn, RunPoint point = {});
  void give(NodeId id, Numbers numbers);  // an input, or any other node; what depends on it is computed anew
  const Numbers& value(NodeId id);
  // How far float32 may be from value(id) at most, element by element, if what was given is exact: the rounding of
  // every operation, carried on by the operations behind it (running error analysis; Higham 2002, section 3.3). The
  // rounding of a sum of n numbers is at most n units, and for large n 6 sqrt(n) of them with all but certainty (Higham
  // and Mary 2019, theorem 3.1).
  const Numbers& rounding(NodeId id);

 private:
  void grow();  // as the function did
  Numbers evaluate(const Node& node) const;
  Numbers error(const Node& node) const;
  Numbers pointwise_error(const Node& node) const;
  Numbers move(const Node& node, const std::vector<Numbers>& values) const;  // and slice, pad, concat, sum_to...
  Numbers matmul(const Node& node, const Numbers& left, const Numbers& right) const;
  Numbers convolve(const Node& node, const Numbers& left, const Numbers& right) const;
  Numbers over_windows(const Node& node, const Numbers& x) const;
  Numbers over_planes(const Node& node, const Numbers& x) const;
  Numbers by_index(const Node& node, const Numbers& table) const;  // gather, scatter_add
  const Numbers& in(const Node& node, int i) const { return values_[static_cast<std::size_t>(node.in[i])]; }

  const Graph& graph_;
  RunPoint point_;
  std::vector<Numbers> values_, roundings_;  // empty: not known yet
  std::set<NodeId> given_;
};

// What the rounding of a sum of n numbers is at most, in units of float32's half unit in the last place.
double units_of_sum(double n);

// Values of all nodes for the inputs, in the order of Graph::inputs().
std::vector<std::vector<double>> interpret_all(const Fn& fn, std::span<const std::vector<double>> inputs,
                                               RunPoint point = {});

// Values of the outputs alone.
std::vector<std::vector<double>> interpret(const Fn& fn, std::span<const std::vector<double>> inputs,
                                           RunPoint point = {});

}  // namespace limn
