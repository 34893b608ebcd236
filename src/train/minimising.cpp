#include "train/minimising.hpp"

#include <algorithm>
#include <cmath>

#include "base/hash.hpp"
#include "train/optim_report.hpp"

namespace limn {
namespace {

constexpr std::int64_t kMostSquared = 5000;   // parameters whose matrix is kept: 200 megabytes
constexpr std::int64_t kMostFactored = 2000;  // whose matrix is made and factored at every step: seconds

// A step of these settings meets other random numbers, or other samples, each time.
bool varies(const ModelSpec& model, const Settings& settings, const Dataset& data) {
  return std::ranges::any_of(model.network.layers(), &LayerSpec::drops) ||
         parse_augmentation(settings.augment, data.preprocessing.kind == "images").any();
}

}  // namespace

void check_minimiser(const Settings& s, std::int64_t parameters) {
  const auto refuse = [&](const char* name, const char* off, const char* why) {
    throw Error(fmt::format("the optimizer {} knows no {}: {}", s.optimizer, name, why),
                fmt::format("take --set {}={}, or a rule such as optimizer=adam", name, off));
  };
  if (s.l1 > 0) refuse("l1", "0", "a line search wants a smooth objective");
  if (s.max_norm > 0) refuse("max_norm", "0", "it lowers an objective without constraints");
  if (s.clip > 0) refuse("clip", "0", "it wants the gradient as it is");
  if (s.clip_value > 0) refuse("clip_value", "0", "it wants the gradient as it is");
  if (!s.lr_scale.empty()) refuse("lr_scale", "", "it has one length for all of a step");
  if (s.accumulate > 1) refuse("accumulate", "1", "its batch may be as large as all training rows");
  if (s.schedule == "plateau") refuse("schedule plateau", "cosine", "its steps have the length that lowers the value");
  if (s.lr > 0 && s.optimizer != "gd" && s.line_search != "fixed")
    refuse("lr", "auto", "it finds the length of each step itself");
  if (!(s.batch_growth >= 1) || !std::isfinite(s.batch_growth))
    throw Error(fmt::format("a batch that grows by {}", s.batch_growth), "take 1 or more");
  const Method& method = *find_method(s.optimizer);
  const std::int64_t most = method.wants_hessian || method.wants_gauss_newton ? kMostFactored : kMostSquared;
  if (method.keeps_matrix && parameters > most)
    throw Error(
        fmt::format("{} keeps a matrix of {} x {} numbers for this network", s.optimizer, parameters, parameters),
        fmt::format("up to {} parameters are sane; take --set optimizer=lbfgs, newton-cg or hf, or a smaller arch",
                    most));
}

Minimising::Minimising(const ModelSpec& model, const Settings& settings, std::shared_ptr<const Dataset> data,
                       std::uint64_t seed, ThreadPool& pool, std::span<float> theta, std::span<float> statistics)
    : model_(model), data_(std::move(data)), seed_(seed), pool_(pool), theta_(theta), statistics_(statistics) {
  change(settings);
}

void Minimising::change(const Settings& settings) {
  check_minimiser(settings, static_cast<std::int64_t>(theta_.size()));
  auto objective = std::make_unique<NetworkObjective>(model_, settings, data_, seed_, pool_, statistics_);
  auto minimiser = make_minimiser<float>(minimiser_options(settings), *objective, theta_);
  if (minimiser_) {
    const auto from = minimiser_->state(), to = minimiser->state();
    for (std::size_t i = 0; i < to.size(); ++i) {
      if (from[i].values.size() != to[i].values.size() || from[i].numbers.size() != to[i].numbers.size())
        throw Error(fmt::format("{} of {} cannot change its size within a run", to[i].name, settings.optimizer),
                    "branch the run, or keep memory as it is");
      std::ranges::copy(from[i].values, to[i].values.begin());
      std::ranges::copy(from[i].numbers, to[i].numbers.begin());
    }
    gradient();  // of the last step: its objective is no more
  }
  settings_ = settings, objective_ = std::move(objective), minimiser_ = std::move(minimiser);
}

double Minimising::objective_number(const Place& place) const {
  const Settings& s = settings_;
  const bool whole = place.rows.size() == data_->train.size();
  const bool same = whole && !varies(model_, s, *data_);
  const std::string text = fmt::format("{} {} {} {} {} {}|{}|{}|{}", s.label_smoothing, s.balanced_classes, s.delta,
                                       s.quantile, s.weight_decay, s.loss, s.freeze, s.cut, s.augment) +
                           (same ? "" : fmt::format("|{} {} {}", place.point, place.epoch, place.rows.size()));
  return 1 + digest(hash64(std::as_bytes(std::span(text))));
}

float Minimising::advance(const Place& place) {
  last_rows_.assign(place.rows.begin(), place.rows.end());
  last_ = place, last_.rows = last_rows_;
  objective_->set_rows(last_.rows, last_.epoch, last_.point);
  if (const double number = objective_number(place); kept_[kObjective] != number) {
    kept_[kObjective] = number;
    minimiser_->changed();
  }
  begin_.assign(theta_.begin(), theta_.end());
  gradient_.clear();
  report_ = minimiser_->step(*objective_);
  kept_[kStopped] = static_cast<double>(report_->stopped);
  objective_->keep_statistics(theta_);
  return static_cast<float>(report_->initial_value - objective_->decay(begin_));
}

Stop Minimising::stopped(const Place& next) const {
  return kept_[kObjective] == objective_number(next) ? static_cast<Stop>(kept_[kStopped]) : Stop::kNone;
}

std::vector<TensorView> Minimising::state() {
  std::vector<TensorView> views;
  const std::string prefix = settings_.optimizer + "/";
  for (const auto& view : minimiser_->state())
    views.push_back({prefix + view.name, Shape(std::span<const std::int64_t>(view.shape)), view.values, view.numbers});
  views.push_back({prefix + "objective", {kNumbers}, {}, kept_});
  return views;
}

double Minimising::evaluations() const {
  const Calls& spent = report_->spent;
  const double products =
      static_cast<double>(spent.products) + static_cast<double>(spent.matrices) * static_cast<double>(theta_.size());
  return (static_cast<double>(spent.evaluations()) + 2 * products) * static_cast<double>(last_.rows.size()) /
         static_cast<double>(data_->train.size());
}

std::span<const float> Minimising::gradient() {
  if (!report_) return {};
  if (gradient_.empty()) {
    gradient_.resize(begin_.size());
    objective_->set_rows(last_.rows, last_.epoch, last_.point);
    objective_->loss_gradient(begin_, gradient_);
  }
  return gradient_;
}

std::vector<TensorView> Minimising::quantities() {
  if (!report_) return {};
  const auto all = optim_numbers(*report_);
  numbers_.clear();
  for (const auto& [name, values] : all) numbers_.insert(numbers_.end(), values.begin(), values.end());
  std::vector<TensorView> views;
  std::size_t at = 0;
  for (std::size_t k = 0; k < all.size(); ++k) {
    const std::size_t size = all[k].second.size();
    if (size == 0) continue;
    views.push_back({"optim." + all[k].first,
                     is_list(all[k].first) ? Shape{static_cast<std::int64_t>(size)} : Shape{},
                     {},
                     std::span(numbers_).subspan(at, size)});
    at += size;
  }
  return views;
}

}  // namespace limn
