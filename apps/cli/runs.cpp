// limn runs: list, show, rm, compare.
#include <CLI/App.hpp>
#include <CLI/Option.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.hpp"
#include "cli/command.hpp"
#include "cli/output.hpp"
#include "experiment/run.hpp"

namespace limn::cli {
namespace {

using Json = nlohmann::json;

struct Options {
  std::vector<std::string> runs;
  Common common;
};

Json object_of(const Run& run, const RunSummary& summary) {
  return {{"event", "run"},
          {"run", run.info.id},
          {"folder", run.folder.string()},
          {"experiment", run.recipe.experiment},
          {"data", run.recipe.data},
          {"seed", run.recipe.seed},
          {"steps", summary.step},
          {"total_steps", run.info.total_steps},
          {"status", summary.status},
          {"seconds", summary.seconds},
          {"metrics", to_json_object(summary.metrics)},
          {"created", run.info.created}};
}

std::vector<Run> open_all(const std::vector<std::string>& names) {
  std::vector<Run> runs;
  for (const auto& name : names) runs.push_back(open_run(find_run(name)));
  return runs;
}

int list(const Options& options) {
  for (const Run& run : list_runs()) {
    const auto summary = summarize(run, journal_of(run));
    if (options.common.json)
      print_json(object_of(run, summary));
    else
      fmt::print("{:<16} {} {:<16} {:>9} of {:<9} {:<10} {}\n", run.info.id, run.info.created,
                 fmt::format("{} {}", run.recipe.experiment, run.recipe.data), summary.step, run.info.total_steps,
                 summary.status, to_text(summary.metrics));
  }
  return 0;
}

int show(const Options& options) {
  for (const Run& run : open_all(options.runs)) {
    const auto summary = summarize(run, journal_of(run));
    const auto snapshots = snapshots_of(run);
    if (options.common.json) {
      Json object = object_of(run, summary);
      object["recipe"] = Json::parse(to_json(run.recipe));
      object["build"] = run.info.build;
      object["isa"] = run.info.isa;
      object["digest"] = run.info.data_digest;
      object["parent"] = nullptr;
      if (const auto& parent = run.info.parent)
        object["parent"] = {{"run", parent->run},
                            {"folder", parent->folder},
                            {"step", parent->step},
                            {"patch", Json::parse(to_json(parent->patch))}};
      object["snapshots"] = Json::array();
      for (const auto& [step, path] : snapshots)
        object["snapshots"].push_back({{"step", step}, {"file", path.string()}});
      print_json(object);
      continue;
    }
    fmt::print("run        {}\nfolder     {}\nmade       {} by {} on {}\nstate      {} after step {} of {}, {:.3g} s\n",
               run.info.id, run.folder.string(), run.info.created, run.info.build, run.info.isa, summary.status,
               summary.step, run.info.total_steps, summary.seconds);
    if (const auto& parent = run.info.parent)
      fmt::print("parent     {} at step {} {}\n", parent->run, parent->step, to_json(parent->patch));
    fmt::print("data       {} {}\nseed       {}\n", run.recipe.data, run.info.data_digest.substr(0, 16),
               run.recipe.seed);
    for (const auto& [name, value] : run.recipe.settings) fmt::print("  {:<14} {}\n", name, to_string(value));
    for (const auto& [name, value] : summary.metrics) fmt::print("{:<16} {:.6g}\n", name, value);
    for (const auto& [step, path] : snapshots) fmt::print("snapshot   {:>9}  {}\n", step, path.filename().string());
  }
  return 0;
}

int remove(const Options& options) {
  std::vector<Run> runs = open_all(options.runs);  // all must be runs before any is removed
  for (const Run& run : runs) {
    remove_run(run.folder);
    if (options.common.json)
      print_json({{"event", "removed"}, {"run", run.info.id}, {"folder", run.folder.string()}});
    else if (!options.common.quiet)
      fmt::print("removed {}\n", run.folder.string());
  }
  return 0;
}

// What the recipes decide, by name, as text.
std::map<std::string, std::string> decisions(const Run& run) {
  std::map<std::string, std::string> all = {
      {"experiment", run.recipe.experiment}, {"data", run.recipe.data}, {"seed", std::to_string(run.recipe.seed)}};
  if (run.recipe.epochs) all["epochs"] = std::to_string(*run.recipe.epochs);
  if (run.recipe.steps) all["steps"] = std::to_string(*run.recipe.steps);
  for (const auto& [name, value] : run.recipe.settings) all[name] = to_string(value);
  return all;
}

int compare(const Options& options) {
  const auto runs = open_all(options.runs);
  std::vector<std::map<std::string, std::string>> settings;
  std::vector<Metrics> metrics;
  std::vector<double> seconds;
  std::vector<std::string> shown;
  std::set<std::string> names, measured;
  for (const Run& run : runs) {
    settings.push_back(decisions(run));
    auto summary = summarize(run, journal_of(run));
    metrics.push_back(std::move(summary.metrics));
    seconds.push_back(summary.seconds);
    shown.push_back(fmt::format("{:.3g} s", summary.seconds));
    for (const auto& [name, value] : settings.back()) names.insert(name);
    for (const auto& [name, value] : metrics.back()) measured.insert(name);
  }
  Json object = {
      {"event", "compare"}, {"runs", Json::array()}, {"settings", Json::object()}, {"metrics", Json::object()}};
  std::vector<std::pair<std::string, std::vector<std::string>>> table(1, {"", {}});
  for (const Run& run : runs) {
    object["runs"].push_back(run.info.id);
    table[0].second.push_back(run.info.id);
  }
  for (const auto& name : names) {
    std::vector<std::string> row;
    for (const auto& s : settings) row.push_back(s.contains(name) ? s.at(name) : "");
    if (std::ranges::all_of(row, [&](const auto& cell) { return cell == row[0]; })) continue;
    object["settings"][name] = row;
    table.emplace_back(name, row);
  }
  object["seconds"] = seconds;
  table.emplace_back("training", shown);
  for (const auto& name : measured) {
    std::vector<std::string> row;
    for (const auto& m : metrics) {
      object["metrics"][name].push_back(m.contains(name) ? Json(m.at(name)) : Json());
      row.push_back(m.contains(name) ? fmt::format("{:.6g}", m.at(name)) : "");
    }
    table.emplace_back(name, row);
  }
  if (options.common.json) {
    print_json(object);
    return 0;
  }
  std::vector<std::size_t> widths(runs.size(), 0);
  for (const auto& [name, row] : table)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  for (const auto& [name, row] : table) {
    fmt::print("{:<16}", name);
    for (std::size_t i = 0; i < row.size(); ++i) fmt::print("  {:<{}}", row[i], widths[i]);
    fmt::print("\n");
  }
  return 0;
}

}  // namespace

void add_runs_command(CLI::App& app, Action& action) {
  auto* runs = app.add_subcommand("runs", "list, show, remove and compare runs");
  runs->require_subcommand(1);
  const auto add = [&](const char* name, const char* help, int least, int (*act)(const Options&)) {
    auto* command = runs->add_subcommand(name, help);
    auto options = std::make_shared<Options>();
    if (least > 0) command->add_option("run", options->runs, "folders or ids")->required()->expected(least, 1000);
    add_output_options(*command, options->common);
    command->callback([&action, options, act] { action = [options, act] { return act(*options); }; });
  };
  add("list", "all runs in runs/", 0, list);
  add("show", "recipe, state, metrics and snapshots of a run", 1, show);
  add("rm", "remove runs", 1, remove);
  add("compare", "settings that differ, and metrics side by side", 2, compare);
}

}  // namespace limn::cli
