// How a kind of step becomes chunks to run: what the files that bind steps share. Private to exec/.
#pragma once
#include <algorithm>
#include <functional>
#include <memory>

#include "exec/step.hpp"

namespace limn {

using Address = std::function<float*(Place)>;

// Makes a bound step of a type with `void run(int chunk) const`.
template <class Task>
BoundStep bound(Task task, int chunks) {
  BoundStep step;
  step.chunks = chunks;
  step.context = std::make_shared<Task>(std::move(task));
  step.run = [](const void* context, int chunk) { static_cast<const Task*>(context)->run(chunk); };
  return step;
}

// Chunk i of n elements cut into `chunks`, at multiples of `grain`.
inline std::int64_t cut(std::int64_t n, int i, int chunks, std::int64_t grain) {
  return i == chunks ? n : n * i / chunks / grain * grain;
}

// As many chunks as there is work for, at least `least` elements each and at most eight.
inline int chunks_for(std::int64_t elements, std::int64_t least) {
  return static_cast<int>(std::clamp<std::int64_t>(elements / least, 1, 8));
}

BoundStep bind_convolution(const Step& step, const Address& address, Convolvers* convolvers);  // exec/window_step.cpp
BoundStep bind_windows(const Step& step, const Address& address);
BoundStep bind_planes(const Step& step, const Address& address);

}  // namespace limn
