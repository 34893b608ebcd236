// The typed settings of a training, as the experiments declare them and the session uses them.
#pragma once
#include <cstdint>
#include <string>

namespace limn {

struct Settings {
  std::string arch;                    // "dense 512 relu | dropout 0.2 | dense 10"
  std::string loss = "cross-entropy";  // cross-entropy (softmax, or logistic on one output), squared
  std::string init = "he";             // he, glorot
  std::string optimizer = "adam";      // sgd, momentum, nesterov, adam
  std::string schedule = "constant";   // constant, cosine
  double lr = 1e-3;
  double momentum = 0.9;  // of momentum and nesterov; Adam's beta1
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0;  // L2: added to the gradient of the weights, not of the biases
  std::int64_t batch = 128;
  std::int64_t total_steps = 0;  // the length the cosine schedule is drawn for; at least 1
};

}  // namespace limn
