// What a report says of runs of a function beside what it says of any: how low, by how many evaluations, along which
// way. docs/protocol.md has the shapes. It must not know pages.
#pragma once
#include <memory>
#include <nlohmann/json.hpp>

#include "experiment/run.hpp"
#include "train/descent.hpp"

namespace limn::lab {

// A column of a journal in at most 1000 columns, each number the shortest text that reads as the same float32.
nlohmann::json curve_of(const JournalContent& journal, std::string_view column);

// {"value": CURVE, "evaluations": CURVE, "first": EXACT, "trail", "numbers": [EXACT...]} of a run. `there` took its
// last step; where it is null the step is taken again, or `numbers` is null where that would take long.
nlohmann::json descent_json(const Run& run, const JournalContent& journal, const std::shared_ptr<const Dataset>& data,
                            ThreadPool& pool, const Descent* there);
// Of a function of two variables its values where the trails of `runs` went, else null:
// {"x": [from, to], "y", "width", "height", "values": [height, width], the lowest row first}.
nlohmann::json plane_json(const Descent& descent, const nlohmann::json& runs);

}  // namespace limn::lab
