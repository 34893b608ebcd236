// What happens to the parameters at the end of a step, as graph: clipping, decay, the rule, constraints, masks. What is
// switched off is not in the graph.
#pragma once
#include "graph/fn.hpp"
#include "nn/parameters.hpp"
#include "rule/rule.hpp"
#include "train/settings.hpp"

namespace limn {

// What of the settings decides which graph is made; everything else is given to it at run time.
struct Switches {
  bool decay, l1, max_norm, clip, clip_value, cut, hold, lr_scale, bias_correction;
  friend bool operator==(const Switches&, const Switches&) = default;
};
Switches switches_of(const Settings& settings);

// theta without what is cut: where the input `alive` [parameters] is 0 it is 0.
Value without_cut(Value theta, const Switches& on);

// The rate of a step behind so many: lr times the factor of the schedule; `drops` of plateau.
float learning_rate(const Settings& settings, std::int64_t step, double drops = 0);

std::string input_name(const Moment& moment);  // "moment/NAME": some are named like a setting

// What a reader of an update asks for, as values of its graph.
struct Explained {
  std::vector<Line> lines;  // in the order of their making, the rule's moments among them
  Value theta;              // as the update leaves it
  std::vector<Value> made;  // moments as the rule makes them
  std::vector<Value> left;  // and as the update leaves them
};

// Adds the update of `theta` (the input, [parameters]) and of the rule's moments to fn, as states. `used` is what the
// step computed with (without_cut), `gradient` its mean gradient. In this order:
//   clip_value   every number of the gradient to [-clip_value, clip_value]
//   clip         the gradient times min(1, clip / |gradient|)                  (Pascanu et al. 2013, algorithm 1)
//   l1           + l1 sign(theta), of weights
//   decay        weight_decay theta, of weights; coupled or not as the rule says
//   the rule     with its rate times lr_scale
//   max_norm     every unit's incoming weights w times min(1, max_norm / |w|)  (Srivastava et al. 2014, section 5.1)
//   hold         where `learns` is 0, the parameter and its moments stay as they were, bit for bit
// Inputs by name: the moments; lr, momentum, beta2, epsilon; where they are switched on weights [parameters] (1 for
// weights, 0 for biases), weight_decay, l1, max_norm, clip, clip_value, learns, lr_scale [parameters].
// With `explained` the parameters may be a part of all, a unit's whole weights at least: the square of the gradient's
// length is then the input "squares".
void add_update(Fn& fn, const Parameters& parameters, const Settings& settings, Value theta, Value used, Value gradient,
                Explained* explained = nullptr);

}  // namespace limn
