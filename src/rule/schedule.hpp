// Schedules: the factor of the learning rate as a function of the number of finished steps, never of the time.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace limn {

struct Schedule {
  std::string name = "constant";
  std::int64_t total = 0;       // the length that it is drawn for, steps
  std::int64_t warmup = 0;      // steps; the schedule itself takes what is left of the length
  std::int64_t drop_every = 0;  // step and exponential: steps; 0 is a third of the length
  double drop = 0.1;            // what a drop leaves of the rate: step, exponential, plateau
  double power = 2;             // polynomial
  double drops = 0;             // plateau: how many there have been
};

// Names of the schedules; s is done / total:
//   constant     1
//   cosine       (1 + cos(pi s)) / 2                     (Loshchilov and Hutter 2017, equation 5, without restarts)
//   linear       1 - s
//   polynomial   (1 - s)^power                           (Chen et al. 2018, "poly")
//   step         drop^floor(done / drop_every)
//   exponential  drop^(done / drop_every)
//   one-cycle    cosine from 1/25 up to 1 at 0.3, and down to 1/250000 at the end  (Smith and Topin 2018)
//   range        1e-6^(1 - s): up by equal factors, to see at which rates the loss falls  (Smith 2017, section 3.3)
//   plateau      drop^drops, counted by whoever measures the validation loss
std::span<const std::string_view> schedules();
void check_schedule(std::string_view name);  // Error: unknown, naming those there are

// The factor after `step` finished steps. During warm-up it is (step + 1) / (warmup + 1) (Goyal et al. 2017, gradual).
// Behind the end it stays what it is there.
double schedule_factor(const Schedule& schedule, std::int64_t step);

}  // namespace limn
