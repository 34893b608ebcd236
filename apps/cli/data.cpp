// limn data: list, info, get.
#include <fmt/ranges.h>
#include <CLI/App.hpp>
#include <CLI/Option.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "cli/command.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "data/catalogue.hpp"
#include "data/fetch.hpp"
#include "lab/describe.hpp"

namespace limn::cli {
namespace {

struct Options {
  std::string name;
  Common common;
};

std::string state_of(const CatalogueEntry& entry) {
  return entry.built_in() ? "built in" : is_present(entry) ? "here" : "to fetch";
}

int list(const Options& options) {
  for (const auto& entry : catalogue()) {
    if (options.common.json)
      print_json(describe(entry));
    else
      fmt::print("{:<14} {:<9} {}\n", entry.name, state_of(entry), speaks_chinese() ? entry.summary_zh : entry.summary);
  }
  return 0;
}

int info(const Options& options) {
  const auto& entry = entry_named(options.name);
  if (options.common.json) {
    print_json(describe(entry));
    return 0;
  }
  fmt::print("{}\n{}\nsamples   {} to train{}\nsample    {}\n", entry.name,
             speaks_chinese() ? entry.summary_zh : entry.summary, entry.train,
             entry.test > 0 ? fmt::format(", {} to test", entry.test) : "", entry.sample);
  if (!entry.classes.empty()) fmt::print("classes   {}\n", fmt::join(entry.classes, ", "));
  if (!entry.target.empty()) fmt::print("target    {}\n", entry.target);
  fmt::print("licence   {}\norigin    {}\n", entry.licence, entry.home);
  for (const auto& source : entry.sources) fmt::print("source    {}\n", to_text(source));
  for (const auto& file : entry.files)
    fmt::print("file      {}  {} bytes  sha256 {}\n", (folder_of(entry) / file.name).string(), file.bytes, file.sha256);
  fmt::print("state     {}\n", state_of(entry));
  return 0;
}

int get(const Options& options) {
  fetch(options.name, [&](std::string_view stage) {
    if (!options.common.quiet) print_error(fmt::format("{}: {}\n", options.name, stage));
  });
  const auto& entry = entry_named(options.name);
  if (options.common.json)
    print_json(describe(entry));
  else if (!options.common.quiet)
    fmt::print("{} is {}\n", entry.name, entry.built_in() ? "built in" : "in " + folder_of(entry).string());
  return 0;
}

}  // namespace

void add_data_command(CLI::App& app, Action& action) {
  auto* data = app.add_subcommand("data", "the data sets limn knows, and getting them");
  data->require_subcommand(1);
  const auto add = [&](const char* name, const char* help, bool named, int (*act)(const Options&)) {
    auto* command = data->add_subcommand(name, help);
    auto options = std::make_shared<Options>();
    if (named) command->add_option("name", options->name, "a data set")->required();
    add_output_options(*command, options->common);
    command->callback([&action, options, act] { action = [options, act] { return act(*options); }; });
  };
  add("list", "all data sets", false, list);
  add("info", "what a data set is", true, info);
  add("get", "fetch a data set and check it", true, get);
}

}  // namespace limn::cli
