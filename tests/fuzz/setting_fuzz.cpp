// Assignments NAME=VALUE as a command line gives them, one a line. What is accepted prints as a text that means the
// same, and goes through a recipe's JSON unchanged.
#include "experiment/experiment.hpp"
#include "fuzz/target.hpp"

namespace {

void one(std::string_view line) {
  const auto [name, text] = limn::parse_assignment(line);
  const auto& parameter = limn::find_parameter(limn::find_experiment("mlp").parameters, name);
  const auto value = limn::parse_value(parameter, text);
  limn::fuzz::require(limn::parse_value(parameter, limn::to_string(value)) == value, "printed and read is the same");
  limn::fuzz::require(limn::check_value(parameter, value) == value, "checked once is enough");
  const limn::SettingValues settings{{name, value}};
  limn::fuzz::require(limn::settings_from_json("mlp", limn::to_json(settings)) == settings, "so it is as JSON");
}

}  // namespace

LIMN_FUZZ(setting) {
  while (!bytes.empty()) {
    const auto end = bytes.find('\n');
    limn::fuzz::feed(one, bytes.substr(0, end));
    bytes.remove_prefix(end == bytes.npos ? bytes.size() : end + 1);
  }
}
