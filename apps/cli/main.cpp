// The program `limn`: parses the line, does what it says, and ends as the contract says: 0 done, 1 failed while
// running, 2 the request is wrong, 130 interrupted; errors are two lines on standard error.
#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <new>
#include <span>

#include "base/error.hpp"
#include "cli/command.hpp"
#include "experiment/parameter.hpp"

namespace limn::cli {
namespace {

int report(const std::string& what, const std::string& hint, int status) {
  std::fflush(stdout);
  print_error(fmt::format("error: {}\nhint: {}\n", what, hint));
  return status;
}

// Says of a line that could not be parsed what its writer may have meant.
int report_usage(const CLI::App& app, const CLI::ParseError& error, int argc, char** argv) {
  std::vector<std::string> commands;
  for (const auto* command : app.get_subcommands([](const CLI::App*) { return true; }))
    commands.push_back(command->get_name());
  const CLI::App* innermost = &app;
  std::string path = "limn";
  while (!innermost->get_subcommands().empty()) {
    innermost = innermost->get_subcommands().back();
    path += " " + innermost->get_name();
  }
  if (innermost == &app && argc > 1 && argv[1][0] != '-')
    return report(fmt::format("there is no command '{}'", argv[1]), suggestion(argv[1], commands, "commands"), 2);

  if (innermost == &app) return report("no command is given", suggestion("", commands, "commands"), 2);

  std::string hint = fmt::format("`{} --help` explains the command", path);
  std::vector<std::string> options;
  for (const auto* option : innermost->get_options())
    for (const auto& name : option->get_lnames()) options.push_back("--" + name);
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError))
    for (const std::string_view word : std::span(argv, static_cast<std::size_t>(argc)))
      if (word.starts_with("--") && std::ranges::count(options, word.substr(0, word.find('='))) == 0)
        hint = fmt::format("{}; {}", suggestion(word, options, "options"), hint);
  std::string what = error.what();
  while (!what.empty() && (what.back() == '\n' || what.back() == '.')) what.pop_back();
  for (char& c : what)
    if (c == '\n') c = ' ';
  return report(what, hint, 2);
}

// Files that are opened later must not get the numbers of closed standard streams: output would land in them.
void reserve_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(stream, F_GETFD) < 0) ::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

int report_unwritten() {
  return report("standard output cannot be written", "check the disk or the program that reads it", 1);
}

int run(int argc, char** argv) {
  reserve_standard_streams();
  CLI::App app("limn: deep learning you can watch, steer and ship", "limn");
  app.require_subcommand(1);
  Action action;
  add_train_commands(app, action);
  add_continue_commands(app, action);
  add_replay_command(app, action);
  add_use_commands(app, action);
  add_explain_command(app, action);
  add_export_command(app, action);
  add_import_command(app, action);
  add_runs_command(app, action);
  add_data_command(app, action);
  add_experiments_command(app, action);
  add_inspect_command(app, action);
  add_minimize_command(app, action);
  add_bench_command(app, action);
  add_lab_command(app, action);
  add_version_command(app, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    return report_usage(app, error, argc, argv);
  }
  const int status = action();
  return std::fflush(stdout) != 0 || std::ferror(stdout) ? report_unwritten() : status;
}

}  // namespace
}  // namespace limn::cli

int main(int argc, char** argv) {
  using limn::cli::report;
  try {
    return limn::cli::run(argc, argv);
  } catch (const limn::Error& error) {
    return report(error.what(), error.hint(), static_cast<int>(error.fault()));
  } catch (const std::bad_alloc&) {
    return report("there is not enough memory", "choose a smaller batch or network", 1);
  } catch (const std::exception& error) {
    if (std::ferror(stdout)) return limn::cli::report_unwritten();
    return report(fmt::format("limn broke: {}", error.what()),
                  "this is a mistake in limn; please report the line above", 1);
  }
}
