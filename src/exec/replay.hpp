// Evaluates a function in float64 again and again, at points that change: every node has its place in memory before the
// first evaluation, and what depends on nothing that changed is not computed again. Its numbers are the Interpreter's,
// bit by bit. For minimisers of functions, not for training: there is one thread, and no fusion.
#pragma once
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "graph/fn.hpp"

namespace limn {

class Replay {
 public:
  using Given = std::pair<NodeId, std::vector<double>>;

  // `variables`: the inputs that change between evaluations, at most 8; `given`: the other inputs. `goals`: what is
  // asked for. With `batch` b every variable holds b points, one behind the other, and so does every goal. The function
  // is not needed any more afterwards. Broken invariant: an operation that it does not know (random numbers, choices by
  // index), or an input that is neither variable nor given.
  Replay(const Fn& fn, std::span<const NodeId> variables, std::span<const Given> given, std::span<const NodeId> goals,
         std::int64_t batch = 1);

  // Variable i gets these numbers, [batch, shape...]. The same numbers again change nothing.
  void set(std::size_t i, std::span<const double> numbers);
  // Goal i, [batch, shape...]; valid until the next set().
  std::span<const double> goal(std::size_t i);

 private:
  struct Step {
    Op op;
    std::uint8_t depends;  // bit i: on variable i
    bool stale = true;
    NodeId id;
    const double *a = nullptr, *b = nullptr, *c = nullptr;
    double* y = nullptr;
    std::int64_t in = 0, size = 0;                // elements of input 0 and of the output, of one point
    std::int64_t rows = 0, inner = 0, width = 0;  // matmul; gather and scatter_add: rows of the table, their width
    bool transpose_a = false, transpose_b = false;
    std::vector<const double*> parts;  // concat
    std::vector<std::int64_t> part_sizes;
    std::vector<std::int64_t> at;  // where elements come from or go to
  };
  struct Goal {
    std::vector<std::size_t> steps;
    const double* numbers;
    std::int64_t size;
  };

  double* room(NodeId id, std::int64_t size);
  Step step_of(const Graph& graph, NodeId id);
  void run(const Step& step) const;
  void move(const Step& step) const;
  void multiply(const Step& step) const;
  void by_index(const Step& step) const;

  std::int64_t batch_;
  std::vector<std::vector<double>> memory_;  // of a node, where it has its own
  std::vector<const double*> place_;         // of every node that is needed
  std::vector<std::uint8_t> depends_;
  std::vector<NodeId> variables_;
  std::vector<Step> steps_;
  std::vector<Goal> goals_;
};

}  // namespace limn
