// limn version: which program this is, and on which instruction paths it can run.
#include <fmt/ranges.h>
#include <CLI/App.hpp>
#include <CLI/Option.hpp>
#include <nlohmann/json.hpp>

#include "cli/command.hpp"
#include "cli/output.hpp"
#include "experiment/build.hpp"
#include "kernel/isa.hpp"

namespace limn::cli {
namespace {

#if defined(__clang__)
constexpr const char* kCompiler = "clang " __clang_version__;
#else
constexpr const char* kCompiler = "g++ " __VERSION__;
#endif

int version(const Common& common) {
  select_isa(common.isa.empty() ? "auto" : common.isa);
  const auto isas = available_isas();
  if (common.json)
    print_json({{"event", "version"},
                {"version", LIMN_VERSION},
                {"build", build_id()},
                {"compiler", kCompiler},
                {"isa", selected_isa()},
                {"isas", isas}});
  else
    fmt::print("limn {}\nbuild     {}\ncompiler  {}\nisa       {} (here: {})\n", LIMN_VERSION, build_id(), kCompiler,
               selected_isa(), fmt::join(isas, ", "));
  return 0;
}

}  // namespace

void add_version_command(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("version", "which program this is");
  auto common = std::make_shared<Common>();
  add_machine_options(*command, *common);
  command->callback([&action, common] { action = [common] { return version(*common); }; });
}

}  // namespace limn::cli
