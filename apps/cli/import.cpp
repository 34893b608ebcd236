// limn import: runs out of a .limn file.
#include <CLI/App.hpp>
#include <CLI/Option.hpp>
#include <nlohmann/json.hpp>

#include "base/file.hpp"
#include "cli/command.hpp"
#include "cli/machine.hpp"
#include "cli/output.hpp"
#include "experiment/unpacked.hpp"

namespace limn::cli {
namespace {

struct Options {
  std::string file, out, runs = "runs";
  Common common;
};

int import_runs(const Options& options) {
  const std::string bytes = read_text(options.file, kMostArchive);
  Archive archive = parse_archive(std::as_bytes(std::span(bytes)), options.file);
  const Run main{{}, {}, archive.runs.at(archive.main).info};
  const Machine machine(options.common, &main);
  Unpacked unpacked(std::move(archive), options.file, {options.out, options.runs}, machine.program());
  for (const auto& [run, known] : unpacked.place()) {
    if (options.common.json)
      print_json({{"event", "import"}, {"run", run.info.id}, {"folder", run.folder.string()}, {"known", known}});
    else if (!options.common.quiet)
      fmt::print("{} {}{}\n", run.info.id, known ? "is here already, as far or further: " : "", run.folder.string());
  }
  return 0;
}

}  // namespace

void add_import_command(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("import", "take the runs of a .limn file in, to replay, resume and branch them");
  auto options = std::make_shared<Options>();
  command->add_option("file", options->file, "what limn export --format limn or the lab has saved")->required();
  command->add_option("--out", options->out, "the main run's folder; the rest of its family comes beside it")
      ->type_name("DIR");
  command->add_option("--runs", options->runs, "the folder of runs")->type_name("DIR")->capture_default_str();
  add_machine_options(*command, options->common);
  command->callback([&action, options] { action = [options] { return import_runs(*options); }; });
}

}  // namespace limn::cli
