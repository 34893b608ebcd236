// What train, run, resume and branch have in common.
#pragma once
#include "cli/machine.hpp"
#include "experiment/travel.hpp"

namespace limn::cli {

// Makes a run of the recipe, which may have values missing or "auto", and trains it to its end. Nothing is left behind
// when data, recipe or folder are refused. Returns the exit status.
int begin_training(Recipe recipe, const std::string& out, const Common& common);

// Takes the run's lock, cuts its journal to where the session stands, notes the changed settings if there are any,
// trains until step `until` and reports. Returns the exit status.
int continue_training(const Run& run, Training& session, const Dataset& data, std::int64_t until,
                      const SettingValues& changes, const Machine& machine, const Common& common);

}  // namespace limn::cli
