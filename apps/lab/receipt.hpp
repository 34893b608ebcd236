// Where a number comes from: the rule that made it and the numbers that the rule was given, each of which can be asked
// for again. The sum is made here in float64 from those numbers, beside the engine's own.
#pragma once
#include <functional>
#include <nlohmann/json.hpp>

#include "train/session.hpp"

namespace limn::lab {

// {"formula", "terms": [{"of": [{"name", "step", "value", "hex"}...], "product"}...], "count", "rest", "factor":
// {"name", "value"}, "total", "relative"} of a number of a session that stands at its step. `before` gives a session of
// the same run one step earlier, and is empty at the run's beginning. Null where no such rule is written down here:
// normalised layers, cut weights, other losses and optimisers.
nlohmann::json receipt(Session& session, const Dataset& data, const std::function<Session&()>& before,
                       const std::string& name, float value);

}  // namespace limn::lab
