// Pictures, networks and their float64 twins for the tests of explanations.
#pragma once
#include <cmath>

#include "base/random.hpp"
#include "explain/frozen.hpp"

namespace limn::testing {

// Pictures of noise with a bright bar, upright or lying, somewhere: what it is decides the class, of three classes also
// where it is.
inline std::shared_ptr<const Dataset> bars(const Shape& sample, std::int32_t classes, std::int32_t rows = 90) {
  auto values = std::make_shared<std::vector<float>>(static_cast<std::size_t>(rows * sample.size()));
  auto data = std::make_shared<Dataset>();
  Random random(9, "bars");
  for (float& v : *values) v = static_cast<float>(0.3 * random.uniform());
  const auto height = static_cast<std::uint32_t>(sample[-2]), width = static_cast<std::uint32_t>(sample[-1]);
  for (std::int32_t i = 0; i < rows; ++i) {
    const std::int32_t kind = i % classes;
    std::uint32_t y = random.below(height - 3), x = random.below(width - 3);
    if (kind == 2) x = y = 0;
    for (std::uint32_t k = 0; k < 4; ++k)
      (*values)[static_cast<std::size_t>(i * sample.size()) + (y + (kind == 0 ? k : 0)) * width + x +
                (kind == 0 ? 0 : k)] += 0.6f;
    data->labels.push_back(kind);
    (i % 5 == 0 ? data->test : i % 5 == 1 ? data->valid : data->train).push_back(i);
  }
  data->name = "bars", data->sample = sample, data->size = rows;
  for (std::int32_t k = 0; k < classes; ++k) data->classes.push_back(std::to_string(k));
  data->preprocessing.kind = "images", data->preprocessing.classes = data->classes;
  data->values = *values, data->owner = values;
  return data;
}

struct Trained {
  ThreadPool pool;
  std::shared_ptr<const Dataset> data;
  std::unique_ptr<Session> session;

  Trained(const std::string& arch, const Shape& sample, std::int32_t classes = 3, int steps = 40, int threads = 1)
      : pool(threads), data(bars(sample, classes)) {
    Settings s;
    s.arch = arch, s.batch = 16, s.lr = 1e-2, s.total_steps = 100;
    session = std::make_unique<Session>(s, data, 3, pool);
    for (int i = 0; i < steps; ++i) session->advance();
  }
  std::shared_ptr<const FrozenNetwork> frozen() {
    return std::make_shared<const FrozenNetwork>(*session, Weights::kLast, data, pool);
  }
};

// The network in float64, forwards alone: any value as a function of the picture, or of what leaves a layer.
class Twin {
 public:
  Twin(const FrozenNetwork& net, Session& session) : interpreter_(make(net)) {
    for (const NodeId id : fn_.graph.inputs()) {
      const std::string& name = fn_.graph.input_name(id);
      if (name == "x") continue;
      const auto given = session.given().at(name);
      interpreter_.give(id, {given.begin(), given.end()});
    }
  }
  const Look& look() const { return *look_; }
  void see(std::span<const float> picture) { interpreter_.give(look_->x.id(), {picture.begin(), picture.end()}); }
  std::vector<double> value(Value of) { return interpreter_.value(of.id()); }
  // The central difference of one element of `of` by one of `by`, at what it is now.
  double slope(Value of, std::size_t element, Value by, std::size_t at, double h = 1e-6) {
    const std::vector<double> here = interpreter_.value(by.id());
    const auto moved = [&](double step) {
      auto numbers = here;
      numbers[at] += step;
      interpreter_.give(by.id(), numbers);
      return interpreter_.value(of.id())[element];
    };
    const double slope = (moved(h) - moved(-h)) / (2 * h);
    interpreter_.give(by.id(), here);
    return slope;
  }

 private:
  const Fn& make(const FrozenNetwork& net) {
    look_ = std::make_unique<Look>(fn_, net, 1);
    return fn_;
  }

  Fn fn_;
  std::unique_ptr<Look> look_;
  Interpreter interpreter_;
};

}  // namespace limn::testing
