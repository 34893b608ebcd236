// The tables that the zoo is made of.
#pragma once
#include <string_view>
#include <vector>

#include "formula/zoo.hpp"

namespace limn {

// A problem of any dimension: the numbers behind `stem` in its name.
struct ProblemFamily {
  std::string_view stem;               // "penalty1-": the name is "penalty1-10"
  std::int64_t least, most, multiple;  // of the dimension
  Problem (*make)(std::int64_t n);     // all but name; minima empty where they are not known for this n
};

std::vector<Problem> classical_problems();  // of fixed dimension
std::span<const ProblemFamily> problem_families();
std::vector<Problem> landscapes();  // two variables, and saddles

}  // namespace limn
