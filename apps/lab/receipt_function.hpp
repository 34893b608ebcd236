// Receipts of the numbers of a function that goes down: the point as the last step left it, the function's value and
// its derivatives. In float64, as the numbers are.
#pragma once
#include <nlohmann/json.hpp>
#include <string>

#include "train/descent.hpp"

namespace limn::lab {

// {"receipt": RECEIPT} or {"receipt": null, "why": WHY}. `before`: the step before, or null where there is none.
nlohmann::json receipt(Descent& there, Descent* before, const std::string& name, double value);

}  // namespace limn::lab
