// Formulas as people type them, "100*(y-x^2)^2 + (1-x)^2" or "sum(i=1..n, (x[i]-i)^2)", into a function's graph.
// docs/formulas.md has the language.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "formula/function.hpp"

namespace limn {

struct Formula {
  // One a component of x: "x", "y"; or "x[1]", "x[2]"... of an indexed one. In alphabetical order with numbers by their
  // size (a, b, x2, x10), whatever order they occur in.
  std::vector<std::string> variables;
  FunctionGraph graph;
};

using Constants = std::map<std::string, std::vector<double>, std::less<>>;

// `constants`: names that stand for a number (a list of one) or for a list ("n", "y"); a list is indexed from 1.
// `dimension`: of the indexed variable, at most 1,000,000, and then the constant n too, if there is none; 0: the
// largest index that occurs. Error: FormulaError (token.hpp): what is wrong, with the column (from 1), and in the hint
// a caret under the character.
Formula parse_formula(std::string_view text, const Constants& constants = {}, std::int64_t dimension = 0);

}  // namespace limn
