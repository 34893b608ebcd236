// Places for values that live from one stage to another, so that values that never live together share memory.
#pragma once
#include <cstdint>
#include <vector>

namespace limn {

struct Lifetime {
  std::int64_t floats = 0;
  int first = 0, last = 0;  // stages, both included
  std::int64_t offset = 0;  // the answer: a multiple of 16 floats
};

// Fills the offsets by best fit and returns how many floats the arena needs.
std::int64_t lay_out(std::vector<Lifetime>& values);

}  // namespace limn
