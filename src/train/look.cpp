// What the layers say of rows: those of a step while it is made, or one that is looked at. It must not change what is
// learned.
#include <algorithm>

#include "train/engine.hpp"

namespace limn {

const Engine::Look& Engine::look_for(std::int64_t size) {
  for (const Look& look : looks)
    if (look.plan.feed->batch() == size) return look;
  Look look;
  look.plan.feed = std::make_unique<Feed>(model.target, size, model.network.inputs());
  look.plan.feed->vary(parse_augmentation(settings.augment, data->preprocessing.kind == "images"), seed);
  MemoryByName memory = memory_of(theta, statistics);
  memory["x"] = look.plan.feed->x(), memory["y"] = look.plan.feed->y();
  const Fn fn = inspection(model, settings, size, true, Mode::kTraining);
  look.plan.executable = std::make_unique<Executable>(fn, bind(fn, memory), look.plan.feed->stage());
  for (const auto& output : fn.outputs) look.outputs.push_back(output.name);
  looks.push_back(std::move(look));
  return looks.back();
}

Inspection Engine::inspect_step() {
  const std::vector<std::int32_t> taken = next_rows();
  const auto size = static_cast<std::int64_t>(taken.size()), accumulate = settings.accumulate;
  auto point =
      minimising ? place().point : static_cast<std::uint64_t>(cursor.step) * static_cast<std::uint64_t>(accumulate);
  const std::int64_t part = minimising ? chunk_rows(model, size) : batch();
  Inspection all;
  for (std::int64_t done = 0; done < size; done += part) {
    const std::int64_t count = std::min(part, size - done);
    const Look& look = look_for(count);
    look.plan.feed->set(*data, taken.data() + done, cursor.epoch);
    look.plan.executable->run(pool, {seed, ++point});
    const auto append_to = [&](const std::string& name, std::span<const float> part) {
      all[name].insert(all[name].end(), part.begin(), part.end());
    };
    append_to("input", {static_cast<const float*>(look.plan.feed->x()),
                        static_cast<std::size_t>(count * model.network.inputs())});
    for (std::size_t i = 0; i < look.outputs.size(); ++i) append_to(look.outputs[i], look.plan.executable->output(i));
  }
  return all;
}

const Inspection& Engine::look_at(std::int32_t row) {
  if (looked_.row != row) looked_.of_row = evaluator(Weights::kLast).inspect(*data, std::span(&row, 1), true);
  looked_.row = row;
  return looked_.of_row;
}

std::span<const float> Engine::slope_at(std::int32_t row) {
  if (looked_.slope_row != row) {
    const auto slope = evaluator(Weights::kLast).gradient(*data, row);
    looked_.slope.assign(slope.begin(), slope.end());
  }
  looked_.slope_row = row;
  return looked_.slope;
}

const Inspection& Engine::look_at_step() {
  if (looked_.of_step.empty()) looked_.of_step = inspect_step();
  return looked_.of_step;
}

Curvature& Engine::curvature() {
  if (!curvature_ || !curvature_->is_of(settings, theta.span()))
    curvature_ = std::make_unique<Curvature>(model, settings, data, seed, pool, theta.span(), statistics.span());
  return *curvature_;
}

}  // namespace limn
