// limn train, limn run.
#include <CLI/App.hpp>
#include <CLI/Option.hpp>

#include "base/file.hpp"
#include "cli/command.hpp"
#include "cli/training.hpp"
#include "data/catalogue.hpp"
#include "experiment/experiment.hpp"

namespace limn::cli {
namespace {

struct TrainOptions {
  std::string experiment, data, out;
  std::uint64_t seed = 1;
  std::int64_t epochs = 0, steps = 0;
  std::vector<std::string> settings;
  Common common;
};

int train(const TrainOptions& options) {
  const Experiment& experiment = find_experiment(options.experiment);
  const std::string data = !options.data.empty()   ? options.data
                           : experiment.wants_data ? "mnist"
                                                   : std::string(kNoData);
  Recipe recipe{options.experiment, data, options.seed, {}, {}, {}};
  if (options.epochs > 0) recipe.epochs = options.epochs;
  if (options.steps > 0) recipe.steps = options.steps;
  for (const std::string& setting : options.settings) {
    const auto [name, text] = parse_assignment(setting);
    recipe.settings[name] = parse_value(find_parameter(experiment.parameters, name), text);
  }
  return begin_training(recipe, options.out, options.common);
}

}  // namespace

void add_train_commands(CLI::App& app, Action& action) {
  auto* train_command = app.add_subcommand("train", "train a network and keep the run");
  auto train_options = std::make_shared<TrainOptions>();
  train_command->add_option("experiment", train_options->experiment, "what to train; `limn experiments` lists them")
      ->required();
  train_command->add_option("--data", train_options->data,
                            "a name of `limn data list`, or a file or folder; mnist when not given");
  auto* epochs = add_whole_number(*train_command, "--epochs", train_options->epochs, 1, kMostSteps,
                                  "passes over the training rows");
  add_whole_number(*train_command, "--steps", train_options->steps, 1, kMostSteps, "steps, instead of epochs")
      ->excludes(epochs);
  train_command->add_option("--set", train_options->settings, "a setting; `limn experiments NAME` lists them")
      ->allow_extra_args(false)
      ->type_name("NAME=VALUE");
  add_seed(*train_command, train_options->seed);
  train_command->add_option("--out", train_options->out, "the run's folder; runs/EXPERIMENT-TIME-ID when not given")
      ->type_name("DIR");
  add_machine_options(*train_command, train_options->common);
  train_command->callback([&action, train_options] { action = [train_options] { return train(*train_options); }; });

  struct RunOptions {
    std::string recipe, out;
    std::uint64_t seed = 0;
    Common common;
  };
  auto* run_command = app.add_subcommand("run", "train what a recipe file says");
  auto run_options = std::make_shared<RunOptions>();
  run_command->add_option("recipe", run_options->recipe, "a recipe.json, of a run or your own")->required();
  auto* seed = add_seed(*run_command, run_options->seed);
  seed->description("instead of the recipe's");
  run_command->add_option("--out", run_options->out, "the run's folder")->type_name("DIR");
  add_machine_options(*run_command, run_options->common);
  run_command->callback([&action, run_options, seed] {
    action = [run_options, seed] {
      Recipe recipe = recipe_from_json(read_text(run_options->recipe));
      if (seed->count() > 0) recipe.seed = run_options->seed;
      return begin_training(recipe, run_options->out, run_options->common);
    };
  });
}

}  // namespace limn::cli
