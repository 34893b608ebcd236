#include <CLI/App.hpp>
#include <CLI/Option.hpp>
#include <charconv>
#include <cstdio>
#include <limits>

#include "base/error.hpp"
#include "cli/command.hpp"

namespace limn::cli {
namespace {

// Strict where the parser's own conversion is not: it reads 010 as eight and wraps what is too large.
template <class Whole>
CLI::Option* add_strict(CLI::App& command, const std::string& name, Whole& value, Whole low, Whole high,
                        const std::string& help) {
  const auto read = [&value, name, low, high](const std::string& text) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < low || value > high)
      throw Error(fmt::format("{} cannot be '{}'", name, text),
                  fmt::format("{} is a whole number from {} to {}", name, low, high));
  };
  return command.add_option_function<std::string>(name, read, help)->type_name("N");
}

}  // namespace

void print_error(const std::string& text) { static_cast<void>(std::fputs(text.c_str(), stderr)); }

CLI::Option* add_whole_number(CLI::App& command, const std::string& name, std::int64_t& value, std::int64_t low,
                              std::int64_t high, const std::string& help) {
  return add_strict(command, name, value, low, high, help);
}

CLI::Option* add_seed(CLI::App& command, std::uint64_t& value) {
  return add_strict(command, "--seed", value, std::uint64_t{0}, std::numeric_limits<std::uint64_t>::max(),
                    "of weights, order, dropout and splits; 1 when not given");
}

void add_output_options(CLI::App& command, Common& common) {
  command.add_flag("--json", common.json, "one JSON object a line on standard output, nothing else there");
  command.add_flag("--quiet", common.quiet, "only what was asked for, no progress");
}

void add_machine_options(CLI::App& command, Common& common) {
  add_output_options(command, common);
  add_whole_number(command, "--threads", common.threads, 1, 256,
                   "threads that compute; the numbers do not depend on them");
  command.add_option("--isa", common.isa, "instruction path; `limn version` lists them")->type_name("NAME");
}

}  // namespace limn::cli
