// Formulas as people type them, "100*(y-x^2)^2 + (1-x)^2" or "sum(i=1..n, (x[i]-i)^2)", into a function's graph.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "formula/function.hpp"

namespace limn {

struct Formula {
  std::vector<std::string> variables;  // one a component of x: "x", "y"; or "x[1]", "x[2]"... of an indexed one
  FunctionGraph graph;
};

// `constants`: names that stand for a number or for a list ("n", "y"); a list is indexed from 1. `dimension`: of an
// indexed variable; 0: the largest index that occurs. Error: what is wrong, with the column (from 1) and a caret under
// the character in the hint.
Formula parse_formula(std::string_view text, const std::map<std::string, std::vector<double>>& constants = {},
                      std::int64_t dimension = 0);

}  // namespace limn
