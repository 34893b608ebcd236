#include "optim/line_method.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace limn {

template <class T>
LineMethod<T>::LineMethod(const MinimiserOptions& options, std::int64_t dimension, std::span<T> x, Search automatic,
                          double c2)
    : MethodBase<T>(options, dimension, x),
      direction_(x.size()),
      kind_(options.search.kind == Search::kAutomatic ? automatic : options.search.kind),
      c2_(options.search.c2 > 0 ? options.search.c2 : c2),
      new_x_(x.size()),
      new_gradient_(x.size()),
      product_(x.size()),
      s_(x.size()),
      y_(x.size()) {}

template <class T>
std::vector<MinimiserView<T>> LineMethod<T>::state() {
  auto views = MethodBase<T>::state();
  views.push_back({"direction", {static_cast<std::int64_t>(size())}, direction_, {}});
  views.push_back({"last_step", {kNumbers}, {}, steps_});
  return views;
}

// The first trial of all is no longer than twice the point's own distance from 0, or 2 near 0; later it is as long as
// the last step.
template <class T>
double LineMethod<T>::gradient_trial() const {
  const double steepness = norm(gradient_);
  if (last_norm() > 0) return last_norm() / steepness;
  return std::min(1.0, 2 * std::max(1.0, norm(x_)) / steepness);
}

template <class T>
SearchResult LineMethod<T>::search(Objective<T>& objective, ObjectiveLine<T>& line, double slope) {
  const LineSearchOptions& options = options_.search;
  if (kind_ == Search::kFixed) {
    const auto index = std::min(static_cast<std::size_t>(iteration() - 1), options.fixed.size() - 1);
    const Trial t = line.at(options.fixed[index]);
    return {std::isfinite(t.value), t.step};
  }
  if (kind_ == Search::kExact) {
    double curvature = 0;
    if (objective.has_hessian()) {
      objective.hessian_times(x_, direction_, product_);
      ++calls_.products;
      curvature = dot(direction_, product_);
    } else {
      const Trial t = line.at(first_trial(slope));
      curvature = (t.slope - slope) / t.step;
    }
    if (!(curvature > 0)) return {};
    const Trial t = line.at(-slope / curvature);
    return {std::isfinite(t.value) && t.value <= value() + rounding(), t.step};
  }
  const bool is_strict = options.kind == Search::kWolfe || options.kind == Search::kBacktracking;
  const SearchStart start{value(), slope, first_trial(slope), 1e20, is_strict ? 0 : rounding()};
  const SearchRule rule{options.c1, c2_, options.most_trials};
  if (kind_ == Search::kBacktracking) return backtracking_search(line, start, rule);
  if (kind_ == Search::kHagerZhang) return hager_zhang_search(line, start, rule);
  return wolfe_search(line, start, rule);
}

// The search along the gradient failed. Where the shortest trial differs by rounding alone there was nothing to gain.
template <class T>
Stop LineMethod<T>::why(const std::vector<Trial>& trials) const {
  if (trials.empty()) return Stop::kLineSearch;
  const Trial& last = trials.back();
  return std::fabs(last.value - value()) <= 16 * rounding() ? Stop::kDecrease : Stop::kLineSearch;
}

template <class T>
void LineMethod<T>::iterate(Objective<T>& objective, MinimiserReport& report) {
  report.restarted = choose_direction(objective, report);
  const bool decreases = kind_ != Search::kExact && kind_ != Search::kFixed;
  if (decreases) report.c1 = options_.search.c1;
  if (decreases && kind_ != Search::kBacktracking) report.c2 = c2_;
  for (;;) {
    const double slope = dot(direction_, gradient_);
    ObjectiveLine<T> line(objective, x_, direction_, calls_, report.trials);
    const bool usable = (slope < 0 && std::isfinite(slope)) || kind_ == Search::kFixed;
    const SearchResult found = usable ? search(objective, line, slope) : SearchResult{};
    // A search that ends without its conditions may still have found a lower point: better than a restart, unless the
    // conditions were asked for by name.
    const bool is_lower = found.step > 0 && options_.search.kind == Search::kAutomatic && kind_ != Search::kExact;
    if (found.found || is_lower) {
      report.initial_slope = slope;
      const Trial t = line.take(found.step, new_x_, new_gradient_);
      bool same = true;
      for (std::size_t i = 0; i < size(); ++i) {
        s_[i] = static_cast<double>(new_x_[i]) - static_cast<double>(x_[i]);
        y_[i] = static_cast<double>(new_gradient_[i]) - static_cast<double>(gradient_[i]);
        same = same && new_x_[i] == x_[i];
      }
      report.step = t.step;
      report.step_norm = norm(s_);
      steps_ = {report.step_norm, t.step, slope, value() - t.value};
      const double decrease = value() - t.value;
      assign(new_x_, x_);
      gradient_.swap(new_gradient_);
      this->moved(t.value);
      learn({t.step, slope, t.slope, decrease, s_, y_, new_gradient_});
      if (same) report.stopped = Stop::kStep;
      return;
    }
    if (report.restarted || kind_ == Search::kFixed) {
      report.accepted = false;
      report.initial_slope = slope;
      report.stopped = why(report.trials);
      return;
    }
    forget();
    report.restarted = true;
    for (std::size_t i = 0; i < size(); ++i) direction_[i] = -gradient_[i];
  }
}

template class LineMethod<float>;
template class LineMethod<double>;

}  // namespace limn
