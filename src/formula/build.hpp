// From the tree of a formula to its graph, once it is known which names are variables and where they lie in x.
#pragma once
#include <map>
#include <string>
#include <string_view>

#include "formula/formula.hpp"
#include "formula/operand.hpp"
#include "formula/syntax.hpp"

namespace limn {

// Where a variable's components lie in x.
struct VariablePlace {
  bool indexed = false;
  std::int64_t first = 0, size = 1;
  std::int64_t largest = 0;  // index that occurs
};
using VariablePlaces = std::map<std::string, VariablePlace, std::less<>>;

constexpr std::int64_t kLargestIndex = 1'000'000;

// `places`: every variable that occurs; their `largest` are filled in. Error: FormulaError.
FunctionGraph build(const Term& formula, std::string_view text, const Constants& constants, VariablePlaces& places);

}  // namespace limn
