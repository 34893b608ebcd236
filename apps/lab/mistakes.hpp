// The rows of a split that a network is most wrong about. docs/protocol.md has the shapes.
#pragma once
#include "experiment/live.hpp"
#include "lab/frame.hpp"

namespace limn::lab {

// {"split", "rows", "of", "wrong", "samples"}. The wish has the options of the view `mistakes`. Error: an option is out
// of range, or filters by classes where there are none.
nlohmann::json mistakes(const nlohmann::json& wish, Session& session, const Dataset& data);

// The same of the present step as arrays, with what the samples look like.
void draw_mistakes(const nlohmann::json& view, LiveRun& run, Frame& frame);

}  // namespace limn::lab
