// limn experiments: what can be trained, and what can be set.
#include <CLI/App.hpp>
#include <CLI/Option.hpp>
#include <nlohmann/json.hpp>

#include "cli/command.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "experiment/experiment.hpp"

namespace limn::cli {
namespace {

using Json = nlohmann::json;

const std::string& here(const Words& words) { return speaks_chinese() ? words.zh : words.en; }

Json both(const Words& words) { return {{"en", words.en}, {"zh", words.zh}}; }

const char* name_of(ParameterKind kind) {
  switch (kind) {
    case ParameterKind::kNumber: return "number";
    case ParameterKind::kInteger: return "integer";
    case ParameterKind::kChoice: return "choice";
    case ParameterKind::kText: return "text";
  }
  return "";
}

Json object_of(const ParameterSpec& parameter) {
  Json object = {{"name", parameter.name},       {"kind", name_of(parameter.kind)}, {"label", both(parameter.label)},
                 {"help", both(parameter.help)}, {"default", parameter.initial},    {"automatic", parameter.automatic},
                 {"fixed", parameter.fixed}};
  if (parameter.kind == ParameterKind::kChoice) object["choices"] = parameter.choices;
  if (parameter.kind == ParameterKind::kNumber || parameter.kind == ParameterKind::kInteger) {
    object["low"] = parameter.low;
    object["high"] = parameter.high;
    object["scale"] = parameter.scale == Scale::kLog ? "log" : "linear";
    object["unit"] = parameter.unit;
  }
  return object;
}

void print(const Experiment& experiment, bool json, bool parameters) {
  if (json) {
    Json object = {{"event", "experiment"},
                   {"name", experiment.name},
                   {"title", both(experiment.title)},
                   {"help", both(experiment.help)},
                   {"parameters", Json::array()}};
    for (const ParameterSpec& parameter : experiment.parameters) object["parameters"].push_back(object_of(parameter));
    print_json(object);
    return;
  }
  fmt::print("{:<14} {}: {}\n", experiment.name, here(experiment.title), here(experiment.help));
  if (!parameters) return;
  for (const ParameterSpec& parameter : experiment.parameters) {
    fmt::print("  {:<14} {}", fmt::format("{}={}", parameter.name, parameter.initial), here(parameter.help));
    if (parameter.kind != ParameterKind::kText) fmt::print(" ({})", allowed(parameter));
    fmt::print("\n");
  }
}

}  // namespace

void add_experiments_command(CLI::App& app, Action& action) {
  struct Options {
    std::string name;
    Common common;
  };
  auto* command = app.add_subcommand("experiments", "what can be trained, and every setting of it");
  auto options = std::make_shared<Options>();
  command->add_option("name", options->name, "one experiment");
  add_output_options(*command, options->common);
  command->callback([&action, options] {
    action = [options] {
      if (!options->name.empty()) {
        print(find_experiment(options->name), options->common.json, true);
        return 0;
      }
      for (const Experiment& experiment : experiments()) print(experiment, options->common.json, false);
      return 0;
    };
  });
}

}  // namespace limn::cli
