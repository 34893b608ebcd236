// What a step of an update rule did to every parameter, as people look at it: in float64, from what the step was given
// and what it left. It must not know steps or files.
#pragma once
#include <map>
#include <span>
#include <string>
#include <vector>

#include "exec/interpreter.hpp"
#include "nn/parameters.hpp"
#include "train/settings.hpp"

namespace limn {

struct UpdatePart {
  std::string name, symbol, formula;  // "adam.v̂", "v̂", "v/(1 − β₂ᵗ)"
  std::vector<double> values;         // [parameters]
};

// What a step was given, by name as add_update() has it (update.hpp), and its mean gradient; and what it left.
struct UpdateGiven {
  const std::map<std::string, std::vector<float>>& before;
  std::span<const float> gradient, theta;                 // [parameters]
  std::map<std::string, std::span<const float>> moments;  // by input_name()
  RunPoint point;
};

// "step", what was added to each parameter; "rate", what it learned with: lr/(√v̂ + ε) where the rule has a v̂, else
// |step|/|g|, of a gradient of 0 NaN; and what the rule's formula names beside its moments, by the moments as they were
// left.
std::vector<UpdatePart> look_at_update(const Parameters& parameters, const Settings& settings,
                                       const UpdateGiven& given);

}  // namespace limn
