// limn replay: any number of any step of a run, computed again.
#include <CLI/App.hpp>
#include <CLI/Option.hpp>
#include <bit>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "cli/command.hpp"
#include "cli/machine.hpp"
#include "cli/output.hpp"
#include "experiment/experiment.hpp"
#include "experiment/travel.hpp"

namespace limn::cli {
namespace {

struct Options {
  std::string run;
  std::int64_t step = 0;
  std::vector<std::string> quantities;
  Common common;
};

std::string hex_float(double value) {  // fmt's {:a} differs from C's %a, which the contract names
  char text[64];
  std::snprintf(text, sizeof text, "%a", value);
  return text;
}

void check_against_journal(const JournalContent& journal, const Visit& place, std::int64_t step) {
  const std::int64_t row = step - journal.start - 1;
  if (!place.stepped || row < 0 || row >= journal.rows()) return;
  const float recorded = journal.values[0][static_cast<std::size_t>(row)];
  if (std::bit_cast<std::uint32_t>(recorded) != std::bit_cast<std::uint32_t>(place.loss))
    print_error(fmt::format("warning: the journal has a loss of {} at step {}, the replay {}\n", hex_float(recorded),
                            step, hex_float(place.loss)));
}

int replay(const Options& options) {
  const auto begin = std::chrono::steady_clock::now();
  const Run run = open_run(find_run(options.run));
  const JournalContent journal = journal_of(run);
  if (options.step < run.start() || options.step > journal.last_step())
    throw Error(fmt::format("{} has no step {}", run.info.id, options.step),
                fmt::format("--step is a step from {} to {}", run.start(), journal.last_step()));
  Machine machine(options.common, &run);
  const Visit place = travel(run, journal, load_data(run), machine.pool(), options.step, Arrival::kStepped);
  check_against_journal(journal, place, options.step);

  auto names = options.quantities;
  if (names.empty() && place.stepped) names.push_back("train.loss");
  std::vector<double> values(names.size());
  const auto ask = [&](std::size_t i) {
    const std::string& name = names[i];
    if (name == "train.loss" && !place.stepped)
      throw Error(fmt::format("{} has no train.loss at step {}: no step was taken there", run.info.id, options.step),
                  fmt::format("ask for step {}", options.step + 1));
    values[i] = quantity_at(run, journal, *place.session, name);
  };
  for (const bool ahead : {false, true})
    for (std::size_t i = 0; i < names.size(); ++i)
      if (is_ahead(*place.session, names[i]) == ahead) ask(i);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (options.common.json)
      print_json({{"event", "quantity"},
                  {"name", names[i]},
                  {"step", options.step},
                  {"value", values[i]},
                  {"hex", hex_float(values[i])}});
    else
      fmt::print("{} {} {}\n", names[i], values[i], hex_float(values[i]));
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  if (options.common.json)
    print_json({{"event", "done"},
                {"run", run.info.id},
                {"steps", options.step},
                {"seconds", seconds.count()},
                {"metrics", nlohmann::json::object()},
                {"fingerprint", place.session->fingerprint()},
                {"threads", machine.program().threads},
                {"isa", machine.program().isa}});
  else if (!options.common.quiet)
    fmt::print("fingerprint {}\n", place.session->fingerprint());
  return 0;
}

}  // namespace

void add_replay_command(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("replay", "compute any step of a run again, and show its numbers");
  auto options = std::make_shared<Options>();
  command->add_option("run", options->run, "a run's folder or id")->required();
  add_whole_number(*command, "--step", options->step, 0, kMostSteps, "the state after this many steps")->required();
  command->add_option("--quantity", options->quantities, "such as train.loss, layer1.w[3,4], layer1.dw[3,4]")
      ->allow_extra_args(false)
      ->type_name("NAME");
  add_machine_options(*command, options->common);
  command->callback([&action, options] { action = [options] { return replay(*options); }; });
}

}  // namespace limn::cli
