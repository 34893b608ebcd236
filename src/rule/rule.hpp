// First-order update rules over flat vectors, as graph. They must not know what is learned.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "graph/value.hpp"

namespace limn {

// Numbers given at every step, so that they can be changed while training. lr is one number, or one a parameter.
struct Hyper {
  Value lr, momentum, beta2, epsilon;
  bool bias_correction = true;  // of adam, amsgrad and adamw: averages that start at 0 are scaled up to be unbiased
};

// What a rule's settings are when nobody says otherwise.
struct HyperDefaults {
  double momentum = 0.9, beta2 = 0.999, epsilon = 1e-8;
};

// What a rule carries from step to step.
struct Moment {
  std::string_view name;             // names of states have a slash, those of parameters have none: "adam.m/layer1.w"
  std::string_view symbol, formula;  // as a reader writes it: "v" and "β₁·v + g", the old one on the right
  double initial = 0;
  bool is_scalar = false;  // one number instead of one a parameter

  Shape shape(std::int64_t parameters) const { return is_scalar ? Shape{} : Shape{parameters}; }
};

struct Update {
  Value theta;
  std::vector<Value> moments;
};

// A quantity that a reader of a rule's formula asks for, with its own formula: m̂ of Adam.
struct Line {
  std::string name, formula;
  Value value;
};

struct Rule {
  std::string_view name;
  std::string_view formula;  // in θ, g, η, β₁ (the setting momentum), β₂, ε, the moments' symbols and those of `lines`
  std::vector<Moment> moments;
  Update (*update)(Value theta, Value gradient, std::span<const Value> moments, const Hyper& hyper);
  HyperDefaults defaults = {};
  bool decoupled = false;  // weight decay shrinks the weights themselves, apart from the gradient
  // What stands in the formula and is neither a moment nor given; `after` are the moments that the update left. For
  // people: no training has it in its graph. Null: nothing.
  std::vector<Line> (*lines)(Value gradient, std::span<const Value> before, std::span<const Value> after,
                             const Hyper& hyper) = nullptr;
};

std::span<const Rule> rules();                 // one row each in rule.cpp
const Rule& find_rule(std::string_view name);  // Error: unknown, naming those there are

// An update with weight decay: decay * (mask * theta) is added to the gradient (L2), or, where the rule is decoupled,
// theta shrinks by lr times it before the rule's step (Loshchilov and Hutter 2019, algorithm 2).
Update update_with_decay(const Rule& rule, Value theta, Value gradient, std::span<const Value> moments,
                         const Hyper& hyper, Value mask, Value decay);

}  // namespace limn
