#include "experiment/begin.hpp"

#include "base/error.hpp"
#include "base/utf8.hpp"
#include "data/catalogue.hpp"
#include "experiment/experiment.hpp"
#include "experiment/travel.hpp"
#include "experiment/weights.hpp"
#include "train/snapshot.hpp"

namespace limn {
namespace {

void save(const Run& unfinished, Training& session, const Program& program) {
  save_snapshot(unfinished.snapshot_at(session.cursor().step), session.state(),
                {session.cursor(), program.build, program.isa});
}

}  // namespace

Beginning begin_run(Recipe recipe, const Destination& to, const Program& program, ThreadPool& pool,
                    const std::string& location, std::shared_ptr<const Dataset> data) {
  const Experiment& experiment = find_experiment(recipe.experiment);
  if (!experiment.wants_data && recipe.data != kNoData)
    throw Error(fmt::format("{} learns from no data, and is given {}", experiment.name, recipe.data),
                "leave --data out");
  if (experiment.wants_data && recipe.data == kNoData)
    throw Error(fmt::format("{} wants data to learn from", experiment.name), "name a set: `limn data list`");
  if (!data) data = std::make_shared<const Dataset>(prepare(data_request(recipe, location)));
  experiment.resolve(recipe, *data);
  RunInfo info;
  info.data_name = data->name;
  info.data_digest = data->digest;
  if (lies_somewhere(recipe.data))
    info.data_location = std::filesystem::absolute(location.empty() ? recipe.data : location).string();
  if (!is_utf8(recipe.data) || !is_utf8(info.data_location))
    throw Error(fmt::format("the path {} is not UTF-8", recipe.data + info.data_location),
                "rename it: a run writes it down in JSON");
  info.build = program.build;
  info.isa = program.isa;
  info.total_steps = total_steps(recipe, *data);
  info.preprocessing = data->preprocessing;
  Settings settings = experiment.settings(recipe.settings);
  settings.total_steps = info.total_steps;
  auto session = make_training(settings, data, recipe.seed, pool);
  const bool given = begins_from_weights(recipe);
  if (given) load_weights(recipe, network_of(*session));
  Run run = create_run(to, recipe, std::move(info), session->columns(), [&](const Run& unfinished) {
    if (given) save(unfinished, *session, program);  // the run stands on its own: it does not need the file again
  });
  return {std::move(run), std::move(data), std::move(session)};
}

Beginning branch_run(const Run& parent, const JournalContent& journal, std::shared_ptr<const Dataset> data,
                     std::int64_t step, std::span<const std::string> changes, const Destination& to,
                     const Program& program, ThreadPool& pool) {
  if (step < parent.start() || step > journal.last_step())
    throw Error(fmt::format("{} has no step {} to branch at", parent.info.id, step),
                fmt::format("it has the steps from {} to {}", parent.start(), journal.last_step()));
  changed_values(parent, journal, step, *data, changes, Changed::kBranch);  // throws before going there
  auto session = travel(parent, journal, data, pool, step, Arrival::kState).session;
  Run run = branch_from(parent, journal, *data, *session, changes, to, program);
  return {std::move(run), std::move(data), std::move(session)};
}

Run branch_from(const Run& parent, const JournalContent& journal, const Dataset& data, Training& there,
                std::span<const std::string> changes, const Destination& to, const Program& program) {
  const std::int64_t step = there.cursor().step;
  const SettingValues values = changed_values(parent, journal, step, data, changes, Changed::kBranch);
  there.branch(typed_settings(parent, values));
  Recipe recipe = parent.recipe;
  recipe.settings = values;
  RunInfo info = parent.info;
  info.parent = Parent{parent.info.id, std::filesystem::absolute(parent.folder).lexically_normal().string(), step,
                       difference(values_at(parent, journal, step), values)};
  info.build = program.build;
  info.isa = program.isa;
  return create_run(to, recipe, std::move(info), there.columns(),
                    [&](const Run& unfinished) { save(unfinished, there, program); });
}

}  // namespace limn
