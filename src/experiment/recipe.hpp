// A recipe says all of a training that its user decides: experiment, data, seed, length and settings. Its canonical
// JSON (sorted keys, shortest numbers) is what a run's id is the hash of.
// It must not know folders of runs.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "experiment/parameter.hpp"

namespace limn {

struct Recipe {
  std::string experiment;
  std::string data;  // a name of the catalogue, or a path as its user wrote it
  std::uint64_t seed = 1;
  std::optional<std::int64_t> epochs, steps;  // at most one of them; resolving sets epochs when there is neither
  SettingValues settings;
};

std::string to_json(const Recipe& recipe);  // canonical: the same recipe always gives the same bytes
// Error: not JSON, a key that is unknown, missing or of a wrong type, a setting that its experiment refuses.
Recipe recipe_from_json(const std::string& text);

std::string recipe_id(const Recipe& recipe);  // the first 12 hex digits of the SHA-256 of its canonical JSON

// Settings alone, as actions and patches hold them: {"lr":0.01}.
std::string to_json(const SettingValues& settings);
// Checked against the parameters of the experiment. Error as recipe_from_json.
SettingValues settings_from_json(const std::string& experiment, const std::string& text);

// What `to` has that `from` has not, or otherwise.
SettingValues difference(const SettingValues& from, const SettingValues& to);

}  // namespace limn
