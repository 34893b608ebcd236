// Which function goes down, and from where, as the settings say it.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "formula/zoo.hpp"
#include "train/settings.hpp"

namespace limn {

// What the settings' `function` says: a problem of the zoo by its name, or a formula with the settings' `constants`
// ("n=10; y=1, 2, 3"), and the point to start from. Error: neither, or a start of another dimension; the hint points at
// the character.
struct FunctionSpec {
  std::string formula;
  std::vector<std::string> variables;
  std::vector<double> start;
  std::optional<Problem> problem;  // of the zoo, if it is one
  FunctionGraph graph;
};
FunctionSpec function_of(const Settings& settings);

}  // namespace limn
