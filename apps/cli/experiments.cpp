// limn experiments: what can be trained, and what can be set.
#include <CLI/App.hpp>
#include <CLI/Option.hpp>
#include <nlohmann/json.hpp>

#include "cli/command.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "experiment/experiment.hpp"
#include "lab/describe.hpp"

namespace limn::cli {
namespace {

using Json = nlohmann::json;

const std::string& here(const Words& words) { return speaks_chinese() ? words.zh : words.en; }

void print(const Experiment& experiment, bool json, bool parameters) {
  if (json) {
    print_json(describe(experiment));
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
