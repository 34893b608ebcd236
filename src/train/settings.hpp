// The typed settings of a training, as the experiments declare them and the session uses them. What is off by default
// costs nothing: it is not in the graph.
#pragma once
#include <cstdint>
#include <string>

namespace limn {

struct Settings {
  std::string arch;                    // "dense 512 relu | dropout 0.2 | dense 10"
  std::string loss = "cross-entropy";  // a row of train/loss.cpp
  double label_smoothing = 0;          // cross-entropy: this much of every label is spread over all classes
  bool balanced_classes = false;       // cross-entropy: a class counts by 1 / its rows
  double delta = 1;                    // huber: where it becomes a line, in deviations of the target
  double quantile = 0.5;               // quantile
  bool reconstruct = false;            // the target of a row is the row itself, whatever the data's own target is
  std::string init = "he";             // an initialiser of nn/parameters.hpp
  std::string optimizer = "adam";  // a row of rule/rule.cpp, or a minimiser: a name of methods() (optim/minimiser.hpp)
  double lr = 1e-3;
  double momentum = 0.9;  // of momentum and nesterov; Adam's beta1
  double beta2 = 0.999;
  double epsilon = 1e-8;
  bool bias_correction = true;  // of adam, amsgrad and adamw

  // Of minimisers; 0: chosen.
  std::string line_search = "suited";  // suited, backtracking, wolfe, hager-zhang
  double c1 = 1e-4, c2 = 0;            // sufficient decrease, curvature
  std::string cg_update = "pr+";
  std::int64_t cg_restart = 0, memory = 20, inner_steps = 250;
  double damping = 0, radius = 0;
  double gradient_tolerance = 1e-6;  // of the largest number of the gradient; 0: it never stops for that
  double batch_growth = 1;           // the batch of step k is batch times this to the power of k, up to all rows

  double weight_decay = 0;  // of the weights, not of the biases: L2, or apart from the gradient as the rule has it
  double l1 = 0;            // this times the sign of every weight is added to its gradient
  double max_norm = 0;      // the largest length of a unit's incoming weights; 0: any
  double clip = 0;          // the largest length of the whole gradient; 0: any
  double clip_value = 0;    // the largest size of each of its numbers; 0: any

  std::string freeze = {}, cut = {}, lr_scale = {};  // selections, see train/selection.hpp

  std::string schedule = "constant";  // a row of rule/schedule.cpp, whose Schedule has these too
  std::int64_t warmup = 0, drop_every = 0;
  double drop = 0.1, power = 2;
  std::int64_t patience = 5;    // plateau: evaluations without a lower validation loss before the rate drops
  std::int64_t early_stop = 0;  // evaluations without a lower validation loss before the training stops; 0: never

  // Of a function instead of a network: a problem's name or a formula (empty: a network), what its names stand for
  // ("n=10; a=1.5"), where it starts ("-1.2, 1"; empty: where the problem does, else 0), and how strong a gradient's
  // noise is (train/descent.hpp).
  std::string function = {}, constants = {}, start = {};
  double noise = 0;

  std::string augment = "none";  // how training rows are varied, see data/augment.hpp
  std::int64_t batch = 128;
  std::int64_t accumulate = 1;   // batches a step takes the mean gradient of
  std::int64_t total_steps = 0;  // the length that schedules are drawn for; at least 1

  friend bool operator==(const Settings&, const Settings&) = default;
};

}  // namespace limn
