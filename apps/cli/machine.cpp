#include "cli/machine.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>

#include "base/error.hpp"
#include "experiment/build.hpp"
#include "kernel/isa.hpp"

namespace limn::cli {
namespace {

std::atomic<int> interrupt_count{0};
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler writes it");

void on_interrupt(int) {
  if (interrupt_count.fetch_add(1) > 0) ::_exit(130);
}

// A reader of our output that went away is a wish to stop too, but never a second one.
void on_closed_output(int) {
  int none = 0;
  interrupt_count.compare_exchange_strong(none, 1);
}

Program choose(const Common& common, const Run* run) {
  std::string wanted = common.isa.empty() ? "auto" : common.isa;
  if (run && common.isa.empty()) {
    const auto available = available_isas();
    if (std::ranges::count(available, run->info.isa) > 0) wanted = run->info.isa;
  }
  select_isa(wanted);
  Program program{program_build(), selected_isa(), static_cast<int>(common.threads)};
  if (program.threads == 0) program.threads = std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, 64);
  if (run && run->info.isa != program.isa)
    print_error(fmt::format("warning: the run was made on the instruction path {}, this is {}: bits may differ\n",
                            run->info.isa, program.isa));
  if (run && run->info.build != program.build)
    print_error(fmt::format("warning: the run was made by build {}, this is {}: bits may differ\n", run->info.build,
                            program.build));
  return program;
}

}  // namespace

Machine::Machine(const Common& common, const Run* run) : program_(choose(common, run)), pool_(program_.threads) {}

const std::atomic<int>& interrupts() {
  static const bool installed = [] {
    struct sigaction action{};
    action.sa_handler = on_interrupt;
    action.sa_flags = SA_RESTART;
    ::sigaction(SIGINT, &action, nullptr);
    ::sigaction(SIGTERM, &action, nullptr);
    action.sa_handler = on_closed_output;
    ::sigaction(SIGPIPE, &action, nullptr);
    return true;
  }();
  static_cast<void>(installed);
  return interrupt_count;
}

std::string program_build() { return fmt::format("{}-{}", LIMN_VERSION, build_id()); }

}  // namespace limn::cli
