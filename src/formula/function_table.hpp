// The functions that formulas call: their names, how many arguments they take, what they are.
#pragma once
#include <span>
#include <string>
#include <string_view>

#include "formula/operand.hpp"

namespace limn {

bool is_function(std::string_view name);
std::string function_names();                                               // "abs, acos, ..." for errors
std::string usage(std::string_view name);                                   // "atan2(y, x)"
std::string wrong_arguments(std::string_view name, std::size_t arguments);  // empty: as many as it takes

// The function's value; as many arguments as it takes.
Operand call_function(Operands& on, std::string_view name, std::span<const Operand> arguments);

}  // namespace limn
