// limn export: what a run has learned, as a file that other programs read; a report for people; or the run itself, to
// take elsewhere.
#include <fmt/ranges.h>
#include <CLI/App.hpp>
#include <CLI/Option.hpp>
#include <array>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/file.hpp"
#include "cli/command.hpp"
#include "cli/machine.hpp"
#include "cli/output.hpp"
#include "experiment/experiment.hpp"
#include "experiment/pack.hpp"
#include "experiment/travel.hpp"
#include "experiment/weights.hpp"
#include "lab/report.hpp"

namespace limn::cli {
namespace {

struct Options {
  std::string run, format, file;
  bool family = false;
  Common common;
};

struct Written {
  nlohmann::json event;  // what it adds to the event "export"
  std::string line;      // the same for people
};

Written write_weights(const Options& options, const Run& run, const JournalContent& journal) {
  const ExportedWeights done = export_weights(run, journal, options.file);
  return {
      {{"step", done.step}, {"tensors", done.tensors}, {"numbers", done.numbers}},
      fmt::format("{} tensors, {} numbers, of {} after step {}", done.tensors, done.numbers, run.info.id, done.step)};
}

Written write_report(const Options& options, const Run& run, const JournalContent& journal) {
  check_ordinary(options.file, "report.html");
  Machine machine(options.common, &run);
  const auto data = load_data(run);
  const auto arrival = find_experiment(run.recipe.experiment).wants_data ? Arrival::kState : Arrival::kStepped;
  const Visit head = travel(run, journal, data, machine.pool(), journal.last_step(), arrival);
  const auto no_other = [](const Run&) -> const JournalContent* { return nullptr; };
  write_durably(options.file, lab::report(run, journal, *head.session, data, machine.pool(), no_other));
  return {{{"step", journal.last_step()}},
          fmt::format("the report of {} after step {}", run.info.id, journal.last_step())};
}

Written write_archive(const Options& options, const Run& run, const JournalContent&) {
  const Archive archive = pack(options.family ? family_of(run) : std::vector{run});
  const std::string bytes = to_bytes(archive);
  write_durably(options.file, bytes);
  const auto& main = archive.runs.at(archive.main);
  nlohmann::json ids = nlohmann::json::array();
  for (const auto& [id, member] : archive.runs) ids.push_back(id);
  return {{{"runs", ids}, {"snapshots", main.snapshots.size()}, {"bytes", bytes.size()}},
          fmt::format("{} bytes, {}{}", bytes.size(), run.info.id,
                      ids.size() > 1 ? fmt::format(" and {} runs of its family", ids.size() - 1) : "")};
}

struct Format {
  const char* name;
  Written (*write)(const Options& options, const Run& run, const JournalContent& journal);
};
constexpr std::array kFormats = {Format{"safetensors", write_weights}, Format{"html", write_report},
                                 Format{"limn", write_archive}};

int export_run(const Options& options) {
  std::vector<std::string> names;
  for (const Format& format : kFormats) names.emplace_back(format.name);
  const auto* format = std::ranges::find(kFormats, options.format, &Format::name);
  if (format == kFormats.end())
    throw Error(fmt::format("there is no format '{}'", options.format),
                fmt::format("the formats are: {}", fmt::join(names, ", ")));
  if (options.family && format->write != write_archive)
    throw Error(fmt::format("{} takes one run", options.format), "--family goes with --format limn");
  const Run run = open_run(find_run(options.run));
  const Written done = format->write(options, run, journal_of(run));
  if (options.common.json) {
    nlohmann::json event = {
        {"event", "export"}, {"run", run.info.id}, {"format", format->name}, {"file", options.file}};
    event.update(done.event);
    print_json(event);
  } else if (!options.common.quiet) {
    fmt::print("{}: {}\n", options.file, done.line);
  }
  return 0;
}

}  // namespace

void add_export_command(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand(
      "export", "write a run as a file: its last weights, its report, or all of it to take elsewhere");
  auto options = std::make_shared<Options>();
  command->add_option("run", options->run, "a run's folder or id")->required();
  command->add_option("file", options->file, "the file to write; one that is there is replaced")->required();
  command
      ->add_option("--format", options->format,
                   "safetensors: weights that other programs read; html: a report; limn: the run, for limn import")
      ->required()
      ->type_name("NAME");
  command->add_flag("--family", options->family, "of limn: with its parents and branches in the same folder");
  add_output_options(*command, options->common);
  command->callback([&action, options] { action = [options] { return export_run(*options); }; });
}

}  // namespace limn::cli
