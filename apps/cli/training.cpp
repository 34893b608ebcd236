#include "cli/training.hpp"

#include <filesystem>

#include "base/error.hpp"
#include "cli/output.hpp"
#include "experiment/begin.hpp"

namespace limn::cli {

int begin_training(Recipe recipe, const std::string& out, const Common& common) {
  interrupts();
  std::error_code ignored;
  if (!out.empty() && std::filesystem::exists(std::filesystem::symlink_status(out, ignored)))  // before any long work
    throw Error(fmt::format("{} exists already", out), "choose another folder with --out, or remove this one");
  Machine machine(common);
  const auto [run, data, session] = begin_run(std::move(recipe), {out}, machine.program(), machine.pool());
  print_notes(common, data->notes);
  return continue_training(run, *session, *data, run.info.total_steps, {}, machine, common);
}

int continue_training(const Run& run, Training& session, const Dataset& data, std::int64_t until,
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
