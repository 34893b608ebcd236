// What the layers say of rows: those of a step while it is made, or one that is looked at. It must not change what is
// learned.
#include <algorithm>

#include "base/hash.hpp"
#include "train/engine.hpp"
#include "train/update.hpp"

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
  look.plan.executable = std::make_unique<Executable>(fn, limn::bind(fn, memory), look.plan.feed->stage());
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

const std::vector<UpdatePart>& Engine::update_parts() {
  if (!looked_.update.empty()) return looked_.update;
  const auto gradient = flat_gradient();
  if (minimising && !gradient.empty()) {
    UpdatePart step{"step", "Δθ", "θₜ − θₜ₋₁", {}};
    const auto begin = minimising->begin();
    for (std::size_t i = 0; i < begin.size(); ++i) step.values.push_back(double{theta.data()[i]} - double{begin[i]});
    looked_.update.push_back(std::move(step));
  } else if (before && !gradient.empty()) {
    UpdateGiven given{before->given, gradient, theta.span(), {}, before->point};
    for (std::size_t i = 0; i < moments.size(); ++i)
      given.moments[input_name(find_rule(settings.optimizer).moments[i])] = moments[i].span();
    looked_.update = look_at_update(parameters(), before->settings, given);
  }
  return looked_.update;
}

std::vector<TensorView> Engine::last_update() {
  update_parts();
  std::vector<TensorView> views;
  for (UpdatePart& part : looked_.update)
    for (const Parameter& p : parameters().list)
      views.push_back({fmt::format("{}/{}", part.name, p.name),
                       p.shape,
                       {},
                       std::span(part.values)
                           .subspan(static_cast<std::size_t>(p.offset), static_cast<std::size_t>(p.shape.size()))});
  return views;
}

double Engine::batch_digest() {
  constexpr std::size_t kPart = 256;  // rows
  const std::vector<std::int32_t> taken = next_rows();
  const auto n = static_cast<std::size_t>(model.network.inputs());
  std::uint64_t sum = 0;
  std::vector<float> sample(n + 1);
  for (std::size_t done = 0; done < taken.size(); done += kPart) {
    const std::size_t count = std::min(kPart, taken.size() - done);
    Feed feed(model.target, static_cast<std::int64_t>(count), model.network.inputs());
    feed.vary(parse_augmentation(settings.augment, data->preprocessing.kind == "images"), seed);
    feed.set(*data, taken.data() + done, cursor.epoch);
    const Stage stage = feed.stage();
    for (int chunk = 0; chunk < stage.chunks; ++chunk) stage.run(stage.context, chunk);
    for (std::size_t i = 0; i < count; ++i) {
      std::copy_n(static_cast<const float*>(feed.x()) + i * n, n, sample.begin());
      sample[n] = static_cast<const float*>(feed.y())[i];  // of a class its number's bits
      sum += hash64(std::as_bytes(std::span(sample)));
    }
  }
  return digest(sum);
}

Curvature& Engine::curvature() {
  constexpr std::size_t kMostKept = 8, kMostBytes = 64 << 20;  // but one, whatever its size
  const auto known = std::ranges::find_if(curvatures_, [&](Curvature& c) { return c.is_of(settings, theta.span()); });
  if (known != curvatures_.end())
    curvatures_.splice(curvatures_.begin(), curvatures_, known);
  else
    curvatures_.emplace_front(model, settings, data, seed, pool, theta.span(), statistics.span());
  std::size_t bytes = 0, kept = 0;
  std::erase_if(curvatures_, [&](const Curvature& c) {
    bytes += c.bytes(), ++kept;
    return kept > 1 && (kept > kMostKept || bytes > kMostBytes);
  });
  return curvatures_.front();
}

}  // namespace limn
