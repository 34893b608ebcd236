#include "exec/chunk.hpp"

#include "exec/step.hpp"

namespace limn {

std::vector<int> chunks_of(const Plan& plan) {
  float nowhere = 0;  // the steps are bound, and never run
  const RunPoint point;
  std::vector<int> chunks;
  for (const Step& step : plan.steps) chunks.push_back(bind(step, [&](Place) { return &nowhere; }, &point).chunks);
  return chunks;
}

}  // namespace limn
