// What limn declares, as JSON for programs and pages: experiments and data sets.
#pragma once
#include <nlohmann/json.hpp>

#include "data/catalogue.hpp"
#include "experiment/experiment.hpp"

namespace limn {

nlohmann::json describe(const Experiment& experiment);
nlohmann::json describe(const CatalogueEntry& entry);

}  // namespace limn
