// Where a number stands in what was built: the word of the architecture, the nodes of the graph. It must not know
// values.
#pragma once
#include <nlohmann/json.hpp>

#include "experiment/live.hpp"

namespace limn::lab {

// ORIGIN of docs/protocol.md without "run". Error: there is no such quantity.
nlohmann::json origin(LiveRun& live, const std::string& name);

}  // namespace limn::lab
