// Into how many chunks each step of a plan is cut: by its shapes alone, never by the number of threads.
#pragma once
#include <vector>

#include "plan/plan.hpp"

namespace limn {

std::vector<int> chunks_of(const Plan& plan);  // of every step; on the selected instruction path

}  // namespace limn
