// The oracle: runs a function node by node in float64, slowly and obviously. Plans are tested against it.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "graph/fn.hpp"

namespace limn {

struct RunPoint {
  std::uint64_t seed = 1, step = 1;
};

// Values of all nodes for the inputs, in the order of Graph::inputs(), each [shape...] row-major; indices as doubles.
std::vector<std::vector<double>> interpret_all(const Fn& fn, std::span<const std::vector<double>> inputs,
                                               RunPoint point = {});

// Values of the outputs alone.
std::vector<std::vector<double>> interpret(const Fn& fn, std::span<const std::vector<double>> inputs,
                                           RunPoint point = {});

}  // namespace limn
