// A plan resolved against kernels and memory, ready to be run again and again without allocating. The bits it makes
// depend on the plan, the instruction path and the inputs, never on the number of threads.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/aligned_floats.hpp"
#include "base/thread_pool.hpp"
#include "exec/interpreter.hpp"
#include "plan/plan.hpp"

namespace limn {

struct StepTime {
  const Step* step;
  double microseconds;  // median
};

// Memory for executables that run one after another: what one leaves there holds until another one runs.
using SharedArena = std::shared_ptr<AlignedFloats>;

class Executable {
 public:
  // memory[i]: of input i, [shape...] float32, or int32 for indices; states are read and written there. It must outlive
  // the executable. `feed` runs before everything else in every run (filling inputs); it may be empty. `arena`: where
  // it works if that is large enough, else it is set to where it works; null: memory of its own.
  Executable(const Fn& fn, std::vector<void*> memory, Stage feed = {0, nullptr, nullptr}, SharedArena* arena = nullptr);
  ~Executable();
  Executable(const Executable&) = delete;
  Executable& operator=(const Executable&) = delete;

  void run(ThreadPool& pool, RunPoint point);
  std::span<const float> output(std::size_t i) const;  // of the last run, in the order of Fn::outputs
  const Plan& plan() const;
  std::vector<StepTime> profile(RunPoint point,
                                int rounds);  // runs each step `rounds` times on this thread; spoils states

 private:
  struct Resolved;
  std::unique_ptr<Resolved> resolved_;
};

}  // namespace limn
