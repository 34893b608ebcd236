// How much of a number no function of the features can explain, estimated from rows that are alike.
#pragma once
#include "data/dataset.hpp"

namespace limn {

// The variance of the target's noise over the training rows in units of the target's own variance, 0 .. 1: half the
// mean squared difference between the targets of a row and its nearest neighbour (the delta test: Pi and Peterson,
// Neural Computation 6, 1994). Of many rows at most a thousand are compared, evenly taken; fewer of wide ones, so that
// it takes a fraction of a second. Needs targets and a table.
double noise_share(const Dataset& data);

}  // namespace limn
