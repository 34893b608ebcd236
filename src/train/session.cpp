#include "train/session.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/hash.hpp"
#include "base/random.hpp"
#include "rule/rule.hpp"
#include "rule/schedule.hpp"
#include "train/evaluate.hpp"
#include "train/feed.hpp"
#include "train/model.hpp"

namespace limn {
namespace {

ModelSpec make_model(const Settings& settings, const Dataset& data) {
  Network network(settings.arch, data.sample.size());
  const std::int64_t outputs = network.outputs();
  const auto classes = static_cast<std::int64_t>(data.classes.size());
  const bool cross_entropy = settings.loss == "cross-entropy";
  if (!cross_entropy && settings.loss != "squared")
    throw Error(fmt::format("there is no loss \"{}\"", settings.loss), "take cross-entropy or squared");
  auto wants = [&](const std::string& end) {
    throw Error(fmt::format("the architecture ends with {} outputs, {} wants {}", outputs, data.name, end),
                "change the last layer of \"" + settings.arch + "\"");
  };
  if (data.task == Task::kRegress) {
    if (cross_entropy) throw Error(fmt::format("{} has a number as its target", data.name), "take --set loss=squared");
    if (outputs != 1) wants("one");
    return {std::move(network), false, TargetKind::kNumbers};
  }
  const bool binary = classes == 2 && outputs == 1;
  if (!binary && outputs != classes)
    wants(classes == 2 ? "2 (one a class), or 1" : fmt::format("{} (one a class)", classes));
  return {std::move(network), cross_entropy, binary ? TargetKind::kBinary : TargetKind::kLabels};
}

}  // namespace

struct Session::Engine {
  // A step's plan for one batch size: the whole batch, or the ragged last one of an epoch.
  struct BatchPlan {
    std::unique_ptr<Feed> feed;
    std::unique_ptr<Executable> executable;
  };
  enum Scalar { kLr, kMomentum, kBeta2, kEpsilon, kWeightDecay, kScalars };

  Settings settings;
  std::shared_ptr<const Dataset> data;
  std::uint64_t seed;
  ThreadPool& pool;
  ModelSpec model;
  Cursor cursor;
  AlignedFloats theta, mask;
  std::vector<AlignedFloats> moments;
  float scalars[kScalars] = {};
  std::vector<std::int32_t> order;  // training rows as this epoch takes them
  std::int64_t order_epoch = -1;
  std::vector<BatchPlan> plans;
  const Executable* last_run = nullptr;  // of the last step: its gradient can be asked for
  float last_loss = std::numeric_limits<float>::quiet_NaN();
  Evaluator evaluator;

  Engine(const Settings& s, std::shared_ptr<const Dataset> d, std::uint64_t seed_, ThreadPool& pool_)
      : settings(s),
        data(std::move(d)),
        seed(seed_),
        pool(pool_),
        model(make_model(s, *data)),
        theta(static_cast<std::size_t>(parameters().size)),
        mask(theta.size()),
        evaluator(model, pool) {
    if (data->train.empty())
      throw Error(fmt::format("{} has no rows to train on", data->name), "choose another --set split");
    check(settings);
    initialise(parameters(), settings.init, seed, theta.data());
    for (const Moment& m : find_rule(settings.optimizer).moments) {
      moments.emplace_back(static_cast<std::size_t>(m.shape(parameters().size).size()));
      std::ranges::fill(moments.back().span(), static_cast<float>(m.initial));
    }
    for (const Parameter& p : parameters().list)
      if (p.is_weight) std::fill_n(mask.data() + p.offset, p.shape.size(), 1.0f);
  }

  static void check(const Settings& s) {
    check_schedule(s.schedule);
    if (s.batch < 1) throw Error(fmt::format("a batch of {}", s.batch), "take at least 1");
    for (const double v : {s.lr, s.momentum, s.beta2, s.epsilon, s.weight_decay})
      if (!std::isfinite(v) || v < 0)
        throw Error(fmt::format("{} is no setting of a rule", v), "take a finite number, 0 or more");
  }

  const Parameters& parameters() const { return model.network.parameters(); }
  std::int64_t rows() const { return static_cast<std::int64_t>(data->train.size()); }
  std::int64_t batch() const { return std::min(settings.batch, rows()); }

  // The epoch's order of the rows: Fisher and Yates, by the seed and the epoch alone.
  void shuffle() {
    if (order_epoch == cursor.epoch) return;
    order.assign(data->train.begin(), data->train.end());
    Random random(seed, "shuffle", static_cast<std::uint64_t>(cursor.epoch));
    for (std::size_t i = order.size(); i > 1; --i)
      std::swap(order[i - 1], order[random.below(static_cast<std::uint32_t>(i))]);
    order_epoch = cursor.epoch;
  }

  const BatchPlan& plan_for(std::int64_t size) {
    for (const BatchPlan& plan : plans)
      if (plan.feed->batch() == size) return plan;
    BatchPlan plan;
    plan.feed = std::make_unique<Feed>(model.target, size, model.network.inputs());
    const Fn fn = training_step(model, settings, size, settings.weight_decay > 0);
    std::vector<void*> memory{theta.data()};
    for (const AlignedFloats& moment : moments) memory.push_back(moment.data());
    memory.insert(memory.end(), {mask.data(), plan.feed->x(), plan.feed->y()});
    for (float& scalar : scalars) memory.push_back(&scalar);
    plan.executable = std::make_unique<Executable>(fn, std::move(memory), plan.feed->stage());
    plans.push_back(std::move(plan));
    return plans.back();
  }

  float advance() {
    shuffle();
    const std::int64_t size = std::min(batch(), rows() - cursor.position);
    const BatchPlan& plan = plan_for(size);
    const double factor = schedule_factor({.name = settings.schedule, .total = settings.total_steps}, cursor.step);
    scalars[kLr] = static_cast<float>(settings.lr * factor);
    scalars[kMomentum] = static_cast<float>(settings.momentum);
    scalars[kBeta2] = static_cast<float>(settings.beta2);
    scalars[kEpsilon] = static_cast<float>(settings.epsilon);
    scalars[kWeightDecay] = static_cast<float>(settings.weight_decay);
    plan.feed->set(*data, order.data() + cursor.position);
    plan.executable->run(pool, {seed, static_cast<std::uint64_t>(cursor.step) + 1});
    last_run = plan.executable.get();
    last_loss = plan.executable->output(0)[0];
    ++cursor.step;
    cursor.position += size;
    if (cursor.position == rows()) ++cursor.epoch, cursor.position = 0;
    return last_loss;
  }

  std::vector<TensorView> named(std::span<float> flat, const std::string& prefix, const std::string& mark = "") const {
    std::vector<TensorView> views;
    for (const Parameter& p : parameters().list) {
      std::string name = prefix + p.name;
      if (!mark.empty()) name.insert(name.rfind('.') + 1, mark);
      views.push_back({std::move(name), p.shape,
                       flat.subspan(static_cast<std::size_t>(p.offset), static_cast<std::size_t>(p.shape.size()))});
    }
    return views;
  }
  std::vector<TensorView> state() const {
    auto views = named(theta.span(), "");
    const Rule& rule = find_rule(settings.optimizer);
    for (std::size_t i = 0; i < moments.size(); ++i)
      if (rule.moments[i].is_scalar)
        views.push_back({std::string(rule.moments[i].name), {}, moments[i].span()});
      else
        for (TensorView& view : named(moments[i].span(), std::string(rule.moments[i].name) + "/"))
          views.push_back(std::move(view));
    return views;
  }
  std::vector<TensorView> gradient() const {
    if (!last_run) return {};
    const auto flat = last_run->output(1);
    return named({const_cast<float*>(flat.data()), flat.size()}, "", "d");
  }
};

Session::Session(const Settings& settings, std::shared_ptr<const Dataset> data, std::uint64_t seed, ThreadPool& pool)
    : engine_(std::make_unique<Engine>(settings, std::move(data), seed, pool)) {}
Session::~Session() = default;

const Settings& Session::settings() const { return engine_->settings; }
const Cursor& Session::cursor() const { return engine_->cursor; }
std::int64_t Session::steps_per_epoch() const { return (engine_->rows() + engine_->batch() - 1) / engine_->batch(); }
std::int64_t Session::parameters() const { return engine_->parameters().size; }
float Session::advance() { return engine_->advance(); }
std::vector<TensorView> Session::state() { return engine_->state(); }

std::map<std::string, double> Session::evaluate(Split split) {
  const Dataset& data = *engine_->data;
  const auto& rows = split == Split::kTrain ? data.train : split == Split::kValid ? data.valid : data.test;
  return engine_->evaluator.metrics(engine_->theta, data, rows);
}
std::vector<float> Session::predict(const Dataset& data, std::span<const std::int32_t> rows) {
  return engine_->evaluator.predict(engine_->theta, data, rows);
}

void Session::restore(const std::vector<Tensor>& tensors, const Cursor& cursor) {
  const auto views = state();
  bool fits = tensors.size() == views.size();
  for (const TensorView& view : views) {
    const auto it = std::ranges::find(tensors, view.name, &Tensor::name);
    fits = fits && it != tensors.end() && it->shape == view.shape;
  }
  if (!fits || cursor.step < 0 || cursor.epoch < 0 || cursor.position < 0 || cursor.position >= engine_->rows())
    throw Error("the state does not fit this model and data", "take a snapshot of the same run");
  for (const TensorView& view : views)
    std::ranges::copy(std::ranges::find(tensors, view.name, &Tensor::name)->values, view.values.begin());
  engine_->cursor = cursor;
  engine_->last_run = nullptr;
  engine_->last_loss = std::numeric_limits<float>::quiet_NaN();
}

std::string Session::fingerprint() const {
  Fingerprint print;
  print.add(std::span<const float>(engine_->theta.span()));
  for (const AlignedFloats& moment : engine_->moments) print.add(std::span<const float>(moment.span()));
  const std::int64_t at[] = {engine_->cursor.step, engine_->cursor.epoch, engine_->cursor.position};
  return print.add(std::span<const std::int64_t>(at)).hex();
}

void Session::change(const Settings& settings) {
  const Settings& old = engine_->settings;
  if (settings.arch != old.arch || settings.optimizer != old.optimizer || settings.loss != old.loss ||
      settings.init != old.init)
    throw Error("arch, optimizer, loss and init belong to a run and stay", "start another run to change them");
  Engine::check(settings);
  if ((settings.weight_decay > 0) != (old.weight_decay > 0)) engine_->plans.clear(), engine_->last_run = nullptr;
  engine_->settings = settings;
}

float Session::quantity(const std::string& name) const {
  if (name == "train.loss") return engine_->last_loss;
  const std::size_t bracket = name.find('[');
  auto views = engine_->state();
  for (TensorView& view : engine_->gradient()) views.push_back(std::move(view));
  const auto it = std::ranges::find(views, name.substr(0, bracket), &TensorView::name);
  if (it == views.end()) {
    std::vector<std::string> names{"train.loss"};
    for (const TensorView& view : views) names.push_back(view.name + to_string(view.shape));
    throw Error(fmt::format("there is no quantity \"{}\"", name),
                fmt::format("there are {} (indices from 0)", fmt::join(names, ", ")));
  }
  std::int64_t offset = 0;
  const char *at = name.data() + std::min(bracket, name.size()), *end = name.data() + name.size();
  for (int i = 0; i < it->shape.rank(); ++i) {
    std::int64_t index = -1;
    const auto [next, error] =
        at < end ? std::from_chars(at + 1, end, index) : std::from_chars_result{at, std::errc::invalid_argument};
    const char closing = i + 1 == it->shape.rank() ? ']' : ',';
    if (error != std::errc() || next == end || *next != closing || index < 0 || index >= it->shape[i])
      throw Error(fmt::format("\"{}\" is no number of {}, whose shape is {}", name, it->name, to_string(it->shape)),
                  "write one index for each dimension, from 0: layer1.w[3,4]");
    offset = offset * it->shape[i] + index;
    at = next;
  }
  return it->values[static_cast<std::size_t>(offset)];
}

Cost Session::step_cost() {
  const Plan& plan = engine_->plan_for(engine_->batch()).executable->plan();
  const std::size_t vectors = 1 + engine_->moments.size();
  return {plan.flops(), plan.bytes(),
          (vectors * engine_->theta.size() + static_cast<std::size_t>(plan.arena_floats)) * sizeof(float)};
}

std::string Session::profile_step() {
  engine_->advance();
  auto times = engine_->plan_for(engine_->batch()).executable->profile({engine_->seed, 1}, 50);
  std::ranges::stable_sort(times, std::greater{}, &StepTime::microseconds);
  double sum = 0;
  std::string text;
  for (const StepTime& time : times) {
    sum += time.microseconds;
    text += fmt::format("{:9.2f} us  {:7.2f} GFLOP/s  {:7.2f} GB/s  stage {:3}  {}\n", time.microseconds,
                        time.step->flops / time.microseconds / 1e3, time.step->bytes / time.microseconds / 1e3,
                        time.step->stage, to_text(*time.step));
  }
  return fmt::format("{:9.2f} us in {} steps\n", sum, times.size()) + text;
}

std::string Session::first_not_finite() const {
  auto views = engine_->state();
  for (TensorView& view : engine_->gradient()) views.push_back(std::move(view));
  for (const TensorView& view : views)
    if (!std::ranges::all_of(view.values, [](float v) { return std::isfinite(v); })) return view.name;
  return "";
}

}  // namespace limn
