// One step of a plan bound to memory: how many chunks it has and the function that runs one. Private to exec/.
#pragma once
#include <functional>
#include <memory>

#include "exec/interpreter.hpp"
#include "plan/plan.hpp"

namespace limn {

struct BoundStep {
  int chunks = 1;
  void (*run)(const void* context, int chunk) = nullptr;
  std::shared_ptr<const void> context;
  double microseconds = 0;  // estimated, all chunks on one thread
};

BoundStep bind(const Step& step, const std::function<float*(Place)>& address, const RunPoint* point);

}  // namespace limn
