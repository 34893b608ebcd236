#include "optim/method.hpp"

#include <limits>

namespace limn {

template <class T>
MethodBase<T>::MethodBase(const MinimiserOptions& options, std::int64_t dimension, std::span<T> x)
    : options_(options), x_(x), gradient_(static_cast<std::size_t>(dimension)) {}

template <class T>
std::vector<MinimiserView<T>> MethodBase<T>::state() {
  const auto n = static_cast<std::int64_t>(size());
  return {{"gradient", {n}, gradient_, {}}, {"counts", {kNumbers}, {}, numbers_}};
}

template <class T>
Calls MethodBase<T>::total() const {
  const auto count = [&](int i, std::int64_t more) { return static_cast<std::int64_t>(numbers_[i]) + more; };
  return {count(kValues, calls_.values), count(kGradients, calls_.gradients), count(kProducts, calls_.products),
          count(kMatrices, calls_.matrices)};
}

template <class T>
Stop MethodBase<T>::limits() const {
  if (total().evaluations() >= options_.stop.evaluations) return Stop::kEvaluations;
  if (iteration() >= options_.stop.iterations) return Stop::kIterations;
  return Stop::kNone;
}

// False: there is nothing to do from here, and the report says why.
template <class T>
bool MethodBase<T>::begin(Objective<T>& objective, MinimiserReport& report) {
  if (numbers_[kEvaluated] == 0) {
    numbers_[kValue] = objective.value_and_gradient(x_, gradient_);
    ++calls_.gradients;
    numbers_[kEvaluated] = 1;
  }
  report.initial_value = value();
  if (!std::isfinite(value()) || !all_finite(gradient_))
    report.stopped = Stop::kNotFinite;
  else if (has_small_gradient())
    report.stopped = at_small_gradient(objective);
  if (report.stopped == Stop::kNone) report.stopped = limits();
  return report.stopped == Stop::kNone;
}

template <class T>
void MethodBase<T>::finish(Objective<T>& objective, MinimiserReport& report) {
  if (report.stopped == Stop::kNone || report.stopped == Stop::kStep || report.stopped == Stop::kDecrease) {
    if (has_small_gradient()) {
      const Stop small = at_small_gradient(objective);
      if (small != Stop::kNone) report.stopped = small;
    }
    if (report.stopped == Stop::kNone) report.stopped = limits();
  }
}

template <class T>
MinimiserReport MethodBase<T>::step(Objective<T>& objective) {
  MinimiserReport report;
  calls_ = {};
  if (begin(objective, report)) {
    numbers_[kIteration] += 1;
    iterate(objective, report);
    finish(objective, report);
  }
  report.iteration = iteration();
  report.value = value();
  report.gradient_norm = largest(gradient_);
  report.calls = total();
  report.spent = calls_;
  numbers_[kValues] = static_cast<double>(report.calls.values);
  numbers_[kGradients] = static_cast<double>(report.calls.gradients);
  numbers_[kProducts] = static_cast<double>(report.calls.products);
  numbers_[kMatrices] = static_cast<double>(report.calls.matrices);
  return report;
}

template class MethodBase<float>;
template class MethodBase<double>;

}  // namespace limn
