// What a training says while it runs and when it ends: JSON lines for programs, a progress bar or plain lines for
// people.
#pragma once
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "experiment/runner.hpp"

namespace limn::cli {

void print_json(const nlohmann::json& object);  // one line, at once

// What became of the data that is worth knowing: the event "note" of --json, else "note: ..." for people on standard
// error, where answers are not.
void print_notes(const Common& common, const std::vector<std::string>& notes);

// The listener for --json, --quiet or people.
std::unique_ptr<TrainingListener> make_listener(const Common& common);

// Begin and end of a training. The last line of --json is the event "done".
void print_begin(const Common& common, const Run& run, const Training& session, const Program& program);
void print_outcome(const Common& common, const Run& run, const Outcome& outcome, const Program& program);

nlohmann::json to_json_object(const Metrics& metrics);
std::string to_text(const Metrics& metrics);  // "test.accuracy 0.9834  test.loss 0.0561"

}  // namespace limn::cli
