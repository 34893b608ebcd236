#include "train/descent.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "optim/spectrum.hpp"
#include "train/fault.hpp"
#include "train/optim_report.hpp"
#include "train/quantity_name.hpp"

namespace limn {
namespace {

constexpr std::size_t kDrawn = 2;         // components that the journal has
constexpr std::int64_t kMostWhole = 400;  // dimensions of which whole matrices are looked at

}  // namespace

Descent::Descent(const Settings& settings, std::uint64_t seed)
    : settings_(settings),
      seed_(has_fault("hidden-randomness") ? std::rand() : seed),
      spec_(std::make_unique<FunctionSpec>(function_of(settings))) {
  x_ = spec_->start;
  objective_ = std::make_unique<FunctionObjective>(spec_->graph);
  watched_ = std::make_unique<WatchedObjective>(*objective_);
  begin_method();
}
Descent::~Descent() = default;

void Descent::begin_method() {
  rule_.reset(), minimiser_.reset();
  forget_step();
  if (find_method(settings_.optimizer))
    minimiser_ = make_minimiser<double>(minimiser_options(settings_), *watched_, x_);
  else
    rule_ = std::make_unique<RuleStep>(find_rule(settings_.optimizer), x_.size(), settings_.bias_correction);
}

void Descent::forget_step() { report_.reset(), before_.clear(), looked_.clear(); }

float Descent::advance() {
  watched_->draw(settings_.noise, seed_, cursor_.step + 1);
  looked_.clear();
  before_ = x_;
  report_ = minimiser_ ? by_minimiser() : rule_->step(*watched_, x_, settings_, cursor_.step + 1);
  const auto asked = [&](int kind) { return static_cast<std::int64_t>(watched_->calls()[kind]); };
  report_->calls = {asked(WatchedObjective::kValues), asked(WatchedObjective::kGradients),
                    asked(WatchedObjective::kProducts), asked(WatchedObjective::kMatrices)};
  stopped_[0] = settings_.noise > 0 ? 0 : static_cast<double>(report_->stopped);
  ++cursor_.step, ++cursor_.epoch;
  row_ = {static_cast<float>(report_->initial_value), static_cast<float>(objective_->value(x_)),
          static_cast<float>(watched_->evaluations())};
  for (std::size_t i = 0; i < std::min(kDrawn, x_.size()); ++i) row_.push_back(static_cast<float>(x_[i]));
  return row_[0];
}

MinimiserReport Descent::by_minimiser() {
  if (settings_.noise > 0) minimiser_->changed();
  std::optional<Tensor> stale;
  if (has_fault("stale-curvature"))
    for (const TensorView& view : state())
      if (view.name.ends_with("/inverse_hessian")) stale = copy_of(view);
  MinimiserReport report = minimiser_->step(*watched_);
  if (stale)
    for (const TensorView& view : state())
      if (view.name == stale->name) put(*stale, view);
  if (has_fault("wrong-length")) report.step *= 2;
  return report;
}

std::vector<std::string> Descent::columns() const {
  std::vector<std::string> names{"train.loss", "value", "evaluations"};
  for (std::size_t i = 0; i < std::min(kDrawn, x_.size()); ++i) names.push_back(fmt::format("x[{}]", i));
  return names;
}

std::int64_t Descent::evaluation_interval() const { return std::max<std::int64_t>(1, settings_.total_steps); }

std::string Descent::stop_reason() const {
  return minimiser_ && stopped_[0] != 0 ? std::string(name(static_cast<Stop>(stopped_[0]))) : "";
}

std::optional<Minimised> Descent::minimised() const {
  if (!report_ || !minimiser_) return {};
  return Minimised{report_->value, report_->gradient_norm, watched_->evaluations()};
}

// What looks does not write, but a view could.
std::vector<TensorView> Descent::views() const { return const_cast<Descent*>(this)->state(); }

std::vector<TensorView> Descent::state() {
  std::vector<TensorView> views{{"x", flat(), {}, x_},
                                {"calls", {WatchedObjective::kKinds}, {}, watched_->calls()},
                                {"stopped", {1}, {}, stopped_}};
  if (rule_)
    for (std::size_t i = 0; i < rule_->moments().size(); ++i) {
      const Moment& moment = rule_->rule().moments[i];
      const std::string name(moment.name);
      views.push_back({moment.is_scalar ? name : name + "/x", moment.shape(flat().size()), {}, rule_->moments()[i]});
    }
  if (minimiser_)
    for (const MinimiserView<double>& view : minimiser_->state()) {
      const Shape shape(view.shape);
      views.push_back({fmt::format("{}/{}", settings_.optimizer, view.name),
                       shape,
                       {},
                       view.values.empty() ? view.numbers : view.values});
    }
  return views;
}

void Descent::restore(const std::vector<Tensor>& tensors, const Cursor& cursor) {
  const auto views = state();
  const auto find = [&](const TensorView& view) {
    const auto it = std::ranges::find(tensors, view.name, &Tensor::name);
    return it != tensors.end() && fits(*it, view) ? &*it : nullptr;
  };
  if (tensors.size() != views.size() || !std::ranges::all_of(views, find) || cursor.step < 0)
    throw Error("the state does not fit this function and method", "take a snapshot of the same run");
  for (const TensorView& view : views)
    if (!has_fault("half-restore") || view.name == "x") put(*find(view), view);
  cursor_ = cursor;
  forget_step();
}

std::string Descent::fingerprint() const {
  Fingerprint print;
  for (const TensorView& view : views()) print.add(bytes_of(view));
  return print.add(std::span<const std::int64_t>(&cursor_.step, 1)).hex();
}

void Descent::branch(const Settings& settings) {
  if (settings.optimizer == settings_.optimizer) return change(settings);
  settings_ = settings;
  stopped_[0] = 0;
  begin_method();
}

void Descent::change(const Settings& settings) {
  if (settings.function != settings_.function || settings.constants != settings_.constants ||
      settings.start != settings_.start || settings.optimizer != settings_.optimizer)
    throw Error("function, constants, start and optimizer belong to a run and stay", "branch it, or start another run");
  const auto kept = settings_;
  settings_ = settings;
  if (!minimiser_) {
    if (settings.bias_correction != kept.bias_correction) {
      auto moments = std::move(rule_->moments());
      rule_ = std::make_unique<RuleStep>(find_rule(settings.optimizer), x_.size(), settings.bias_correction);
      rule_->moments() = std::move(moments);
    }
    return;
  }
  std::vector<Tensor> tensors;
  for (const TensorView& view : state()) tensors.push_back(copy_of(view));
  begin_method();
  restore(tensors, cursor_);
}

void Descent::check_edit(const std::map<std::string, double>& values) const {
  for (const auto& [name, value] : values) {
    if (!name.starts_with("x["))
      throw Error(fmt::format("there is no number \"{}\" to set", name), "the point is set: x[0]");
    place_in(name, "x", flat());
    if (!std::isfinite(value)) throw Error(fmt::format("{} cannot be {}", name, value), "take a finite number");
  }
}

void Descent::edit(const std::map<std::string, double>& values) {
  check_edit(values);
  for (const auto& [name, value] : values) x_[place_in(name, "x", flat())] = value;
  if (minimiser_) minimiser_->changed();
  looked_.clear();
}

const Descent::Numbers& Descent::look(const std::string& name) const {
  if (const auto found = looked_.find(name); found != looked_.end()) return found->second;
  const auto n = static_cast<std::int64_t>(x_.size());
  Numbers numbers;
  if (name == "value" || name == "gradient") {
    Numbers gradient{{n}, std::vector<double>(x_.size())};
    looked_["value"] = {{}, {objective_->value_and_gradient(x_, gradient.values)}};
    looked_["gradient"] = std::move(gradient);
    return looked_[name];
  }
  if (n > kMostWhole)
    throw Error(fmt::format("the function has {} variables: no whole matrix of it is made", n),
                fmt::format("matrices are looked at up to {} variables", kMostWhole));
  if (name == "hessian") {
    numbers = {{n, n}, std::vector<double>(x_.size() * x_.size())};
    objective_->hessian(x_, numbers.values);
  } else if (name == "hessian_inverse") {
    numbers = {{n, n},
               inverse(look("hessian").values, static_cast<double>(n) * std::numeric_limits<double>::epsilon())};
  } else {
    numbers = {{n}, eigenvalues(look("hessian").values)};
  }
  return looked_[name] = std::move(numbers);
}

double Descent::quantity(const std::string& name) const {
  const std::string tensor = name.substr(0, name.find('['));
  const auto among = [&](const Shape& shape, std::span<const double> values) {
    return values[place_in(name, tensor, shape)];
  };
  for (const char* known : {"value", "gradient", "hessian", "hessian_inverse", "eigenvalue"})
    if (tensor == known) {
      const Numbers& numbers = look(tensor);
      return among(numbers.shape, numbers.values);
    }
  for (const TensorView& view : views())
    if (view.name == tensor) return among(view.shape, view.doubles);
  const bool of_step = tensor == "step" || name == "train.loss" || name.starts_with("optim.");
  const std::string line = rule_ && tensor.ends_with("/x") ? tensor.substr(0, tensor.size() - 2) : "";
  const bool of_rule = !line.empty() && line.starts_with(settings_.optimizer + ".");
  if ((of_step || of_rule) && !report_)
    throw Error(fmt::format("there is no {} here: no step was taken since the state was restored", name),
                "ask for it behind a step");
  if (name == "train.loss") return row_[0];  // as the journal has it
  if (tensor == "step") {
    std::vector<double> step(x_.size());
    for (std::size_t i = 0; i < step.size(); ++i) step[i] = x_[i] - before_[i];
    return among(flat(), step);
  }
  if (of_step)
    for (const auto& [known, values] : optim_numbers(*report_))
      if (tensor == "optim." + known)
        return is_list(known) ? among({static_cast<std::int64_t>(values.size())}, values) : values[0];
  if (of_rule)
    for (const RuleStep::Line& known : rule_->lines())
      if (line == settings_.optimizer + "." + known.name)
        return known.values.size() == 1 ? known.values[0] : among(flat(), known.values);
  std::vector<std::string> names{"train.loss", "value", "gradient", "hessian", "hessian_inverse", "eigenvalue", "step"};
  for (const TensorView& view : views()) names.push_back(view.name + to_string(view.shape));
  if (rule_)
    for (const RuleStep::Line& known : rule_->lines())
      names.push_back(fmt::format("{}.{}/x", settings_.optimizer, known.name));
  if (report_)
    for (const auto& [known, values] : optim_numbers(*report_))
      names.push_back(is_list(known) ? fmt::format("optim.{}[{}]", known, values.size()) : "optim." + known);
  throw Error(fmt::format("there is no quantity \"{}\"", name),
              fmt::format("there are {} (indices from 0)", fmt::join(names, ", ")));
}

std::string Descent::first_not_finite() const {
  for (const TensorView& view : views())
    if (!std::ranges::all_of(view.doubles, [](double v) { return std::isfinite(v); })) return view.name;
  return "";
}

void Descent::gradient_at(std::span<const double> x, std::span<double> gradient) const {
  objective_->value_and_gradient(x, gradient);
}

bool Descent::has(const std::string& tensor) const {
  return std::ranges::any_of(views(), [&](const TensorView& view) { return view.name == tensor; });
}

std::vector<double> Descent::values(std::span<const double> plane) const {
  const std::size_t count = plane.size() / kDrawn, n = x_.size();
  std::vector<double> points(count * n), values(count);
  for (std::size_t i = 0; i < count; ++i) {
    std::ranges::copy(x_, points.begin() + static_cast<std::ptrdiff_t>(i * n));
    std::ranges::copy(plane.subspan(i * kDrawn, std::min(kDrawn, n)),
                      points.begin() + static_cast<std::ptrdiff_t>(i * n));
  }
  objective_->values(points, values);
  return values;
}

}  // namespace limn
