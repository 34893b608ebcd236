// How a step's weights, activations and gradients are spread, layer by layer. docs/protocol.md has the shapes.
#pragma once
#include <functional>

#include "experiment/live.hpp"
#include "lab/frame.hpp"

namespace limn::lab {

// The answer's "layers", "rows" and "split". `settle` gives the session the settings that count from its step on; the
// gradient of the step before is looked at first, for it may be lost then.
nlohmann::json histograms(Session& session, const Dataset& data, const std::function<void()>& settle);

// The same of the present step, the counts as arrays.
void draw_histograms(LiveRun& run, Frame& frame);

}  // namespace limn::lab
