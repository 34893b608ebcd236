#include "exec/executable.hpp"

#include <algorithm>
#include <chrono>

#include "exec/step.hpp"

namespace limn {
namespace {

// Estimated work, in microseconds on one thread, below which sharing it costs more than it saves.
constexpr double kWorthSharing = 2, kWorthPool = 40;

struct Task {  // one chunk of one step
  void (*run)(const void* context, int chunk);
  const void* context;
  int chunk;
  double position;  // of the chunk within its step, 0 to 1
};

}  // namespace

struct Executable::Resolved {
  Plan plan;
  SharedArena arena;
  Convolvers convolvers;
  std::vector<void*> memory;
  std::vector<std::size_t> output_sizes;
  Stage feed;
  RunPoint point;
  std::vector<BoundStep> steps;
  // Tasks in order, and where each chunk of each shared stage begins: a chunk runs tasks first[i] .. first[i + 1] - 1.
  struct Shared {
    const Resolved* owner;
    std::vector<std::size_t> first;
  };
  std::vector<Task> tasks;
  std::vector<std::unique_ptr<Shared>> shared;
  std::vector<Stage> stages;
  double microseconds = 0;

  float* address(Place place) const {
    float* base = place.buffer == kArena ? arena->data() : static_cast<float*>(memory[place.buffer - 1]);
    return base + place.offset;
  }

  // Stages too small to share are joined: one thread runs them one after another.
  void make_stages() {
    bool joining = false;
    for (std::size_t begin = 0, end = 0; begin < steps.size(); begin = end) {
      double work = 0;
      int chunks = 0;
      for (end = begin; end < steps.size() && plan.steps[end].stage == plan.steps[begin].stage; ++end)
        work += steps[end].microseconds, chunks += steps[end].chunks;
      microseconds += work;
      const bool share = chunks > 1 && work > kWorthSharing;
      if (share || !joining) {
        shared.push_back(std::make_unique<Shared>(Shared{this, {tasks.size()}}));
        stages.push_back({0, &run_chunk, shared.back().get()});
      } else {
        shared.back()->first.pop_back();  // go on with the chunk of the stage before
        --stages.back().chunks;
      }
      // A thread takes a contiguous part of the chunks: put side by side what lies side by side in each step.
      const std::size_t first_task = tasks.size();
      for (std::size_t i = begin; i < end; ++i)
        for (int chunk = 0; chunk < steps[i].chunks; ++chunk)
          tasks.push_back({steps[i].run, steps[i].context.get(), chunk, (chunk + 0.5) / steps[i].chunks});
      if (share) {
        std::ranges::stable_sort(tasks.begin() + static_cast<std::ptrdiff_t>(first_task), tasks.end(), {},
                                 &Task::position);
        for (std::size_t i = first_task; i < tasks.size(); ++i)
          shared.back()->first.push_back(i + 1), ++stages.back().chunks;
      }
      if (!share) shared.back()->first.push_back(tasks.size()), ++stages.back().chunks;
      joining = !share;
    }
  }

  static void run_chunk(void* context, int chunk) {
    const auto* stage = static_cast<const Shared*>(context);
    for (std::size_t i = stage->first[chunk]; i < stage->first[chunk + 1]; ++i) {
      const Task& task = stage->owner->tasks[i];
      task.run(task.context, task.chunk);
    }
  }
};

Executable::Executable(const Fn& fn, std::vector<void*> memory, Stage feed, SharedArena* arena)
    : resolved_(std::make_unique<Resolved>()) {
  Resolved& r = *resolved_;
  r.plan = compile(fn);
  const auto floats = static_cast<std::size_t>(r.plan.arena_floats);
  const bool fits = arena && *arena && (*arena)->size() >= floats;
  r.arena = fits ? *arena : std::make_shared<AlignedFloats>(floats);
  if (arena) *arena = r.arena;
  r.memory = std::move(memory);
  r.feed = feed;
  LIMN_CHECK(r.memory.size() == fn.graph.inputs().size(), "{} inputs, {} given", fn.graph.inputs().size(),
             r.memory.size());
  for (const Output& output : fn.outputs)
    r.output_sizes.push_back(static_cast<std::size_t>(fn.graph[output.id].shape.size()));
  for (const Step& step : r.plan.steps)
    r.steps.push_back(bind(step, [&](Place p) { return r.address(p); }, &r.point, &r.convolvers));
  r.make_stages();
  if (feed.chunks > 0) r.stages.insert(r.stages.begin(), feed);
}
Executable::~Executable() = default;

void Executable::run(ThreadPool& pool, RunPoint point) {
  Resolved& r = *resolved_;
  r.point = point;
  if (pool.threads() > 1 && r.microseconds > kWorthPool) return pool.run(r.stages);
  for (int chunk = 0; chunk < r.feed.chunks; ++chunk) r.feed.run(r.feed.context, chunk);
  for (const Task& task : r.tasks) task.run(task.context, task.chunk);
}

std::span<const float> Executable::output(std::size_t i) const {
  return {resolved_->address(resolved_->plan.outputs[i]), resolved_->output_sizes[i]};
}
const Plan& Executable::plan() const { return resolved_->plan; }

std::vector<StepTime> Executable::profile(RunPoint point, int rounds) {
  Resolved& r = *resolved_;
  r.point = point;
  std::vector<StepTime> times;
  for (std::size_t i = 0; i < r.steps.size(); ++i) {
    std::vector<double> spent;
    for (int round = 0; round < rounds; ++round) {
      const auto begin = std::chrono::steady_clock::now();
      for (int chunk = 0; chunk < r.steps[i].chunks; ++chunk) r.steps[i].run(r.steps[i].context.get(), chunk);
      spent.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count());
    }
    std::ranges::nth_element(spent, spent.begin() + rounds / 2);
    times.push_back({&r.plan.steps[i], spent[rounds / 2]});
  }
  return times;
}

}  // namespace limn
