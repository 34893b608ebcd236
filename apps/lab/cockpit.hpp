// What an optimiser kept and did in the step that led here, as distributions. docs/protocol.md has the shapes.
#pragma once
#include <nlohmann/json.hpp>

#include "train/session.hpp"

namespace limn::lab {

// Of all parameters, or of one tensor of them, "layer1.w". Error: there is none; no step was taken, or it was not kept
// where it began.
nlohmann::json cockpit(Session& session, const std::string& tensor);

}  // namespace limn::lab
