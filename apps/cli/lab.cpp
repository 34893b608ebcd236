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
#include "lab/roster.hpp"
#include "lab/server.hpp"

namespace limn::cli {
namespace {

struct Options {
  lab::ServerOptions server;
  std::int64_t port = 7070;
  std::string token;
  std::string runs = "runs";
  std::string quota = "10G";
  std::string roster, student_quota;
  bool no_open = false;
  Common common;
};

void check_plain(const std::string& text, const char* what, std::string_view others) {
  for (const char c : text)
    if (!std::isalnum(static_cast<unsigned char>(c)) && others.find(c) == std::string_view::npos)
      throw Error(fmt::format("the {} has characters other than letters, digits and {}", what, others),
                  "take such a one, or none");
}

// The links of a class: one a line, or as events.
void print_links(const std::vector<lab::Student>& students, const std::string& origin, bool json) {
  std::size_t width = 0;
  for (const lab::Student& student : students) width = std::max(width, student.name.size());
  for (const auto& [name, slug, token] : students) {
    const std::string url = fmt::format("{}/at/{}/?token={}", origin, slug, token);
    if (json)
      print_json({{"event", "student"}, {"name", name}, {"slug", slug}, {"url", url}});
    else
      fmt::print("  {:<{}}  {}\n", name, width, url);
  }
}

int run_lab(const Options& options) {
  lab::ServerOptions server = options.server;
  server.port = static_cast<std::uint16_t>(options.port);
  check_plain(options.token, "token", "-_");
  for (const std::string& name : server.names) check_plain(name, "name", "-.");
  if (options.roster.empty() && !(options.student_quota.empty() && server.names.empty()))
    throw Error("--student-quota and --name are for a class", "add --class ROSTER, or leave them out");
  std::vector<std::string> names;
  if (!options.roster.empty()) names = lab::read_roster(options.roster);
  server.network = !names.empty();
  std::uint64_t allowed = lab::parse_size(options.quota), for_each = allowed;
  if (!options.student_quota.empty())
    for_each = lab::parse_size(options.student_quota);
  else if (!names.empty())
    allowed = for_each = allowed / (names.size() + 1);
  const auto& stop = interrupts();
  Common common = options.common;
  if (common.threads == 0)  // one core is the browser's: threads that wait for each other lose more than it gives
    common.threads = std::max<std::int64_t>(1, std::thread::hardware_concurrency() - 1);
  Machine machine(common);
  lab::Keys keys(options.runs, options.token, names);
  lab::Hub hub(options.runs, allowed, for_each, keys, machine.program(), machine.pool());
  lab::serve(server, keys, hub, stop, [&](std::uint16_t port) {
    const std::string origin = fmt::format("http://{}:{}", lab::public_host(server), port);
    const std::string url = fmt::format("{}/?token={}", origin, keys.own());
    if (options.common.json)
      print_json({{"event", "ready"}, {"url", url}, {"port", port}});
    else
      fmt::print("lab ready: {}\n", url);
    print_links(keys.students(), origin, options.common.json);
    if (!lab::is_loopback(server.host))
      fmt::print(stderr, "HTTP is not encrypted: who can read this network reads along.\n");
    std::fflush(stdout);
    if (!options.no_open && !options.common.json && std::getenv("DISPLAY"))
      static_cast<void>(std::system(fmt::format("xdg-open '{}' >/dev/null 2>&1 &", url).c_str()));
  });
  return 0;
}

}  // namespace

void add_lab_command(CLI::App& app, Action& action) {
  auto* command =
      app.add_subcommand("lab", "open the lab: pages in the browser, served from this machine to itself or to a class");
  auto options = std::make_shared<Options>();
  command
      ->add_option("--host", options->server.host,
                   "a loopback address; with --class any address of this machine, 0.0.0.0: all of them")
      ->capture_default_str();
  add_whole_number(*command, "--port", options->port, 0, 65535, "0: any free one")->capture_default_str();
  command->add_option("--name", options->server.names, "a name that this machine has in the network, with --class");
  command->add_option("--token", options->token, "what a request must know; drawn when not given");
  command->add_flag("--no-open", options->no_open, "do not open a browser");
  command->add_option("--runs", options->runs, "the folder of runs")->type_name("DIR")->capture_default_str();
  command->add_option("--quota", options->quota, "what runs and uploads may take of the disk; a number alone is GiB")
      ->type_name("SIZE")
      ->capture_default_str();
  command
      ->add_option("--class", options->roster,
                   "a space and a link of its own for each student: a file with a name a line, or how many there are")
      ->type_name("ROSTER");
  command->add_option("--student-quota", options->student_quota, "of each student; else --quota is divided among them")
      ->type_name("SIZE");
  add_machine_options(*command, options->common);
  command->callback([&action, options] { action = [options] { return run_lab(*options); }; });
}

}  // namespace limn::cli
