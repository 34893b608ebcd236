#include "explain/count.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace limn {
namespace {

constexpr std::int64_t kRows = 256;  // of a batch

Network::Retouch ablate(std::span<const Channel> ablated) {
  return [ablated](int number, Value a) {
    const std::int64_t channels = a.shape()[-1];
    std::vector<bool> kept(static_cast<std::size_t>(channels), true);
    for (const Channel& s : ablated)
      if (s.layer == number) kept[static_cast<std::size_t>(s.channel)] = false;
    if (std::ranges::all_of(kept, std::identity{})) return a;
    const Value one = constant(a.graph(), 1), zero = constant(a.graph(), 0);
    std::vector<Value> parts;  // as long as they are alike
    for (std::int64_t begin = 0, end = 0; begin < channels; begin = end) {
      const bool keep = kept[static_cast<std::size_t>(begin)];
      while (end < channels && kept[static_cast<std::size_t>(end)] == keep) ++end;
      parts.push_back(broadcast(keep ? one : zero, {end - begin}));
    }
    return select(concat(parts, 0), a, zero);
  };
}

[[noreturn]] void refuse(std::string_view word, const FrozenNetwork& net) {
  throw Error(fmt::format("\"{}\" is no channel of a layer", word),
              fmt::format("write layer1.unit[3], layers from 1 to {}, channels and units from 0",
                          net.network().numbered() - 1));
}

Channel parse_one(std::string_view word, const FrozenNetwork& net) {
  Channel ablated;
  auto take = [&, rest = word](std::string_view before, auto& number) mutable {
    if (!rest.starts_with(before)) refuse(word, net);
    const char* const begin = rest.data() + before.size();
    const auto [end, error] = std::from_chars(begin, rest.data() + rest.size(), number);
    if (error != std::errc()) refuse(word, net);
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    return rest;
  };
  take("layer", ablated.layer);
  if (take(".unit[", ablated.channel) != "]") refuse(word, net);
  const int last = net.network().numbered();
  if (ablated.layer == last && last > 0)
    throw Error(fmt::format("layer {} is the last: its units are the answers", last), "ablate a layer before it");
  if (ablated.layer < 1 || ablated.layer > last) refuse(word, net);
  if (const std::int64_t channels = net.shape_of(ablated.layer)[-1]; ablated.channel < 0 || ablated.channel >= channels)
    throw Error(fmt::format("layer {} has {} channels, none is {}", ablated.layer, channels, ablated.channel),
                fmt::format("they are numbered 0 to {}", channels - 1));
  return ablated;
}

}  // namespace

std::vector<Channel> parse_channels(std::string_view words, const FrozenNetwork& net) {
  std::vector<Channel> all;
  while (true) {
    const auto begin = words.find_first_not_of(" ,");
    if (begin == std::string_view::npos) return all;
    words.remove_prefix(begin);
    const auto end = std::min(words.find_first_of(" ,"), words.size());
    all.push_back(parse_one(words.substr(0, end), net));
    words.remove_prefix(end);
  }
}

std::vector<float> layer_of(const FrozenNetwork& net, std::span<const float> picture, int layer,
                            std::span<const Channel> ablated) {
  net.shape_of(layer);
  Question question(net, trace([&](Fn& fn) {
                      const Look look(fn, net, 1, ablate(ablated));
                      fn.output("a", look.layers.a[static_cast<std::size_t>(layer - 1)]);
                    }));
  std::ranges::copy(picture, question.x().begin());
  question.ask();
  const auto a = question.answer(0);
  return {a.begin(), a.end()};
}

std::vector<Motion> motions(Move move, double most, double by, const FrozenNetwork& net, std::int64_t count) {
  const bool turns = move == Move::kTurn;
  const double limit = turns ? 180 : static_cast<double>(std::min(net.height(), net.width()));
  const bool fits = turns || (most == std::floor(most) && by == std::floor(by));
  if (!(most >= 0 && most <= limit && by > 0) || !fits || 2 * std::floor(most / by) + 1 > static_cast<double>(count))
    throw Error(fmt::format("pictures cannot be moved by up to {} in steps of {}", most, by),
                turns ? fmt::format("up to 180 degrees, and {} moves in all", count)
                      : fmt::format("whole pixels up to {}, and {} moves in all", limit, count));
  std::vector<Motion> all;
  const auto side = static_cast<std::int64_t>(most / by);
  for (std::int64_t i = -side; i <= side; ++i) {
    const double d = static_cast<double>(i) * by;
    Motion& motion = all.emplace_back();
    if (turns)
      motion.degrees = d;
    else
      (move == Move::kDown ? motion.down : motion.right) = static_cast<std::int64_t>(d);
  }
  return all;
}

Count::Count(const FrozenNetwork& net, std::span<const std::int32_t> rows, const Motion& motion,
             std::vector<Channel> ablated)
    : net_(net), rows_(rows.begin(), rows.end()), motion_(motion), ablated_(std::move(ablated)) {
  net.check_classes();
  if (rows_.empty()) throw Error("the split has no rows", "name another split: train, valid, test");
  for (const std::int32_t row : rows_)
    if (net.data().labels[static_cast<std::size_t>(row)] < 0)
      throw Error(fmt::format("{} does not say the class of every row", net.data().name), "name data that do");
  const auto classes = static_cast<std::size_t>(net.model().classes);
  confusion_.resize(classes * classes);
}

const Count::Batch& Count::batch_of(std::int64_t size) {
  for (const Batch& batch : batches_)
    if (batch.feed->batch() == size) return batch;
  Batch batch{std::make_unique<Feed>(net_.model().target, size, net_.network().inputs()), nullptr};
  batch.feed->move(motion_);
  const Fn fn = trace([&](Fn& f) { f.output("p", Look(f, net_, size, ablate(ablated_)).p); });
  MemoryByName memory = net_.memory();
  memory["x"] = batch.feed->x();
  batch.executable = std::make_unique<Executable>(fn, limn::bind(fn, memory), batch.feed->stage());
  batches_.push_back(std::move(batch));
  return batches_.back();
}

bool Count::go_on() {
  const auto size = std::min<std::int64_t>(kRows, static_cast<std::int64_t>(rows_.size() - done_));
  if (size == 0) return false;
  const Batch& batch = batch_of(size);
  batch.feed->set(net_.data(), rows_.data() + done_);
  batch.executable->run(net_.pool(), {});
  const auto p = batch.executable->output(0);
  const auto classes = static_cast<std::size_t>(net_.model().classes);
  for (std::size_t i = 0; i < static_cast<std::size_t>(size); ++i) {
    const auto label = static_cast<std::size_t>(net_.data().labels[static_cast<std::size_t>(rows_[done_ + i])]);
    ++confusion_[label * classes + static_cast<std::size_t>(class_of(p.subspan(i * classes, classes)))];
  }
  done_ += static_cast<std::size_t>(size);
  if (done_ == rows_.size()) batches_.clear();  // of many counts only those that go on take memory
  return done_ < rows_.size();
}

double Count::accuracy() const {
  const auto classes = static_cast<std::size_t>(net_.model().classes);
  std::int64_t right = 0;
  for (std::size_t k = 0; k < classes; ++k) right += confusion_[k * classes + k];
  return static_cast<double>(right) / static_cast<double>(done_);
}

}  // namespace limn
