// The instruction path of this process: chosen once and pinned, since bits differ between paths.
#pragma once
#include <string>
#include <vector>

namespace limn {

// "scalar", "sse4", "avx2", "avx512": those that this CPU has, slowest first.
std::vector<std::string> available_isas();

// Pins the path; "auto" takes the fastest. Call it before the first kernel runs. Error: unknown or not on this CPU.
void select_isa(const std::string& name);
std::string selected_isa();

}  // namespace limn
