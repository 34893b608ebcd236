// L-BFGS: the inverse Hessian from the last pairs of steps and differences of gradients, never as a matrix.
// Source: Liu and Nocedal, "On the limited memory BFGS method for large scale optimization", Math. Prog. 45 (1989).
#include "optim/line_method.hpp"
#include "optim/make.hpp"

namespace limn {
namespace {

template <class T>
class Lbfgs : public LineMethod<T> {
 public:
  Lbfgs(const MinimiserOptions& options, std::int64_t dimension, std::span<T> x)
      : LineMethod<T>(options, dimension, x, Search::kWolfe, 0.7),
        memory_(static_cast<std::size_t>(options.memory)),
        s_(memory_ * x.size()),
        y_(memory_ * x.size()),
        numbers_(kFirst + memory_),
        work_(x.size()),
        alpha_(memory_) {
    forget();
  }

  std::vector<MinimiserView<T>> state() override {
    auto views = LineMethod<T>::state();
    const auto n = static_cast<std::int64_t>(size()), m = static_cast<std::int64_t>(memory_);
    views.push_back({"pairs.s", {m, n}, s_, {}});
    views.push_back({"pairs.y", {m, n}, y_, {}});
    views.push_back({"pairs.numbers", {static_cast<std::int64_t>(numbers_.size())}, {}, numbers_});
    return views;
  }

 protected:
  using LineMethod<T>::direction_, LineMethod<T>::gradient_, LineMethod<T>::size;
  using typename LineMethod<T>::Step;

  bool choose_direction(Objective<T>&, MinimiserReport&) override {
    const std::size_t count = kept();
    for (std::size_t i = 0; i < size(); ++i) work_[i] = -static_cast<double>(gradient_[i]);
    for (std::size_t k = count; k-- > 0;) {  // from the newest to the oldest
      alpha_[k] = dot(pair(s_, k), work_) / curvature(k);
      add_multiple(-alpha_[k], pair(y_, k), work_);
    }
    for (double& v : work_) v *= numbers_[kScale];
    for (std::size_t k = 0; k < count; ++k) {
      const double beta = dot(pair(y_, k), work_) / curvature(k);
      add_multiple(alpha_[k] - beta, pair(s_, k), work_);
    }
    assign(work_, direction_);
    return count == 0;
  }
  double first_trial(double) override { return kept() == 0 ? this->gradient_trial() : 1; }

  void learn(const Step& step) override {
    const double curvature = dot(step.s, step.y), scale = dot(step.y, step.y);
    if (!(curvature > 1e-14 * norm(step.s) * norm(step.y))) return;
    const auto slot = static_cast<std::size_t>(numbers_[kNext]);
    auto s = std::span(s_).subspan(slot * size(), size()), y = std::span(y_).subspan(slot * size(), size());
    assign(step.s, s);
    assign(step.y, y);
    numbers_[kFirst + slot] = curvature;
    numbers_[kScale] = curvature / scale;
    numbers_[kNext] = static_cast<double>((slot + 1) % memory_);
    numbers_[kKept] = std::min(numbers_[kKept] + 1, static_cast<double>(memory_));
  }

  void forget() override { numbers_[kKept] = numbers_[kNext] = 0, numbers_[kScale] = 1; }

 private:
  enum : std::size_t { kKept, kNext, kScale, kFirst };  // behind: s^T y of each slot
  std::size_t kept() const { return static_cast<std::size_t>(numbers_[kKept]); }
  // Slot of pair k, 0 the oldest.
  std::size_t slot(std::size_t k) const {
    return (static_cast<std::size_t>(numbers_[kNext]) + memory_ - kept() + k) % memory_;
  }
  std::span<const T> pair(const std::vector<T>& all, std::size_t k) const {
    return std::span(all).subspan(slot(k) * size(), size());
  }
  double curvature(std::size_t k) const { return numbers_[kFirst + slot(k)]; }

  std::size_t memory_;
  std::vector<T> s_, y_;
  std::vector<double> numbers_, work_, alpha_;
};

}  // namespace

template <class T>
Made<T> make_lbfgs(const MinimiserOptions& options, const Objective<T>& objective, std::span<T> x) {
  return std::make_unique<Lbfgs<T>>(options, objective.dimension(), x);
}
template Made<float> make_lbfgs(const MinimiserOptions&, const Objective<float>&, std::span<float>);
template Made<double> make_lbfgs(const MinimiserOptions&, const Objective<double>&, std::span<double>);

}  // namespace limn
