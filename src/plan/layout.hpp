// What a plan spends on carrying numbers to another place or another order of their axes, where nothing is computed.
#pragma once
#include <string_view>

#include "plan/plan.hpp"

namespace limn {

struct Carried {
  std::int64_t steps = 0;
  double bytes = 0;  // read and written
};
struct LayoutCost {
  Carried activations;  // whatever depends on the data and has a row for each of theirs, transposed, repeated or copied
  Carried weights;      // whatever does not, transposed
};

// fn: what the plan was compiled from; data: the name of its input whose rows are the batch.
LayoutCost layout_cost(const Plan& plan, const Fn& fn, std::string_view data);

}  // namespace limn
