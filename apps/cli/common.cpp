#include "cli/command.hpp"

#include <CLI/Option.hpp>
#include <CLI/Validators.hpp>

namespace limn::cli {

void add_output_options(CLI::App& command, Common& common) {
  command.add_flag("--json", common.json, "one JSON object a line on standard output, nothing else there");
  command.add_flag("--quiet", common.quiet, "only what was asked for, no progress");
}

void add_machine_options(CLI::App& command, Common& common) {
  add_output_options(command, common);
  command.add_option("--threads", common.threads, "threads that compute; the numbers do not depend on them")
      ->check(CLI::Range(1, 256))->type_name("N");
  command.add_option("--isa", common.isa, "instruction path; `limn version` lists them")->type_name("NAME");
}

}  // namespace limn::cli
