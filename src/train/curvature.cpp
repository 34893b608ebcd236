#include "train/curvature.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <tuple>

#include "base/error.hpp"
#include "optim/spectrum.hpp"
#include "train/quantity_name.hpp"

namespace limn {
namespace {

constexpr std::size_t kMostWhole = 2000, kMostInverted = 400;
constexpr double kFlat = 0x1p-20;  // products in float32 know no smaller curvature beside the largest
constexpr std::array kKnown{"value", "gradient", "hessian", "hessian_inverse", "eigenvalue"};

}  // namespace

const Settings& check_smooth(const char* what, const ModelSpec& model, const Settings& s, const Dataset& data) {
  const auto refuse = [&](const char* why, const char* hint) {
    throw Error(fmt::format("there is no {} of this training: {}", what, why), hint);
  };
  if (std::ranges::any_of(model.network.layers(), &LayerSpec::drops))
    refuse("dropout makes it another function at every step", "take an arch without dropout");
  if (parse_augmentation(s.augment, data.preprocessing.kind == "images").any())
    refuse("augmentation makes it another function at every step", "take --set augment=none");
  if (s.l1 > 0) refuse("l1 has no second derivative at 0", "take --set l1=0");
  return s;
}

bool is_one_objective(const Settings& a, const Settings& b) {
  const auto what = [](const Settings& of) {
    return std::tie(of.loss, of.weight_decay, of.l1, of.label_smoothing, of.balanced_classes, of.delta, of.quantile,
                    of.freeze, of.cut, of.augment);
  };
  return what(a) == what(b);
}

bool Curvature::knows(const std::string& tensor) { return std::ranges::find(kKnown, tensor) != kKnown.end(); }

Curvature::Curvature(const ModelSpec& model, const Settings& settings, std::shared_ptr<const Dataset> data,
                     std::uint64_t seed, ThreadPool& pool, std::span<const float> theta, std::span<float> statistics)
    : settings_(check_smooth("Hessian", model, settings, *data)),
      data_(std::move(data)),
      theta_(theta.size()),
      n_(theta.size()),
      objective_(model, settings_, data_, seed, pool, statistics) {
  std::ranges::copy(theta, theta_.data());
  objective_.set_rows(data_->train, 0, 0);
}

bool Curvature::is_of(const Settings& s, std::span<const float> theta) const {
  return is_one_objective(s, settings_) && std::ranges::equal(theta, theta_.span());
}

void Curvature::first_order() {
  if (!gradient_.empty()) return;
  gradient_.resize(n_);
  value_ = objective_.value_and_gradient(theta_.span(), gradient_);
}

bool Curvature::make_hessian() {
  if (is_whole_) return true;
  hessian_.resize(n_ * n_);
  if (columns_ < n_) {
    std::vector<float> unit(n_, 0), column(n_);
    unit[columns_] = 1;
    objective_.hessian_times(theta_.span(), unit, column);
    for (std::size_t i = 0; i < n_; ++i) hessian_[i * n_ + columns_] = column[i];
    if (++columns_ < n_) return false;
  }
  for (std::size_t i = 0; i < n_; ++i)  // equal but for the rounding of float32
    for (std::size_t j = 0; j < i; ++j)
      hessian_[i * n_ + j] = hessian_[j * n_ + i] = (hessian_[i * n_ + j] + hessian_[j * n_ + i]) / 2;
  return is_whole_ = true;
}

bool Curvature::make_eigenvalues() {
  if (!eigenvalues_.empty()) return true;
  if (!make_hessian()) return false;
  if (!solving_.valid()) solving_ = std::async(std::launch::async, [this] { return eigenvalues(hessian_); });
  if (solving_.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready) return false;
  eigenvalues_ = solving_.get();
  return true;
}

bool Curvature::go_on(const std::string& tensor) {
  if (tensor == "value" || tensor == "gradient") return first_order(), true;
  const std::size_t most = tensor == "hessian_inverse" ? kMostInverted : kMostWhole;
  if (n_ > most)
    throw Error(fmt::format("the network has {} parameters: no {} of it is made", n_, tensor),
                fmt::format("it is made up to {} parameters: take a smaller arch", most));
  if (tensor == "eigenvalue") return make_eigenvalues();
  if (!make_hessian()) return false;
  if (tensor == "hessian_inverse" && inverse_.empty()) inverse_ = inverse(hessian_, kFlat);
  return true;
}

double Curvature::at(const std::string& name) {
  const std::string tensor = name.substr(0, name.find('['));
  const auto n = static_cast<std::int64_t>(n_);
  const Shape shape = tensor == "value" ? Shape{} : tensor.starts_with("hessian") ? Shape{n, n} : Shape{n};
  const std::size_t place = place_in(name, tensor, shape);  // before all that work
  while (!go_on(tensor)) continue;
  if (tensor == "value") return value_;
  if (tensor == "gradient") return gradient_[place];
  return (tensor == "hessian" ? hessian_ : tensor == "eigenvalue" ? eigenvalues_ : inverse_)[place];
}

}  // namespace limn
