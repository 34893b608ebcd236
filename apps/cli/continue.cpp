// limn resume, limn branch.
#include <CLI/App.hpp>
#include <CLI/Option.hpp>
#include <filesystem>

#include "base/error.hpp"
#include "cli/command.hpp"
#include "cli/training.hpp"
#include "experiment/begin.hpp"
#include "experiment/experiment.hpp"
#include "experiment/travel.hpp"

namespace limn::cli {
namespace {

struct Options {
  std::string run, out;
  std::int64_t steps = 0, at = -1;  // steps: finished steps in total to train until; 0: the recipe's end
  std::vector<std::string> settings;
  Common common;
};

std::int64_t end_of(const Options& options, const Run& run, std::int64_t step) {
  if (options.steps == 0) return std::max(run.info.total_steps, step);
  if (options.steps < step)
    throw Error(
        fmt::format("{} stands at step {}, past step {}", run.info.id, step, options.steps),
        fmt::format("--steps counts all steps of the run: name {} or more, or branch it: limn branch {} --at {}", step,
                    run.folder.string(), options.steps));
  return options.steps;
}

int resume(const Options& options) {
  interrupts();
  const Run run = open_run(find_run(options.run));
  Machine machine(options.common, &run);
  const JournalContent journal = journal_of(run);
  const auto data = load_data(run);
  verify_snapshots(run);
  const Visit place = newest(run, journal, data, machine.pool());
  Training& session = *place.session;
  const std::int64_t step = session.cursor().step, until = end_of(options, run, step);
  const SettingValues values = changed_values(run, journal, step, *data, options.settings);
  const SettingValues changes = difference(values_at(run, journal, step), values);
  if (!changes.empty()) session.change(typed_settings(run, values));
  if (step == until && !options.common.json && !options.common.quiet)
    fmt::print("the run has reached step {}, its end; --steps N trains it until step N\n", step);
  return continue_training(run, session, *data, until, changes, machine, options.common);
}

int branch(const Options& options) {
  interrupts();
  const Run parent = open_run(find_run(options.run));
  Machine machine(options.common, &parent);
  const JournalContent journal = journal_of(parent);
  const std::int64_t until = end_of(options, parent, options.at);
  const auto [run, data, session] = branch_run(parent, journal, load_data(parent), options.at, options.settings,
                                               {options.out}, machine.program(), machine.pool());
  return continue_training(run, *session, *data, until, {}, machine, options.common);
}

}  // namespace

void add_continue_commands(CLI::App& app, Action& action) {
  const auto add = [&](const char* name, const char* help, int (*act)(const Options&)) {
    auto* command = app.add_subcommand(name, help);
    auto options = std::make_shared<Options>();
    command->add_option("run", options->run, "a run's folder or id")->required();
    add_whole_number(*command, "--steps", options->steps, 1, kMostSteps,
                     "train until this step of the run; its recipe's end when not given");
    command->add_option("--set", options->settings, "a setting that is another from here on")
        ->allow_extra_args(false)
        ->type_name("NAME=VALUE");
    add_machine_options(*command, options->common);
    command->callback([&action, options, act] { action = [options, act] { return act(*options); }; });
    return std::pair(command, options);
  };
  add("resume", "go on with a run, bit for bit", resume);
  const auto [command, options] = add("branch", "a new run that begins at a step of another", branch);
  add_whole_number(*command, "--at", options->at, 0, kMostSteps, "the step of the run to branch at")->required();
  command->add_option("--out", options->out, "the new run's folder")->type_name("DIR");
}

}  // namespace limn::cli
