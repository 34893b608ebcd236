// Runs a function by a plan in float32 and gives its outputs (and states after it), to compare with the interpreter.
#pragma once
#include <cmath>
#include <cstring>
#include <vector>

#include "exec/executable.hpp"

namespace limn::testing {

struct Planned {
  std::vector<std::vector<float>> outputs, inputs;  // inputs: after the run, so with updated states
};

inline Planned run_planned(const Fn& fn, const std::vector<std::vector<double>>& inputs, RunPoint point = {},
                           int threads = 1) {
  ThreadPool pool(threads);
  std::vector<AlignedFloats> memory;
  std::vector<void*> pointers;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    memory.emplace_back(inputs[i].size());
    const bool index = fn.graph[fn.graph.inputs()[i]].dtype == DType::kIndex;
    for (std::size_t k = 0; k < inputs[i].size(); ++k) {
      const auto whole = static_cast<std::int32_t>(index ? inputs[i][k] : 0);
      if (index)
        std::memcpy(memory.back().data() + k, &whole, sizeof whole);
      else
        memory.back().data()[k] = static_cast<float>(inputs[i][k]);
    }
    pointers.push_back(memory.back().data());
  }
  Executable executable(fn, pointers);
  executable.run(pool, point);
  Planned planned;
  for (std::size_t i = 0; i < fn.outputs.size(); ++i) {
    const auto span = executable.output(i);
    planned.outputs.emplace_back(span.begin(), span.end());
  }
  for (const AlignedFloats& m : memory) planned.inputs.emplace_back(m.data(), m.data() + m.size());
  return planned;
}

// |a - b| / max(|b|, least), by Euclidean norms; infinite where one is not finite and the other is.
template <class A, class B>
double relative_distance(const A& a, const B& b, double least = 1e-3) {
  double difference = 0, size = 0;
  if (a.size() != b.size()) return INFINITY;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference += (a[i] - b[i]) * (a[i] - b[i]);
    size += static_cast<double>(b[i]) * b[i];
  }
  const double distance = std::sqrt(difference) / std::max(std::sqrt(size), least);
  return std::isnan(distance) ? INFINITY : distance;
}

}  // namespace limn::testing
