// limn export: what a run has learned, as a file that other programs read, or the run itself, to take elsewhere.
#include <fmt/ranges.h>
#include <CLI/App.hpp>
#include <CLI/Option.hpp>
#include <array>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/file.hpp"
#include "cli/command.hpp"
#include "cli/output.hpp"
#include "experiment/pack.hpp"
#include "experiment/weights.hpp"

namespace limn::cli {
namespace {

using Json = nlohmann::json;

struct Options {
  std::string run, format, file;
  bool family = false;
  Common common;
};

struct Exported {
  Json numbers;      // what --json says of it, beside run, format and file
  std::string text;  // what people read
};

Exported write_weights(const Run& run, const Options& options) {
  const ExportedWeights done = export_weights(run, journal_of(run), options.file);
  return {
      {{"step", done.step}, {"tensors", done.tensors}, {"numbers", done.numbers}},
      fmt::format("{} tensors, {} numbers, of {} after step {}", done.tensors, done.numbers, run.info.id, done.step)};
}

Exported write_archive(const Run& run, const Options& options) {
  const Archive archive = pack(options.family ? family_of(run) : std::vector{run});
  const std::string bytes = to_bytes(archive);
  write_durably(options.file, bytes);
  const auto& main = archive.runs.at(archive.main);
  Json ids = Json::array();
  for (const auto& [id, member] : archive.runs) ids.push_back(id);
  return {{{"runs", ids}, {"snapshots", main.snapshots.size()}, {"bytes", bytes.size()}},
          fmt::format("{} bytes, {}{}", bytes.size(), run.info.id,
                      ids.size() > 1 ? fmt::format(" and {} runs of its family", ids.size() - 1) : "")};
}

struct Format {
  const char* name;
  Exported (*write)(const Run& run, const Options& options);
};
constexpr std::array kFormats = {Format{"safetensors", write_weights}, Format{"limn", write_archive}};

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
  const Exported done = format->write(run, options);
  Json line = {{"event", "export"}, {"run", run.info.id}, {"format", format->name}, {"file", options.file}};
  line.update(done.numbers);
  if (options.common.json)
    print_json(line);
  else if (!options.common.quiet)
    fmt::print("{}: {}\n", options.file, done.text);
  return 0;
}

}  // namespace

void add_export_command(CLI::App& app, Action& action) {
  auto* command =
      app.add_subcommand("export", "write a run as a file: its last weights, or all of it to take elsewhere");
  auto options = std::make_shared<Options>();
  command->add_option("run", options->run, "a run's folder or id")->required();
  command->add_option("file", options->file, "the file to write; one that is there is replaced")->required();
  command
      ->add_option("--format", options->format,
                   "safetensors: weights that other programs read; limn: the run, for limn import")
      ->required()
      ->type_name("NAME");
  command->add_flag("--family", options->family, "of limn: with its parents and branches in the same folder");
  add_output_options(*command, options->common);
  command->callback([&action, options] { action = [options] { return export_run(*options); }; });
}

}  // namespace limn::cli
