// limn lab: the pages and their server.
#include <CLI/App.hpp>
#include <CLI/Option.hpp>
#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/error.hpp"
#include "cli/command.hpp"
#include "cli/machine.hpp"
#include "cli/output.hpp"
#include "lab/server.hpp"

namespace limn::cli {
namespace {

struct Options {
  lab::ServerOptions server;
  std::int64_t port = 7070;
  std::string runs = "runs";
  std::string quota = "10G";
  bool no_open = false;
  Common common;
};

int run_lab(const Options& options) {
  lab::ServerOptions server = options.server;
  server.port = static_cast<std::uint16_t>(options.port);
  if (server.token.empty()) server.token = lab::random_token();
  for (const char c : server.token)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_')
      throw Error("the token has characters other than letters, digits, - and _", "take such a one, or none");
  const std::uint64_t allowed = lab::parse_size(options.quota);
  const auto& stop = interrupts();
  Common common = options.common;
  if (common.threads == 0)  // one core is the browser's: threads that wait for each other lose more than it gives
    common.threads = std::max<std::int64_t>(1, std::thread::hardware_concurrency() - 1);
  Machine machine(common);
  lab::Hub hub(options.runs, allowed, machine.program(), machine.pool());
  lab::serve(server, hub, stop, [&](std::uint16_t port) {
    const std::string host = server.host == "::1" ? "[::1]" : server.host;
    const std::string url = fmt::format("http://{}:{}/?token={}", host, port, server.token);
    if (options.common.json)
      print_json({{"event", "ready"}, {"url", url}, {"port", port}});
    else
      fmt::print("lab ready: {}\n", url);
    std::fflush(stdout);
    if (!options.no_open && !options.common.json && std::getenv("DISPLAY"))
      static_cast<void>(std::system(fmt::format("xdg-open '{}' >/dev/null 2>&1 &", url).c_str()));
  });
  return 0;
}

}  // namespace

void add_lab_command(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("lab", "open the lab: pages in the browser, served from this machine to itself");
  auto options = std::make_shared<Options>();
  command->add_option("--host", options->server.host, "a loopback address")->capture_default_str();
  add_whole_number(*command, "--port", options->port, 0, 65535, "0: any free one")->capture_default_str();
  command->add_option("--token", options->server.token, "what a request must know; drawn when not given");
  command->add_flag("--no-open", options->no_open, "do not open a browser");
  command->add_option("--runs", options->runs, "the folder of runs")->type_name("DIR")->capture_default_str();
  command->add_option("--quota", options->quota, "what runs and uploads may take of the disk; a number alone is GiB")
      ->type_name("SIZE")
      ->capture_default_str();
  add_machine_options(*command, options->common);
  command->callback([&action, options] { action = [options] { return run_lab(*options); }; });
}

}  // namespace limn::cli
