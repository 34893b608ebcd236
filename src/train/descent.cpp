#include "train/descent.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <ranges>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "base/random.hpp"
#include "optim/spectrum.hpp"
#include "train/optim_report.hpp"

namespace limn {
namespace {

constexpr std::size_t kDrawn = 2;         // components that the journal has
constexpr std::int64_t kMostWhole = 400;  // dimensions of which whole matrices are looked at

std::vector<double> numbers_of(std::string_view text, const char* what) {
  std::vector<double> numbers;
  const char *at = text.data(), *const end = at + text.size();
  while (true) {
    while (at != end && (*at == ' ' || *at == ',')) ++at;
    if (at == end) return numbers;
    double number = 0;
    const auto [next, error] = std::from_chars(at, end, number);
    if (error != std::errc() || !std::isfinite(number))
      throw Error(fmt::format("{} \"{}\" is no list of numbers", what, text), "write numbers with commas: -1.2, 1");
    numbers.push_back(number);
    at = next;
  }
}

// "n=10; y=1, 2, 3"
Constants constants_of(std::string_view text) {
  Constants constants;
  while (!text.empty()) {
    const std::string_view one = text.substr(0, text.find(';'));
    text.remove_prefix(std::min(text.size(), one.size() + 1));
    if (one.find_first_not_of(' ') == one.npos) continue;
    const std::size_t equals = one.find('=');
    if (equals == one.npos)
      throw Error(fmt::format("the constant \"{}\" has no value", one),
                  "write NAME=NUMBER, with semicolons between: n=10; a=1.5");
    std::string name(one.substr(0, equals));
    std::erase(name, ' ');
    constants[name] = numbers_of(one.substr(equals + 1), "the constant");
  }
  return constants;
}

std::size_t index_in(const std::string& name, std::string_view tensor, std::span<const std::int64_t> shape) {
  std::int64_t offset = 0;
  const char *at = name.data() + std::min(name.find('['), name.size()), *end = name.data() + name.size();
  for (std::size_t i = 0; i < shape.size(); ++i) {
    std::int64_t index = -1;
    const auto [next, error] =
        at < end ? std::from_chars(at + 1, end, index) : std::from_chars_result{at, std::errc::invalid_argument};
    const char closing = i + 1 == shape.size() ? ']' : ',';
    if (error != std::errc() || next == end || *next != closing || index < 0 || index >= shape[i])
      throw Error(fmt::format("\"{}\" is no number of {}, whose shape is [{}]", name, tensor, fmt::join(shape, ", ")),
                  "write one index for each dimension, from 0: x[0], hessian[0,1]");
    offset = offset * shape[i] + index;
    at = next;
  }
  return static_cast<std::size_t>(offset);
}

// A text of letters, digits and hyphens is meant as a problem's name when it is one, or too long for a variable.
std::optional<Problem> problem_of(const std::string& text) {
  constexpr std::size_t kLongestVariable = 3;
  if (text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") != text.npos) return {};
  try {
    return find_problem(text);
  } catch (const Error&) {
    if (text.size() > kLongestVariable && text.find('-') == text.npos) throw;
    return {};
  }
}

}  // namespace

FunctionSpec function_of(const Settings& settings) {
  FunctionSpec spec;
  Constants constants;
  std::vector<double> start = numbers_of(settings.start, "the start");
  spec.formula = settings.function;
  if ((spec.problem = problem_of(settings.function))) {
    spec.formula = spec.problem->formula, constants = spec.problem->constants;
    if (start.empty()) start = spec.problem->start;
  }
  for (auto& [name, values] : constants_of(settings.constants)) constants[name] = std::move(values);
  const bool indexed = spec.formula.find("x[") != spec.formula.npos;
  Formula formula = parse_formula(spec.formula, constants, indexed ? static_cast<std::int64_t>(start.size()) : 0);
  spec.variables = std::move(formula.variables), spec.graph = std::move(formula.graph);
  if (start.empty()) start.assign(spec.variables.size(), 0);
  if (start.size() != spec.variables.size())
    throw Error(
        fmt::format("the start has {} numbers, the function has {} variables", start.size(), spec.variables.size()),
        fmt::format("give one number for each of {}", fmt::join(spec.variables | std::views::take(20), ", ")));
  spec.start = std::move(start);
  return spec;
}

// f(x) + noise xi^T x, counting what it is asked.
class Descent::Noisy : public Objective<double> {
 public:
  Noisy(FunctionObjective& function, std::vector<double>& calls) : function_(function), calls_(calls) {}
  std::int64_t dimension() const override { return function_.dimension(); }
  double value(std::span<const double> x) override {
    ++calls_[0];
    return function_.value(x) + tilt(x);
  }
  double value_and_gradient(std::span<const double> x, std::span<double> gradient) override {
    ++calls_[1];
    const double value = function_.value_and_gradient(x, gradient);
    for (std::size_t i = 0; i < slope_.size(); ++i) gradient[i] += slope_[i];
    return value + tilt(x);
  }
  bool has_hessian() const override { return true; }
  bool has_gauss_newton() const override { return function_.has_gauss_newton(); }
  void hessian_times(std::span<const double> x, std::span<const double> v, std::span<double> product) override {
    ++calls_[2];
    function_.hessian_times(x, v, product);
  }
  void gauss_newton_times(std::span<const double> x, std::span<const double> v, std::span<double> product) override {
    ++calls_[2];
    function_.gauss_newton_times(x, v, product);
  }
  void hessian(std::span<const double> x, std::span<double> matrix) override {
    ++calls_[3];
    function_.hessian(x, matrix);
  }
  void gauss_newton(std::span<const double> x, std::span<double> matrix) override {
    ++calls_[3];
    function_.gauss_newton(x, matrix);
  }
  bool is_quadratic() const override { return function_.is_quadratic(); }

  void draw(double noise, std::uint64_t seed, std::int64_t step) {
    slope_.clear();
    if (noise == 0) return;
    Random random(seed, "noise", static_cast<std::uint64_t>(step));
    for (std::int64_t i = 0; i < dimension(); ++i) slope_.push_back(noise * random.normal());
  }

 private:
  double tilt(std::span<const double> x) const {
    double sum = 0;
    for (std::size_t i = 0; i < slope_.size(); ++i) sum += slope_[i] * x[i];
    return sum;
  }

  FunctionObjective& function_;
  std::vector<double>& calls_;
  std::vector<double> slope_;  // of the step's noise; empty: none
};

Descent::Descent(const Settings& settings, std::uint64_t seed)
    : settings_(settings), seed_(seed), spec_(std::make_unique<FunctionSpec>(function_of(settings))), calls_(4, 0) {
  x_ = spec_->start;
  objective_ = std::make_unique<FunctionObjective>(spec_->graph);
  noisy_ = std::make_unique<Noisy>(*objective_, calls_);
  begin_method();
}
Descent::~Descent() = default;

void Descent::begin_method() {
  rule_.reset(), minimiser_.reset();
  forget_step();
  if (find_method(settings_.optimizer))
    minimiser_ = make_minimiser<double>(minimiser_options(settings_), *noisy_, x_);
  else
    rule_ = std::make_unique<RuleStep>(find_rule(settings_.optimizer), x_.size(), settings_.bias_correction);
}

void Descent::forget_step() { report_.reset(), before_.clear(), looked_.clear(); }

float Descent::advance() {
  noisy_->draw(settings_.noise, seed_, cursor_.step + 1);
  looked_.clear();
  before_ = x_;
  if (minimiser_ && settings_.noise > 0) minimiser_->changed();
  report_ = minimiser_ ? minimiser_->step(*noisy_) : by_rule();
  stopped_[0] = settings_.noise > 0 ? 0 : static_cast<double>(report_->stopped);
  ++cursor_.step, ++cursor_.epoch;
  row_ = {static_cast<float>(report_->initial_value), static_cast<float>(objective_->value(x_)),
          static_cast<float>(calls_[0] + calls_[1])};
  for (std::size_t i = 0; i < std::min(kDrawn, x_.size()); ++i) row_.push_back(static_cast<float>(x_[i]));
  return row_[0];
}

// One evaluation, where the step begins; what it led to is for people and not counted.
MinimiserReport Descent::by_rule() {
  std::vector<double> gradient(x_.size());
  MinimiserReport report;
  report.iteration = cursor_.step + 1;
  report.initial_value = noisy_->value_and_gradient(x_, gradient);
  rule_->apply(x_, gradient, {settings_.lr, settings_.momentum, settings_.beta2, settings_.epsilon},
               static_cast<std::uint64_t>(cursor_.step) + 1);
  report.step = settings_.lr;
  double squares = 0;
  for (std::size_t i = 0; i < x_.size(); ++i) squares += (x_[i] - before_[i]) * (x_[i] - before_[i]);
  report.step_norm = std::sqrt(squares);
  report.value = objective_->value_and_gradient(x_, gradient);
  for (const double g : gradient) report.gradient_norm = std::max(report.gradient_norm, std::abs(g));
  report.calls.gradients = cursor_.step + 1;
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
  return Minimised{report_->value, report_->gradient_norm, calls_[0] + calls_[1]};
}

std::vector<TensorView> Descent::state() {
  const Shape flat{static_cast<std::int64_t>(x_.size())};
  std::vector<TensorView> views{{"x", flat, {}, x_}, {"calls", {4}, {}, calls_}, {"stopped", {1}, {}, stopped_}};
  if (rule_)
    for (std::size_t i = 0; i < rule_->moments().size(); ++i) {
      const Moment& moment = rule_->rule().moments[i];
      const std::string name(moment.name);
      views.push_back({moment.is_scalar ? name : name + "/x", moment.shape(flat.size()), {}, rule_->moments()[i]});
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
  for (const TensorView& view : views) put(*find(view), view);
  cursor_ = cursor;
  forget_step();
}

std::string Descent::fingerprint() const {
  Fingerprint print;
  for (const TensorView& view : const_cast<Descent*>(this)->state()) print.add(bytes_of(view));
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
    index_in(name, "x", std::array{static_cast<std::int64_t>(x_.size())});
    if (!std::isfinite(value)) throw Error(fmt::format("{} cannot be {}", name, value), "take a finite number");
  }
}

void Descent::edit(const std::map<std::string, double>& values) {
  check_edit(values);
  for (const auto& [name, value] : values)
    x_[index_in(name, "x", std::array{static_cast<std::int64_t>(x_.size())})] = value;
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
    numbers = {{n, n}, inverse(look("hessian").values)};
  } else {
    numbers = {{n}, eigenvalues(look("hessian").values)};
  }
  return looked_[name] = std::move(numbers);
}

double Descent::quantity(const std::string& name) const {
  const std::string tensor = name.substr(0, name.find('['));
  const auto n = static_cast<std::int64_t>(x_.size());
  const auto among = [&](std::span<const std::int64_t> shape, std::span<const double> values) {
    return values[index_in(name, tensor, shape)];
  };
  for (const char* known : {"value", "gradient", "hessian", "hessian_inverse", "eigenvalue"})
    if (tensor == known) {
      const Numbers& numbers = look(tensor);
      return among(numbers.shape, numbers.values);
    }
  for (const TensorView& view : const_cast<Descent*>(this)->state())
    if (view.name == tensor) return among(view.shape.dims(), view.doubles);
  const bool of_step = tensor == "step" || name == "train.loss" || name.starts_with("optim.");
  const std::string line = rule_ && tensor.ends_with("/x") ? tensor.substr(0, tensor.size() - 2) : "";
  const bool of_rule = !line.empty() && line.starts_with(settings_.optimizer + ".");
  if ((of_step || of_rule) && !report_)
    throw Error(fmt::format("there is no {} here: no step was taken since the state was restored", name),
                "ask for it behind a step");
  if (name == "train.loss") return report_->initial_value;
  if (tensor == "step") {
    std::vector<double> step(x_.size());
    for (std::size_t i = 0; i < step.size(); ++i) step[i] = x_[i] - before_[i];
    return among(std::array{n}, step);
  }
  if (of_step)
    for (const auto& [known, values] : optim_numbers(*report_))
      if (tensor == "optim." + known)
        return is_list(known) ? among(std::array{static_cast<std::int64_t>(values.size())}, values) : values[0];
  if (of_rule)
    for (const RuleStep::Line& known : rule_->lines())
      if (line == settings_.optimizer + "." + known.name)
        return known.values.size() == 1 ? known.values[0] : among(std::array{n}, known.values);
  std::vector<std::string> names{"train.loss", "value", "gradient", "hessian", "hessian_inverse", "eigenvalue", "step"};
  for (const TensorView& view : const_cast<Descent*>(this)->state()) names.push_back(view.name + to_string(view.shape));
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
  for (const TensorView& view : const_cast<Descent*>(this)->state())
    if (!std::ranges::all_of(view.doubles, [](double v) { return std::isfinite(v); })) return view.name;
  return "";
}

double Descent::look_at(std::span<const double> x, const std::string& what) const {
  if (what == "value") return objective_->value(x);
  std::vector<double> gradient(x.size());
  objective_->value_and_gradient(x, gradient);
  return gradient[index_in(what, "gradient", std::array{static_cast<std::int64_t>(x.size())})];
}

std::vector<RuleStep::Number> Descent::lines(const std::string& index) const {
  std::vector<RuleStep::Number> numbers;
  if (!rule_ || !report_) return numbers;
  const std::size_t i = index_in("x" + index, "x", std::array{static_cast<std::int64_t>(x_.size())});
  for (const RuleStep::Line& line : rule_->lines())
    numbers.push_back({line.name, line.formula, line.values[line.values.size() == 1 ? 0 : i]});
  return numbers;
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
