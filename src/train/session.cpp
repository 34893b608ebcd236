#include "train/session.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "base/hash.hpp"
#include "train/engine.hpp"
#include "train/fault.hpp"
#include "train/quantity_name.hpp"

namespace limn {

Session::Session(const Settings& settings, std::shared_ptr<const Dataset> data, std::uint64_t seed, ThreadPool& pool)
    : engine_(std::make_unique<Engine>(settings, std::move(data), has_fault("hidden-randomness") ? std::rand() : seed,
                                       pool)) {}
Session::~Session() = default;

const Settings& Session::settings() const { return engine_->settings; }
const Cursor& Session::cursor() const { return engine_->cursor; }
std::int64_t Session::steps_per_epoch() const { return engine_->steps_per_epoch(); }
std::int64_t Session::parameters() const { return engine_->parameters().size; }
std::span<const float> Session::row() const {
  return std::span<const float>(engine_->said).first(engine_->minimising ? 2 : 1);
}
std::vector<std::string> Session::columns() const {
  if (engine_->minimising) return {"train.loss", "step.evaluations"};
  return {"train.loss"};
}
float Session::rate() const { return engine_->said[Engine::kRate]; }
void Session::keep_before(bool on) { engine_->keeps_before = on; }
float Session::advance() { return engine_->advance(); }
std::int64_t Session::evaluation_interval() const { return engine_->interval(); }
std::string Session::stop_reason() const {
  const std::int64_t patience = engine_->settings.early_stop;
  if (patience > 0 && engine_->early_stop.waits() >= patience) return kEarlyStop;
  const Stop stop = engine_->stopped();
  return stop == Stop::kNone ? "" : std::string(name(stop));
}
std::optional<Minimised> Session::minimised() const {
  if (!engine_->minimising || !engine_->minimising->report()) return {};
  const MinimiserReport& report = *engine_->minimising->report();
  return Minimised{report.value, report.gradient_norm, static_cast<double>(report.calls.evaluations())};
}
std::int64_t Session::best_step() const {
  return engine_->settings.early_stop > 0 ? engine_->early_stop.best_step() : -1;
}

std::map<std::string, double> Session::evaluate(Split split, Weights which) { return engine_->evaluate(split, which); }
std::vector<float> Session::predict(const Dataset& data, std::span<const std::int32_t> rows, Weights which) {
  return engine_->evaluator(which).judge(data, rows).said;
}
Verdicts Session::judge(const Dataset& data, std::span<const std::int32_t> rows, Weights which) {
  return engine_->evaluator(which).judge(data, rows);
}

std::map<std::string, std::vector<float>> Session::inspect(const Dataset& data, std::span<const std::int32_t> rows,
                                                           bool blame) {
  return engine_->evaluator(Weights::kLast).inspect(data, rows, blame);
}

std::map<std::string, std::vector<float>> Session::inspect_step() { return engine_->inspect_step(); }
const ModelSpec& Session::model() const { return engine_->model; }
std::uint64_t Session::seed() const { return engine_->seed; }
std::map<std::string, std::span<const float>> Session::given() {
  auto all = engine_->given();
  if (const auto gradient = engine_->flat_gradient(); !gradient.empty()) all["gradient"] = gradient;
  return all;
}

std::vector<TensorView> Session::state() {
  auto views = engine_->state();
  for (TensorView& view : engine_->watched()) views.push_back(std::move(view));
  return views;
}

void Session::restore(const std::vector<Tensor>& tensors, const Cursor& cursor) {
  const auto find = [&](const TensorView& view) {
    const auto it = std::ranges::find(tensors, view.name, &Tensor::name);
    return it != tensors.end() && fits(*it, view) ? &*it : nullptr;
  };
  const auto is_watching = [](const Tensor& t) {
    return t.name.starts_with("plateau/") || t.name.starts_with("early_stop/") || t.name.starts_with("best/");
  };
  const auto views = engine_->state();
  const auto watching = static_cast<std::size_t>(std::ranges::count_if(tensors, is_watching));
  const bool fits = tensors.size() - watching == views.size() && std::ranges::all_of(views, find);
  if (!fits || cursor.step < 0 || cursor.epoch < 0 || cursor.position < 0 || cursor.position >= engine_->rows())
    throw Error("the state does not fit this model and data", "take a snapshot of the same run");
  for (const TensorView& view : views)
    if (!has_fault("half-restore") || view.name.starts_with("layer")) put(*find(view), view);
  engine_->plateau = {}, engine_->early_stop = {};
  if (engine_->settings.early_stop > 0) engine_->keep_best();
  for (const TensorView& view : engine_->watched())
    if (const Tensor* kept = find(view)) put(*kept, view);
  engine_->cursor = cursor;
  engine_->forget_last_step();
}

std::string Session::fingerprint() const {
  Fingerprint print;
  print.add(std::span<const float>(engine_->theta.span()));
  for (const AlignedFloats& moment : engine_->moments) print.add(std::span<const float>(moment.span()));
  if (engine_->minimising)
    for (const TensorView& view : engine_->minimising->state()) print.add(bytes_of(view));
  if (engine_->statistics.size() > 0) print.add(std::span<const float>(engine_->statistics.span()));
  for (const TensorView& view : engine_->watched()) print.add(bytes_of(view));
  const std::int64_t at[] = {engine_->cursor.step, engine_->cursor.epoch, engine_->cursor.position};
  return print.add(std::span<const std::int64_t>(at)).hex();
}

void Session::change(const Settings& settings) {
  const Settings& old = engine_->settings;
  if (settings.arch != old.arch || settings.optimizer != old.optimizer || settings.loss != old.loss ||
      settings.init != old.init)
    throw Error("arch, optimizer, loss and init belong to a run and stay", "start another run to change them");
  engine_->change(settings);
}

void Session::branch(const Settings& settings) {
  Settings same = settings;
  same.optimizer = engine_->settings.optimizer;
  if (same.optimizer == settings.optimizer) return change(settings);
  if (same.arch != engine_->settings.arch || same.loss != engine_->settings.loss || same.init != engine_->settings.init)
    throw Error("arch, loss and init belong to a run and its branches and stay", "start another run to change them");
  engine_->restart(settings);
}

Session::Places Session::places_of(const std::map<std::string, double>& values) const {
  const auto views = named(engine_->parameters(), engine_->theta.span());
  Places places;
  for (const auto& [name, value] : values) {
    const auto view = std::ranges::find(views, name.substr(0, name.find('[')), &TensorView::name);
    if (view == views.end())
      throw Error(fmt::format("there is no parameter \"{}\"", name), "weights and biases are set: layer1.w[3,4]");
    const auto number = static_cast<float>(value);
    if (!std::isfinite(number))
      throw Error(fmt::format("{} cannot be {}", name, value), "take a finite number that float32 can hold");
    places.emplace_back(&view->values[place_in(name, view->name, view->shape)], number);
  }
  return places;
}

void Session::check_edit(const std::map<std::string, double>& values) const { places_of(values); }

void Session::edit(const std::map<std::string, double>& values) {
  for (const auto& [place, number] : places_of(values)) *place = number;
  engine_->moved();
}

bool Session::prepare(const std::string& name) {
  const std::string tensor = name.substr(0, name.find('['));
  return !Curvature::knows(tensor) || engine_->curvature().go_on(tensor);
}

double Session::quantity(const std::string& name) const {
  if (Curvature::knows(name.substr(0, name.find('[')))) return engine_->curvature().at(name);
  if (name == "train.loss") return engine_->said[Engine::kLoss];
  if (const bool is_rate = name == "step.lr"; is_rate || name == "step.evaluations") {
    const float said = engine_->said[is_rate ? Engine::kRate : Engine::kEvaluations];
    if (std::isnan(said))
      throw Error(fmt::format("there is no {} here: no step was taken since the state was restored", name),
                  "ask for it behind a step");
    return said;
  }
  if (name == "batch.digest") return engine_->batch_digest();
  if (name == "parameters.digest") return digest(hash64(std::as_bytes(engine_->theta.span())));
  if (const auto at = name.find('@'); at != std::string::npos)
    return of_sample(name.substr(0, at), name.substr(at + 1));
  if (const auto metric = of_split(name)) return *metric;
  if (const auto count = of_units(name)) return *count;
  auto views = engine_->state();
  for (TensorView& view : engine_->watched()) views.push_back(std::move(view));
  for (TensorView& view : engine_->gradient()) views.push_back(std::move(view));
  if (engine_->minimising)
    for (TensorView& view : engine_->minimising->quantities()) views.push_back(std::move(view));
  const auto find = [&] { return std::ranges::find(views, name.substr(0, name.find('[')), &TensorView::name); };
  auto it = find();
  if (it == views.end()) {
    for (TensorView& view : engine_->last_update()) views.push_back(std::move(view));
    it = find();
  }
  if (it == views.end()) {
    std::vector<std::string> names{"train.loss", "step.lr",  "step.evaluations", "batch.digest",    "parameters.digest",
                                   "value",      "gradient", "hessian",          "hessian_inverse", "eigenvalue"};
    for (const TensorView& view : views) names.push_back(view.name + to_string(view.shape));
    throw Error(fmt::format("there is no quantity \"{}\"", name),
                fmt::format("there are {} (indices from 0)", fmt::join(names, ", ")));
  }
  const std::size_t place = place_in(name, it->name, it->shape);
  return it->doubles.empty() ? it->values[place] : static_cast<float>(it->doubles[place]);
}

std::vector<std::int32_t> Session::next_rows() const { return engine_->next_rows(); }

std::int32_t Session::sample_row(const std::string& sample) const {
  const std::size_t slash = sample.find('/');
  const Dataset& data = *engine_->data;
  const auto split = sample.substr(0, slash);
  const bool is_next = split == "batch" || split == "step";
  const std::vector<std::int32_t> batch = is_next ? engine_->next_rows() : std::vector<std::int32_t>{};
  const auto* rows = split == "train"   ? &data.train
                     : is_next          ? &batch
                     : split == "valid" ? &data.valid
                     : split == "test"  ? &data.test
                                        : nullptr;
  std::size_t index = 0;
  const char *begin = sample.data() + std::min(slash, sample.size() - 1) + 1, *end = sample.data() + sample.size();
  const auto [next, error] = std::from_chars(begin, end, index);
  if (!rows || slash == std::string::npos || error != std::errc() || next != end || index >= rows->size())
    throw Error(fmt::format("\"{}\" is no sample of {}", sample, data.name),
                fmt::format("write @train/N up to {}, @valid/N up to {} or @test/N up to {}", data.train.size(),
                            data.valid.size(), data.test.size()));
  return (*rows)[index];
}

float Session::of_sample(const std::string& name, const std::string& sample) const {
  const std::int32_t row = sample_row(sample);
  const Dataset& data = *engine_->data;
  const bool by_step = sample.starts_with("step/");
  const bool number = data.task == Task::kRegress && !settings().reconstruct;
  if (!by_step && number && (name == "prediction[0]" || name == "error[0]")) {
    const std::int32_t rows[] = {row};
    const float said = engine_->evaluator(Weights::kLast).judge(data, rows).said[0];
    return name[0] == 'p'
               ? said
               : static_cast<float>(said - data.preprocessing.raw_target(data.targets[static_cast<std::size_t>(row)]));
  }
  const std::string tensor = name.substr(0, name.find('['));
  const auto slopes = named(engine_->parameters(), engine_->theta.span(), "", "d");
  if (const auto slope = std::ranges::find(slopes, tensor, &TensorView::name); slope != slopes.end() && !by_step) {
    const auto offset = static_cast<std::size_t>(slope->values.data() - engine_->theta.data());
    return engine_->slope_at(row)[offset + place_in(name, tensor, slope->shape)];
  }
  const Inspection& layers = by_step ? engine_->look_at_step() : engine_->look_at(row);
  const auto found = layers.find(tensor);
  const std::size_t rows = by_step ? engine_->next_rows().size() : 1;
  if (found == layers.end()) {
    std::vector<std::string> names;
    for (const auto& [layer, values] : layers)
      names.push_back(layer + to_string(engine_->model.row_shape(layer, values.size() / rows)));
    if (!by_step)
      for (const TensorView& view : slopes) names.push_back(view.name + to_string(view.shape));
    throw Error(fmt::format("a sample has no \"{}\"", name),
                fmt::format("there are {} (indices from 0)", fmt::join(names, ", ")));
  }
  const std::size_t width = found->second.size() / rows,
                    first = by_step ? static_cast<std::size_t>(std::stoull(sample.substr(5))) * width : 0;
  return found->second[first + place_in(name, found->first, engine_->model.row_shape(found->first, width))];
}

std::vector<TensorView> Session::gradient() const { return engine_->gradient(); }
std::vector<UpdatePart> Session::last_update() { return engine_->update_parts(); }

std::span<const std::int32_t> probe_rows(const Dataset& data) {
  const std::span<const std::int32_t> rows = data.valid.empty() ? data.train : data.valid;
  return rows.first(std::min(rows.size(), kMostProbed));
}

IdleUnits Session::idle(int layer) const {
  const Network& network = engine_->model.network;
  const int last = network.numbered();
  if (layer < 1 || layer > last)
    throw Error(fmt::format("there is no layer {}", layer), fmt::format("layers are 1 to {}", last));
  const std::string& activation = network.layers()[network.place_of(layer)].activation;
  if (!can_idle(activation))
    throw Error(fmt::format("layer{} is {}: it has neither dead nor saturated units", layer, activation),
                "relu, gelu, swish and softplus have dead ones, tanh and sigmoid saturated ones");
  const Dataset& data = *engine_->data;
  const auto rows = probe_rows(data);
  const auto said = engine_->evaluator(Weights::kLast).inspect(data, rows, false);
  const auto& a = said.at(fmt::format("layer{}.a", layer));
  return idle_units(activation, a, network.shapes()[network.place_of(layer)][-1]);
}

std::optional<float> Session::of_units(const std::string& name) const {
  const std::size_t dot = std::min(name.find('.'), name.size());
  const std::string what = name.substr(dot);
  int layer = 0;
  const char* const end = name.data() + dot;
  if ((what != ".dead" && what != ".saturated") || !name.starts_with("layer") ||
      std::from_chars(name.data() + 5, end, layer).ptr != end)
    return {};
  const IdleUnits units = idle(layer);
  return static_cast<float>((what == ".dead" ? units.dead : units.saturated).size());
}

std::optional<float> Session::of_split(const std::string& name) const {
  const std::size_t dot = name.find('.');
  const std::string part = name.substr(0, dot);
  if (dot == std::string::npos || (part != "train" && part != "valid" && part != "test")) return {};
  const Split split = part == "train" ? Split::kTrain : part == "valid" ? Split::kValid : Split::kTest;
  const std::string metric = name.substr(dot + 1);
  const auto classes = engine_->model.classes;
  if (metric.starts_with("confusion[") && classes > 0) {
    const auto counts = engine_->evaluator(Weights::kLast).confusion(*engine_->data, engine_->rows_of(split));
    return static_cast<float>(counts[place_in(name, part + ".confusion", {classes, classes})]);
  }
  if (metric == "wrong" && classes > 0) {
    const auto counts = engine_->evaluator(Weights::kLast).confusion(*engine_->data, engine_->rows_of(split));
    std::int64_t wrong = 0;
    for (std::int64_t i = 0; i < classes * classes; ++i)
      if (i / classes != i % classes) wrong += counts[static_cast<std::size_t>(i)];
    return static_cast<float>(wrong);
  }
  const auto metrics = engine_->evaluate(split, Weights::kLast);
  const auto found = metrics.find(metric);
  if (found == metrics.end()) return {};
  return static_cast<float>(found->second);
}

Cost Session::step_cost() {
  if (engine_->minimising) return engine_->cost_of_minimising();
  const std::size_t vectors = 1 + engine_->moments.size();
  Cost cost{0, 0, vectors * engine_->theta.size() * sizeof(float)};
  const auto add = [&](const Plan& plan, double times) {
    cost.flops += times * plan.flops(), cost.bytes += times * plan.bytes();
    cost.working_set += static_cast<std::size_t>(plan.arena_floats) * sizeof(float);
  };
  add(engine_->plan_for(engine_->batch()).executable->plan(), static_cast<double>(engine_->settings.accumulate));
  if (engine_->settings.accumulate > 1) add(engine_->update_plan().plan(), 1);
  return cost;
}

Fn Session::step_function() const {
  const Engine& e = *engine_;
  if (e.minimising) return objective_part(e.model, e.settings, chunk_rows(e.model, e.batch()), Part::kGradient);
  return training_step(e.model, e.settings, e.batch());
}

std::string Session::profile_step() {
  engine_->advance();
  auto& plan = engine_->minimising ? engine_->minimising->objective().plan(Part::kGradient)
                                   : *engine_->plan_for(engine_->batch()).executable;
  auto times = plan.profile({engine_->seed, 1}, 50);
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
  const auto is_finite = [](auto v) { return std::isfinite(v); };
  for (const TensorView& view : views)
    if (!std::ranges::all_of(view.values, is_finite) || !std::ranges::all_of(view.doubles, is_finite)) return view.name;
  return "";
}

}  // namespace limn
