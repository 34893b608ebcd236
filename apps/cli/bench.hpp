// What `limn bench` is made of besides trainings.
#pragma once
#include "cli/command.hpp"

namespace limn::cli {

// Every minimiser on the 31 classical problems: a line a method, with --json also one a problem. Counts are the same on
// every machine; the time is one thread's.
void bench_optim(const Common& common);

}  // namespace limn::cli
