// limn export: what a run has learned, as a file that other programs read.
#include <fmt/ranges.h>
#include <CLI/App.hpp>
#include <CLI/Option.hpp>
#include <array>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "cli/command.hpp"
#include "cli/output.hpp"
#include "experiment/weights.hpp"

namespace limn::cli {
namespace {

struct Format {
  const char* name;
  ExportedWeights (*write)(const Run& run, const JournalContent& journal, const std::filesystem::path& file);
};
constexpr std::array kFormats = {Format{"safetensors", export_weights}};

struct Options {
  std::string run, format, file;
  Common common;
};

int export_run(const Options& options) {
  std::vector<std::string> names;
  for (const Format& format : kFormats) names.emplace_back(format.name);
  const auto* format = std::ranges::find(kFormats, options.format, &Format::name);
  if (format == kFormats.end())
    throw Error(fmt::format("there is no format '{}'", options.format),
                fmt::format("the formats are: {}", fmt::join(names, ", ")));
  const Run run = open_run(find_run(options.run));
  const ExportedWeights done = format->write(run, journal_of(run), options.file);
  if (options.common.json)
    print_json({{"event", "export"},
                {"run", run.info.id},
                {"step", done.step},
                {"format", format->name},
                {"file", options.file},
                {"tensors", done.tensors},
                {"numbers", done.numbers}});
  else if (!options.common.quiet)
    fmt::print("{}: {} tensors, {} numbers, of {} after step {}\n", options.file, done.tensors, done.numbers,
               run.info.id, done.step);
  return 0;
}

}  // namespace

void add_export_command(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("export", "write a run's last weights as a file that other programs read");
  auto options = std::make_shared<Options>();
  command->add_option("run", options->run, "a run's folder or id")->required();
  command->add_option("file", options->file, "the file to write; one that is there is replaced")->required();
  command->add_option("--format", options->format, "safetensors")->required()->type_name("NAME");
  add_output_options(*command, options->common);
  command->callback([&action, options] { action = [options] { return export_run(*options); }; });
}

}  // namespace limn::cli
