// limn eval, limn predict: what a trained network makes of data.
#include <CLI/App.hpp>
#include <CLI/Option.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>

#include "base/error.hpp"
#include "cli/command.hpp"
#include "cli/machine.hpp"
#include "cli/output.hpp"
#include "experiment/travel.hpp"

namespace limn::cli {
namespace {

struct Options {
  std::string run, data, split = "test";
  std::vector<std::string> files;
  Common common;
};

// Data that are not the run's own, encoded as the run encoded its own.
std::shared_ptr<const Dataset> other_data(const Run& run, const std::string& name) {
  Dataset data = prepare_with(run.info.preprocessing, name);
  if (data.test.empty()) throw Error(fmt::format("{} has no rows", name), "name data with at least one row");
  data.train = data.test;  // a session wants training rows; this one never takes a step
  return std::make_shared<const Dataset>(std::move(data));
}

int evaluate(const Options& options) {
  const auto begin = std::chrono::steady_clock::now();
  const Split split = parse_split(options.split);
  const Run run = open_run(find_run(options.run));
  if (!options.data.empty() && split != Split::kTest)
    throw Error("other data have no split but test", "leave out --split, or --data");
  Machine machine(options.common, &run);
  const auto data = options.data.empty() ? load_data(run) : other_data(run, options.data);
  const bool reconstructs = typed_settings(run, run.recipe.settings).reconstruct;
  if (!options.data.empty() && !reconstructs) {
    const bool answered = data->task == Task::kClassify
                              ? std::ranges::none_of(data->labels, [](std::int32_t label) { return label < 0; })
                              : std::ranges::none_of(data->targets, [](float target) { return std::isnan(target); });
    if (!answered)
      throw Error(fmt::format("{} does not say the {} of every row", options.data,
                              run.info.preprocessing.target.empty() ? "class" : run.info.preprocessing.target),
                  "evaluation compares with the truth; `limn predict` needs none");
  }
  if (!options.data.empty()) print_notes(options.common, data->notes);
  const JournalContent journal = journal_of(run);
  const auto session = options.data.empty() ? newest(run, journal, data, machine.pool()).session
                                            : newest_over(run, journal, data, machine.pool());
  const Metrics metrics = evaluate_split(*session, *data, split, Weights::kBest);
  if (metrics.empty())
    throw Error(fmt::format("the split {} of {} has no rows", options.split, data->name),
                "name another split: train, valid, test");
  const auto step = session->best_step() < 0 ? session->cursor().step : session->best_step();
  if (!options.common.json) {
    fmt::print("step {}  {}\n", step, to_text(metrics));
    return 0;
  }
  nlohmann::json event = to_json_object(metrics);
  event["event"] = "eval";
  event["step"] = step;
  event["run"] = run.info.id;
  print_json(event);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  print_json({{"event", "done"},
              {"run", run.info.id},
              {"steps", step},
              {"seconds", seconds.count()},
              {"metrics", to_json_object(metrics)},
              {"fingerprint", session->fingerprint()},
              {"threads", machine.program().threads},
              {"isa", machine.program().isa}});
  return 0;
}

void print_prediction(const Options& options, const Run& run, const std::string& file, const Dataset& data,
                      std::int32_t row, std::span<const float> outputs, std::optional<float> reconstructed_at) {
  nlohmann::json event = {{"event", "prediction"}, {"file", file}, {"row", row}};
  const auto& classes = run.info.preprocessing.classes;
  const auto at = static_cast<std::size_t>(row);
  const bool picture = !data.files.empty() && data.files[at] != file;  // one of several
  if (picture) event["picture"] = data.files[at];
  const std::string fitted = data.fitted.empty() ? "" : data.fitted[at];
  if (!fitted.empty()) event["fitted"] = fitted;
  std::string text;
  if (reconstructed_at) {
    event["loss"] = *reconstructed_at, event["output"] = outputs;
    text = fmt::format("reconstructed at a loss of {:.6g}", *reconstructed_at);
  } else if (classes.empty()) {
    event["value"] = outputs[0];
    text = fmt::format("{:.6g}", outputs[0]);
  } else {
    auto best = static_cast<std::size_t>(std::ranges::max_element(outputs) - outputs.begin());
    float p = outputs[best];
    if (outputs.size() == 1) {  // one output is the probability of the second class
      best = outputs[0] >= 0.5f ? 1 : 0;
      p = best == 1 ? outputs[0] : 1 - outputs[0];
    }
    event["label"] = classes.at(best);
    event["p"] = p;
    text = fmt::format("{} {:.4f}", classes.at(best), p);
  }
  if (options.common.json)
    print_json(event);
  else
    fmt::print("{}:{} {}\n", file, picture ? data.files[at] : std::to_string(row),
               fitted.empty() ? text : fmt::format("{} ({})", text, fitted));
}

int predict(const Options& options) {
  const Run run = open_run(find_run(options.run));
  Machine machine(options.common, &run);
  const JournalContent journal = journal_of(run);
  std::vector<std::shared_ptr<const Dataset>> files;  // all must be readable before any is answered
  for (const std::string& file : options.files) files.push_back(other_data(run, file));
  for (std::size_t f = 0; f < files.size(); ++f) {
    const Dataset& data = *files[f];
    print_notes(options.common, data.notes);
    const auto session = newest_over(run, journal, files[f], machine.pool());
    constexpr std::size_t kRows = 4096;  // at a time
    for (std::size_t begin = 0; begin < data.test.size(); begin += kRows) {
      const auto rows = std::span(data.test).subspan(begin, std::min(kRows, data.test.size() - begin));
      const auto [losses, outputs] = network_of(*session).judge(data, rows, Weights::kBest);
      const auto width = outputs.size() / rows.size();
      for (std::size_t i = 0; i < rows.size(); ++i)
        print_prediction(options, run, options.files[f], data, rows[i], std::span(outputs).subspan(i * width, width),
                         session->settings().reconstruct ? std::optional(losses[i]) : std::nullopt);
    }
  }
  return 0;
}

}  // namespace

void add_use_commands(CLI::App& app, Action& action) {
  const auto add = [&](const char* name, const char* help, int (*act)(const Options&)) {
    auto* command = app.add_subcommand(name, help);
    auto options = std::make_shared<Options>();
    command->add_option("run", options->run, "a run's folder or id")->required();
    add_machine_options(*command, options->common);
    command->callback([&action, options, act] { action = [options, act] { return act(*options); }; });
    return std::pair(command, options);
  };
  const auto [eval_command, eval_options] =
      add("eval", "measure a run's weights: the last, or with early stopping the best", evaluate);
  eval_command->add_option("--data", eval_options->data, "other data of the same kind")->type_name("NAME|PATH");
  eval_command->add_option("--split", eval_options->split, "train, valid or test")->capture_default_str();
  const auto [predict_command, predict_options] = add("predict", "answer for every row of files", predict);
  predict_command->add_option("files", predict_options->files, "tables or pictures, as the run's data were")
      ->required();
}

}  // namespace limn::cli
