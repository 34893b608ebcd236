// Where a number comes from: the rule that made it and the numbers that the rule was given, each of which can be asked
// for again. The sum is made here in float64 from those numbers, beside the engine's own.
#pragma once
#include <functional>
#include <nlohmann/json.hpp>

#include "train/session.hpp"

namespace limn::lab {

// What docs/protocol.md has of a receipt beside the number itself: "receipt" and, of a derivative, "central"; or
// "receipt": null and "why". The number `value` is of a session that stands at its step, with its last step's gradient.
// `before` gives a session of the same run one step earlier, and is empty at the run's beginning.
nlohmann::json receipt(Session& session, const Dataset& data, const std::function<Session&()>& before,
                       const std::string& name, float value);

}  // namespace limn::lab
