// How runs begin: from a recipe, or at a step of another run.
#pragma once
#include <memory>

#include "experiment/runner.hpp"
#include "train/training.hpp"

namespace limn {

struct Beginning {
  Run run;
  std::shared_ptr<const Dataset> data;
  std::unique_ptr<Training> session;
};

// Loads the recipe's data unless they are given, resolves it, and makes the run. `location`: where the data lie, if the
// recipe's name for them is neither of the catalogue nor a path. Error: as each of these; nothing is left then.
Beginning begin_run(Recipe recipe, const Destination& to, const Program& program, ThreadPool& pool,
                    const std::string& location = "", std::shared_ptr<const Dataset> data = nullptr);

// A run that begins with the parent's state after `step` steps and these changes (NAME=VALUE). Error: a step that the
// parent does not have, or a change that cannot be.
Beginning branch_run(const Run& parent, const JournalContent& journal, std::shared_ptr<const Dataset> data,
                     std::int64_t step, std::span<const std::string> changes, const Destination& to,
                     const Program& program, ThreadPool& pool);
// The same, where a session of the parent stands after that step already. The session takes the changes too.
Run branch_from(const Run& parent, const JournalContent& journal, const Dataset& data, Training& there,
                std::span<const std::string> changes, const Destination& to, const Program& program);

}  // namespace limn
