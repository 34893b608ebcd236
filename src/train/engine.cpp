#include "train/engine.hpp"

#include <algorithm>
#include <cmath>

#include "base/random.hpp"
#include "rule/schedule.hpp"
#include "train/fault.hpp"
#include "train/selection.hpp"

namespace limn {
namespace {

void check(const Settings& s) {
  check_schedule(s.schedule);
  if ((s.balanced_classes || s.label_smoothing > 0) && s.reconstruct)
    throw Error("a row that is reconstructed has no classes to smooth or to weigh",
                "take label_smoothing=0 and class_weights=none");
  if ((s.balanced_classes || s.label_smoothing > 0) && s.loss != "cross-entropy")
    throw Error(fmt::format("the loss {} knows no label smoothing and no class weights", s.loss),
                "take --set loss=cross-entropy, or label_smoothing=0 and class_weights=none");
  if (!(s.label_smoothing >= 0 && s.label_smoothing < 1) || !(s.quantile > 0 && s.quantile < 1) || !(s.delta > 0))
    throw Error(fmt::format("label smoothing {}, quantile {}, delta {}", s.label_smoothing, s.quantile, s.delta),
                "take a smoothing from 0 up to 1, a quantile between 0 and 1, a delta above 0");
  if (s.batch < 1) throw Error(fmt::format("a batch of {}", s.batch), "take at least 1");
  if (s.accumulate < 1) throw Error(fmt::format("a step of {} batches", s.accumulate), "take at least 1");
  for (const std::int64_t n : {s.warmup, s.drop_every, s.patience, s.early_stop})
    if (n < 0) throw Error(fmt::format("{} is no number of steps or evaluations", n), "take 0 or more");
  for (const double v :
       {s.lr, s.momentum, s.beta2, s.epsilon, s.weight_decay, s.l1, s.max_norm, s.clip, s.clip_value, s.drop, s.power})
    if (!std::isfinite(v) || v < 0)
      throw Error(fmt::format("{} is no setting of a rule", v), "take a finite number, 0 or more");
}

AlignedFloats filled(std::int64_t size, float value) {
  AlignedFloats floats(static_cast<std::size_t>(size));
  std::ranges::fill(floats.span(), value);
  return floats;
}

void append(std::vector<TensorView>& to, std::vector<TensorView> more) {
  std::ranges::move(more, std::back_inserter(to));
}

}  // namespace

std::vector<TensorView> named(const Parameters& list, std::span<float> flat, const std::string& prefix,
                              const std::string& mark) {
  std::vector<TensorView> views;
  for (const Parameter& p : list.list) {
    std::string name = prefix + p.name;
    if (!mark.empty()) name.insert(name.rfind('.') + 1, mark);
    views.push_back({std::move(name), p.shape,
                     flat.subspan(static_cast<std::size_t>(p.offset), static_cast<std::size_t>(p.shape.size()))});
  }
  return views;
}

Engine::Engine(const Settings& s, std::shared_ptr<const Dataset> d, std::uint64_t seed_, ThreadPool& pool_)
    : settings(s),
      data(std::move(d)),
      seed(seed_),
      pool(pool_),
      model(make_model(s, *data)),
      theta(static_cast<std::size_t>(parameters().size)),
      statistics(static_cast<std::size_t>(statistics_list().size)) {
  if (data->train.empty())
    throw Error(fmt::format("{} has no rows to train on", data->name), "choose another --set split");
  initialise(parameters(), settings.init, seed, theta.data());
  if (statistics.size() > 0) model.network.initial_statistics(statistics.data());
  weights_ = filled(parameters().size, 0);
  for (const Parameter& p : parameters().list)
    if (p.is_weight) std::fill_n(weights_.data() + p.offset, p.shape.size(), 1.0f);
  prepare(s);
  for (std::size_t i = 0; i < alive_.size(); ++i)
    if (alive_.data()[i] == 0) theta.data()[i] = 0;
  begin_optimiser(s);
  change(s);
}

// Whatever the optimiser carries from step to step, as it is at the beginning.
void Engine::begin_optimiser(const Settings& s) {
  std::unique_ptr<Minimising> other;
  std::vector<AlignedFloats> other_moments;
  if (is_minimiser(s.optimizer))
    other = std::make_unique<Minimising>(model, s, data, seed, pool, theta.span(), statistics.span());
  else
    for (const Moment& m : find_rule(s.optimizer).moments)
      other_moments.push_back(filled(m.shape(parameters().size).size(), static_cast<float>(m.initial)));
  minimising = std::move(other), moments = std::move(other_moments);
}

void Engine::restart(const Settings& s) {
  check(s);
  begin_optimiser(s);
  prepare(s);
  change(s);
}

void Engine::change(const Settings& s) {
  check(s);
  const bool same_graphs = switches_of(s) == switches_of(settings) && s.freeze == settings.freeze &&
                           s.cut == settings.cut && s.lr_scale == settings.lr_scale && s.augment == settings.augment &&
                           (s.accumulate > 1) == (settings.accumulate > 1) &&
                           s.label_smoothing == settings.label_smoothing && s.delta == settings.delta &&
                           s.balanced_classes == settings.balanced_classes && s.quantile == settings.quantile;
  if (s.batch != settings.batch || s.accumulate != settings.accumulate) looked_ = {};  // other rows are next
  parse_augmentation(s.augment, data->preprocessing.kind == "images");  // throws before anything is changed
  if (minimising) minimising->change(s);
  if (same_graphs)
    settings = s;
  else
    prepare(s);
  if (s.early_stop > 0 && best_theta.size() == 0) {
    best_theta = AlignedFloats(theta.size()), best_statistics = AlignedFloats(statistics.size());
    keep_best();
  }
}

// Makes ready for settings that want other graphs, or other memory in them.
void Engine::prepare(const Settings& s) {
  parse_augmentation(s.augment, data->preprocessing.kind == "images");  // throws before anything is changed
  mark_selections(s);                                                   // so does this
  settings = s;
  plans.clear(), arena.reset(), looks.clear(), update.reset(), last_evaluator_.reset(), best_evaluator_.reset();
  forget_measurements();
  last_run = nullptr;
  if (s.balanced_classes && class_weights_.size() == 0) class_weights_ = balanced_weights(*data);
  if (s.accumulate > 1 && gradient_sum_.size() == 0) gradient_sum_ = filled(parameters().size, 0);
}

void Engine::mark_selections(const Settings& s) {
  const std::int64_t n = parameters().size;
  AlignedFloats learns, alive, scale;
  if (!s.cut.empty()) mark(parameters(), s.cut, 0, (alive = filled(n, 1)).span());
  if (!s.cut.empty() || !s.freeze.empty()) {
    learns = filled(n, 1);
    mark(parameters(), s.cut, 0, learns.span());
    mark(parameters(), s.freeze, 0, learns.span());
  }
  if (!s.lr_scale.empty()) mark_each(parameters(), s.lr_scale, (scale = filled(n, 1)).span());
  learns_ = std::move(learns), alive_ = std::move(alive), lr_scale_ = std::move(scale);
}

// The epoch's order of the rows: Fisher and Yates, by the seed and the epoch alone.
void Engine::shuffle() {
  if (order_epoch_ == cursor.epoch) return;
  order_.assign(data->train.begin(), data->train.end());
  Random random(seed, "shuffle", static_cast<std::uint64_t>(cursor.epoch));
  for (std::size_t i = order_.size(); i > 1; --i)
    std::swap(order_[i - 1], order_[random.below(static_cast<std::uint32_t>(i))]);
  order_epoch_ = cursor.epoch;
}

std::vector<std::int32_t> Engine::next_rows() {
  const auto next = step_order();
  return {next.begin(), next.end()};
}

// A minimiser that takes all rows has the same objective at every step, down to the order of its sums.
std::span<const std::int32_t> Engine::step_order() {
  const std::int64_t size = std::min(step_rows(), rows() - cursor.position);
  if (minimising && size == rows()) return data->train;
  shuffle();
  return std::span(order_).subspan(static_cast<std::size_t>(cursor.position), static_cast<std::size_t>(size));
}

std::int64_t Engine::step_rows() const {
  if (!minimising || settings.batch_growth == 1) return whole_step_rows();
  const double grown =
      static_cast<double>(batch()) *
      std::pow(settings.batch_growth, static_cast<double>(std::min<std::int64_t>(cursor.step, 1'000'000)));
  return grown < static_cast<double>(rows()) ? static_cast<std::int64_t>(grown) : rows();
}

// Each chunk of each step draws at a point of its own.
Minimising::Place Engine::place() {
  const std::int64_t chunk = chunk_rows(model, rows()), chunks = (rows() + chunk - 1) / chunk;
  return {step_order(), cursor.epoch, static_cast<std::uint64_t>(cursor.step * chunks)};
}

std::map<std::string, std::span<float>> Engine::spans_of(AlignedFloats& weights, AlignedFloats& its_statistics) {
  const auto one = [](float& number) { return std::span<float>(&number, 1); };
  std::map<std::string, std::span<float>> spans{{"theta", weights.span()},
                                                {"statistics", its_statistics.span()},
                                                {"alive", alive_.span()},
                                                {"weights", weights_.span()},
                                                {"learns", learns_.span()},
                                                {"lr_scale", lr_scale_.span()},
                                                {"gradient_sum", gradient_sum_.span()},
                                                {"loss_sum", one(loss_sum_)},
                                                {"weight_sum", one(weight_sum_)},
                                                {"class_weights", class_weights_.span()},
                                                {"lr", one(lr_)},
                                                {"momentum", one(momentum_)},
                                                {"beta2", one(beta2_)},
                                                {"epsilon", one(epsilon_)},
                                                {"weight_decay", one(weight_decay_)},
                                                {"l1", one(l1_)},
                                                {"max_norm", one(max_norm_)},
                                                {"clip", one(clip_)},
                                                {"clip_value", one(clip_value_)}};
  for (std::size_t i = 0; i < moments.size(); ++i)
    spans[input_name(find_rule(settings.optimizer).moments[i])] = moments[i].span();
  return spans;
}

MemoryByName Engine::memory_of(AlignedFloats& weights, AlignedFloats& its_statistics) {
  MemoryByName memory;
  for (const auto& [name, span] : spans_of(weights, its_statistics)) memory[name] = span.data();
  return memory;
}

std::map<std::string, std::span<const float>> Engine::given() {
  set_scalars();
  const auto spans = spans_of(theta, statistics);
  return {spans.begin(), spans.end()};
}

const Engine::BatchPlan& Engine::plan_for(std::int64_t size) {
  for (const BatchPlan& plan : plans)
    if (plan.feed->batch() == size) return plan;
  BatchPlan plan;
  plan.feed = std::make_unique<Feed>(model.target, size, model.network.inputs());
  plan.feed->vary(parse_augmentation(settings.augment, data->preprocessing.kind == "images"), seed);
  MemoryByName memory = memory_of(theta, statistics);
  memory["x"] = plan.feed->x(), memory["y"] = plan.feed->y();
  const Fn fn = settings.accumulate > 1 ? gradient_part(model, settings, size) : training_step(model, settings, size);
  plan.executable = std::make_unique<Executable>(fn, limn::bind(fn, memory), plan.feed->stage(), &arena);
  plans.push_back(std::move(plan));
  return plans.back();
}

const Executable& Engine::update_plan() {
  if (!update) {
    const Fn fn = update_part(model, settings);
    update = std::make_unique<Executable>(fn, limn::bind(fn, memory_of(theta, statistics)));
  }
  return *update;
}

void Engine::set_scalars() {
  const Settings& s = settings;
  lr_ = learning_rate(s, cursor.step, static_cast<double>(plateau.drops()));
  momentum_ = static_cast<float>(s.momentum), beta2_ = static_cast<float>(s.beta2);
  epsilon_ = static_cast<float>(s.epsilon);
  weight_decay_ = static_cast<float>(s.weight_decay), l1_ = static_cast<float>(s.l1);
  max_norm_ = static_cast<float>(s.max_norm);
  clip_ = static_cast<float>(s.clip), clip_value_ = static_cast<float>(s.clip_value);
}

// The sums of a step's batches. Each draws random numbers of its own, as if it were a step.
void Engine::run_batches(std::int64_t size, std::uint64_t step) {
  std::uint64_t point = (step - 1) * static_cast<std::uint64_t>(settings.accumulate);
  for (std::int64_t done = 0; done < size; done += batch()) {
    const BatchPlan& plan = plan_for(std::min(batch(), size - done));
    plan.feed->set(*data, order_.data() + cursor.position + done, cursor.epoch);
    plan.executable->run(pool, {seed, ++point});
  }
}

float Engine::advance() {
  if (!is_plateau()) plateau = {};
  if (settings.early_stop == 0) early_stop = {}, best_theta = {}, best_statistics = {}, best_evaluator_.reset();
  forget_measurements();
  const std::int64_t size = std::min(step_rows(), rows() - cursor.position);
  if (minimising) {
    for (std::size_t i = 0; i < alive_.size(); ++i)
      if (alive_.data()[i] == 0) theta.data()[i] = 0;
    const float loss = minimising->advance(place());
    said = {loss, static_cast<float>(minimising->evaluations()), static_cast<float>(minimising->report()->step)};
  } else {
    const float last = said[kLoss], loss = step_by_rule(size);
    said = {has_fault("off-by-one") && cursor.step > 0 ? last : loss,
            static_cast<float>(static_cast<double>(size) / static_cast<double>(rows())), lr_};
  }
  ++cursor.step;
  cursor.position += size;
  if (cursor.position == rows()) ++cursor.epoch, cursor.position = 0;
  if ((is_plateau() || settings.early_stop > 0) && cursor.step % interval() == 0) watch();
  return said[kLoss];
}

float Engine::step_by_rule(std::int64_t size) {
  shuffle();
  set_scalars();
  const auto step = static_cast<std::uint64_t>(cursor.step) + 1;
  before.reset();
  if (keeps_before) {
    before = Before{settings, {}, {seed, step}};
    for (const auto& [name, span] : spans_of(theta, statistics)) before->given[name].assign(span.begin(), span.end());
  }
  if (settings.accumulate > 1) {
    run_batches(size, step);
    last_run = &update_plan();
    update->run(pool, {seed, step});
  } else {
    const BatchPlan& plan = plan_for(size);
    const std::int32_t* first = order_.data() + (has_fault("wrong-batch") ? rows() - size : cursor.position);
    plan.feed->set(*data, first, cursor.epoch);
    plan.executable->run(pool, {seed, step});
    last_run = plan.executable.get();
  }
  return last_run->output(0)[0];
}

void Engine::watch() {
  if (data->valid.empty())
    throw Error(fmt::format("early stopping and the plateau schedule need validation rows, {} has none", data->name),
                "keep some with --set split=0.7/0.15/0.15, or take --set early_stop=0 and another schedule");
  const double loss = evaluate(Split::kValid, Weights::kLast).at("loss");
  if (is_plateau() && !plateau.observe(loss, cursor.step) && plateau.waits() >= settings.patience) plateau.drop();
  if (settings.early_stop > 0 && early_stop.observe(loss, cursor.step)) keep_best();
}

void Engine::keep_best() {
  std::ranges::copy(theta.span(), best_theta.data());
  std::ranges::copy(statistics.span(), best_statistics.data());
}

Evaluator& Engine::evaluator(Weights which) {
  const bool best = which == Weights::kBest && best_theta.size() > 0 && early_stop.best_step() >= 0;
  auto& chosen = best ? best_evaluator_ : last_evaluator_;
  if (!chosen)
    chosen = std::make_unique<Evaluator>(
        model, settings, best ? memory_of(best_theta, best_statistics) : memory_of(theta, statistics), pool);
  return *chosen;
}

std::span<const std::int32_t> Engine::rows_of(Split split) const {
  return split == Split::kTrain ? data->train : split == Split::kValid ? data->valid : data->test;
}

std::map<std::string, double> Engine::evaluate(Split split, Weights which) {
  const auto part = rows_of(split);
  if (split != Split::kValid || which != Weights::kLast) return evaluator(which).metrics(*data, part);
  if (!measured_) measured_ = evaluator(which).metrics(*data, part);
  return *measured_;
}

std::vector<TensorView> Engine::state() {
  auto views = named(parameters(), theta.span(), "");
  for (std::size_t i = 0; i < moments.size(); ++i) {
    const Moment& moment = find_rule(settings.optimizer).moments[i];
    const std::string name(moment.name);
    if (moment.is_scalar)
      views.push_back({name, {}, moments[i].span()});
    else
      append(views, named(parameters(), moments[i].span(), name + "/"));
  }
  append(views, named(statistics_list(), statistics.span(), ""));
  if (minimising) append(views, minimising->state());
  return views;
}

std::vector<TensorView> Engine::watched() {
  std::vector<TensorView> views;
  if (is_plateau()) append(views, plateau.views("plateau"));
  if (settings.early_stop > 0) {
    append(views, early_stop.views("early_stop"));
    append(views, named(parameters(), best_theta.span(), "best/"));
    append(views, named(statistics_list(), best_statistics.span(), "best/"));
  }
  return views;
}

std::vector<TensorView> Engine::gradient() const {
  const auto flat = flat_gradient();
  if (flat.empty()) return {};
  return named(parameters(), {const_cast<float*>(flat.data()), flat.size()}, "", "d");
}

std::span<const float> Engine::flat_gradient() const {
  if (minimising) return minimising->gradient();
  return last_run ? last_run->output(1) : std::span<const float>();
}

Stop Engine::stopped() { return minimising ? minimising->stopped(place()) : Stop::kNone; }

Cost Engine::cost_of_minimising() {
  const auto next = place();
  NetworkObjective& objective = minimising->objective();
  objective.set_rows(next.rows, next.epoch, next.point);
  const Plan& plan = objective.plan(Part::kGradient).plan();
  const double chunks = static_cast<double>(next.rows.size()) / static_cast<double>(objective.chunk());
  std::size_t state = theta.size() * sizeof(float);
  for (const TensorView& view : minimising->state()) state += bytes_of(view).size();
  return {chunks * plan.flops(), chunks * plan.bytes(),
          state + static_cast<std::size_t>(plan.arena_floats) * sizeof(float)};
}

void Engine::moved() {
  forget_measurements();
  if (minimising) minimising->moved();
}

void Engine::forget_last_step() {
  last_run = nullptr;
  if (minimising) minimising->forget();
  said.fill(kUnknown);
  before.reset();
  forget_measurements();
}

}  // namespace limn
