// The machine as a command uses it: instruction path, threads, and the wish of its user to stop.
#pragma once
#include <atomic>

#include "base/thread_pool.hpp"
#include "cli/command.hpp"
#include "experiment/run.hpp"
#include "experiment/runner.hpp"

namespace limn::cli {

class Machine {
 public:
  // Pins the instruction path: --isa, else the one `run` was made with where this machine has it, else the fastest.
  // Warns on standard error where the bits of `run` are not promised: another path, another build.
  explicit Machine(const Common& common, const Run* run = nullptr);
  ThreadPool& pool() { return pool_; }
  const Program& program() const { return program_; }

 private:
  Program program_;
  ThreadPool pool_;
};

// Counts SIGINT and SIGTERM from the first call on; the second signal ends the program at once, with status 130. A
// standard output that nobody reads any more counts as one.
const std::atomic<int>& interrupts();

std::string program_build();  // "0.1.0-" and the id of the build

}  // namespace limn::cli
