// One step of a plan bound to memory: how many chunks it has and the function that runs one. Private to exec/.
#pragma once
#include <functional>
#include <memory>
#include <vector>

#include "exec/interpreter.hpp"
#include "plan/plan.hpp"

namespace limn {

struct BoundStep {
  int chunks = 1;
  void (*run)(const void* context, int chunk) = nullptr;
  std::shared_ptr<const void> context;
  double microseconds = 0;  // estimated, all chunks on one thread
};

class Convolver;

// The convolvers of a plan, each with the memory it works in: steps of one geometry share one, unless they stand in the
// same stage and may run side by side.
struct Convolvers {
  struct Entry {
    std::shared_ptr<const Convolver> convolver;
    const Step* last;  // that took it
  };
  std::vector<Entry> list;
};

// Steps are bound in the order of their stages, and stay where they are as long as `convolvers` is added to; null: none
// are shared.
BoundStep bind(const Step& step, const std::function<float*(Place)>& address, const RunPoint* point,
               Convolvers* convolvers = nullptr);

}  // namespace limn
