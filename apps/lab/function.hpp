// What pages show of a run of a function: what it is, its values over a plane, and how momentum fares at every rate.
#pragma once
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "experiment/live.hpp"
#include "train/descent.hpp"

namespace limn::lab {

// {"formula", "variables", "problem", "start", "minima": [{"value", "global", "x"}], "window": [x0, x1, y0, y1] or
// null}
nlohmann::json function_json(const FunctionSpec& function);

using Query = std::map<std::string, std::string>;

// The function at [height, width] points, float32, lowest row first: x from x0 to x1, y from y0 to y1 (the first two
// variables, the others where the run stands). At most 512 points a side. Error: no such range, or one variable alone.
std::string plane(LiveRun& run, const Query& query);

// log10 of f after `steps` steps of momentum over f at the start (both above the lowest minimum that is listed),
// float32 [height, width]: rates from lr0 to lr1 by equal factors along a row, momentum from 0 to `most` up the rows;
// +inf where it diverges. At most 96 points a side and 500 steps.
std::string phase(LiveRun& run, const Query& query);

}  // namespace limn::lab
