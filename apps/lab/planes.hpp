// Networks of planes for a page: what their layers are, the maps that a sample becomes on its way, and the filters.
#pragma once
#include "lab/picture.hpp"
#include "nn/architecture.hpp"

namespace limn::lab {

// The layers that take or give planes, but dropout, in order: [{"name", "text", "activation", "in", "shape",
// "window"}...], docs/protocol.md.
nlohmann::json planes_json(const Network& network);

// The view `maps`. Error: a network without planes, no such sample, or numbers that are none.
void draw_maps(const nlohmann::json& view, LiveRun& run, Frame& frame);
// The view `filters`. Error: a network without convolutions.
void draw_filters(const nlohmann::json& view, LiveRun& run, Frame& frame);

}  // namespace limn::lab
