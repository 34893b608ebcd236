// The pictures of a run's present state: what a page draws, in few bytes.
// It must not know clients, threads or the clock.
#pragma once
#include "experiment/live.hpp"
#include "lab/frame.hpp"

namespace limn::lab {

// Adds the view's arrays and head fields to the frame. Error: no such view, or one that this run's data do not have.
void draw(const nlohmann::json& view, LiveRun& run, Frame& frame);

// A whole number among a view's options. Error: it is none, or out of range.
std::int64_t option(const nlohmann::json& view, const char* name, std::int64_t initial, std::int64_t low,
                    std::int64_t high);

// Samples of a table over two features, raw: {"x": [...], "y": [...], "label": [...], "target": [...], "split": [...]}, at most 2000.
nlohmann::json points(const LiveRun& run, std::int64_t x, std::int64_t y);

// What the network says of one raw sample. Error: another count of numbers, or one that is not finite.
nlohmann::json predict_one(LiveRun& run, std::vector<float> raw);

}  // namespace limn::lab
