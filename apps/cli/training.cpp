#include "cli/training.hpp"

#include <filesystem>

#include "base/error.hpp"
#include "base/utf8.hpp"
#include "cli/output.hpp"
#include "data/catalogue.hpp"
#include "experiment/experiment.hpp"
#include "experiment/weights.hpp"

namespace limn::cli {

int begin_training(Recipe recipe, const std::string& out, const Common& common) {
  interrupts();
  std::error_code ignored;
  if (!out.empty() && std::filesystem::exists(std::filesystem::symlink_status(out, ignored)))  // before any long work
    throw Error(fmt::format("{} exists already", out), "choose another folder with --out, or remove this one");
  const Experiment& experiment = find_experiment(recipe.experiment);
  Machine machine(common);
  const auto data = std::make_shared<const Dataset>(prepare(data_request(recipe)));
  experiment.resolve(recipe, *data);
  RunInfo info;
  info.data_name = data->name;
  info.data_digest = data->digest;
  if (!find_entry(recipe.data)) info.data_location = std::filesystem::absolute(recipe.data).string();
  if (!is_utf8(recipe.data) || !is_utf8(info.data_location))
    throw Error(fmt::format("the path {} is not UTF-8", recipe.data + info.data_location),
                "rename it: a run writes it down in JSON");
  info.build = machine.program().build;
  info.isa = machine.program().isa;
  info.total_steps = total_steps(recipe, *data);
  info.preprocessing = data->preprocessing;
  Settings settings = experiment.settings(recipe.settings);
  settings.total_steps = info.total_steps;
  Session session(settings, data, recipe.seed, machine.pool());
  const bool given = begins_from_weights(recipe);
  if (given) load_weights(recipe, session);
  const Run run = create_run(out, recipe, std::move(info), [&](const Run& unfinished) {
    if (given)  // the run stands on its own: it does not need the file again
      save_snapshot(unfinished.snapshot_at(0), session.state(),
                    {session.cursor(), machine.program().build, machine.program().isa});
  });
  return continue_training(run, session, *data, run.info.total_steps, {}, machine, common);
}

int continue_training(const Run& run, Session& session, const Dataset& data, std::int64_t until,
                      const SettingValues& changes, const Machine& machine, const Common& common) {
  const std::int64_t step = session.cursor().step;
  Journal journal = Journal::reopen(run.journal(), step);
  if (!changes.empty()) journal.record(RecordKind::kAction, step, to_json(changes));
  const JournalContent history = journal_of(run);
  print_begin(common, run, session, machine.program());
  const auto listener = make_listener(common);
  const Outcome outcome =
      train_run(run, session, data, journal, history, until, machine.program(), interrupts(), *listener);
  print_outcome(common, run, outcome, machine.program());
  return outcome.interrupted ? 130 : 0;
}

}  // namespace limn::cli
