// First-order update rules over flat vectors, as graph; and the schedules of their rate. They must not know what is
// learned.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "graph/value.hpp"

namespace limn {

// Scalars given at every step, so that they can be changed while training.
struct Hyper {
  Value lr, momentum, beta2, epsilon;
};

struct Update {
  Value theta;
  std::vector<Value> moments;
};

struct Rule {
  std::string_view name;
  std::vector<std::string_view> moments;  // vectors it carries from step to step, from 0
  Update (*update)(Value theta, Value gradient, std::span<const Value> moments, const Hyper& hyper);
};

std::span<const Rule> rules();                 // sgd, momentum, nesterov, adam
const Rule& find_rule(std::string_view name);  // Error: unknown, naming those there are

// The factor of the rate after `step` finished steps of `total`: constant 1, or cosine 0.5 (1 + cos(pi step / total))
// (Loshchilov and Hutter 2017, equation 5, without restarts). Error: an unknown schedule.
double schedule_factor(std::string_view schedule, std::int64_t step, std::int64_t total);

}  // namespace limn
