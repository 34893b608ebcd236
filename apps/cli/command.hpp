// The table of commands, and the options that several of them share. One file per group of commands; each adds its
// commands to the parser and leaves in `action` what is to be done once the whole line is parsed.
#pragma once
#include <CLI/App.hpp>
#include <cstdint>
#include <functional>
#include <string>

namespace limn::cli {

using Action = std::function<int()>;  // returns the exit status

void print_error(const std::string& text);  // on standard error; where that cannot be written, nothing is to be done

// What --json, --quiet, --threads and --isa say.
struct Common {
  bool json = false, quiet = false;
  std::int64_t threads = 0;  // 0: one per core
  std::string isa;           // empty: the run's own, else the fastest
};

// An option that takes a decimal whole number from low to high. Error: anything else, such as 1e3 or too many digits.
CLI::Option* add_whole_number(CLI::App& command, const std::string& name, std::int64_t& value, std::int64_t low,
                              std::int64_t high, const std::string& help);
CLI::Option* add_seed(CLI::App& command, std::uint64_t& value);

void add_output_options(CLI::App& command, Common& common);   // --json --quiet
void add_machine_options(CLI::App& command, Common& common);  // those and --threads --isa

void add_train_commands(CLI::App& app, Action& action);     // train, run
void add_continue_commands(CLI::App& app, Action& action);  // resume, branch
void add_replay_command(CLI::App& app, Action& action);
void add_runs_command(CLI::App& app, Action& action);
void add_use_commands(CLI::App& app, Action& action);  // eval, predict
void add_explain_command(CLI::App& app, Action& action);
void add_export_command(CLI::App& app, Action& action);
void add_import_command(CLI::App& app, Action& action);
void add_data_command(CLI::App& app, Action& action);
void add_experiments_command(CLI::App& app, Action& action);
void add_inspect_command(CLI::App& app, Action& action);
void add_minimize_command(CLI::App& app, Action& action);
void add_bench_command(CLI::App& app, Action& action);
void add_lab_command(CLI::App& app, Action& action);
void add_version_command(CLI::App& app, Action& action);

}  // namespace limn::cli
