// A network as an objective, against float64: central differences of the interpreter's losses and gradients, the
// Gauss-Newton matrix made of an explicit Jacobian and the losses' own second derivatives written out.
#include "train/network_objective.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "train/table.hpp"

namespace limn {
namespace {

using testing::table;
using Numbers = std::vector<double>;

// A data set, a model and settings that fit each other, drawn by a seed.
struct Problem {
  std::uint64_t seed;
  Settings settings;
  std::shared_ptr<const Dataset> data;
  std::unique_ptr<ModelSpec> model;

  explicit Problem(std::uint64_t s, std::int64_t rows = 61) : seed(s) {
    Random random(seed, "problem");
    const auto pick = [&](std::vector<std::string> words) {
      return words[random.below(static_cast<std::uint32_t>(words.size()))];
    };
    settings.loss = pick({"cross-entropy", "cross-entropy", "squared", "poisson"});
    const bool classes = settings.loss == "cross-entropy";
    data = table(classes ? Task::kClassify : Task::kRegress, rows, 4);
    const int outputs = classes ? 1 + static_cast<int>(random.below(2)) : 1;
    // Three units or more: layer normalisation of two divides by their difference, which may be next to nothing.
    settings.arch = fmt::format("dense {} {}", 3 + random.below(3), pick({"tanh", "sigmoid", "softplus", "gelu"}));
    if (random.below(2)) settings.arch += pick({" | ln tanh", " | bn tanh", " | dense 3 tanh"});
    settings.arch += fmt::format(" | dense {}", outputs);
    settings.weight_decay = random.below(2) ? 0.1 : 0;
    settings.label_smoothing = classes && random.below(2) ? 0.1 : 0;
    settings.balanced_classes = classes && random.below(2);
    settings.optimizer = "sgd";
    make(classes                      ? outputs == 1 ? TargetKind::kBinary : TargetKind::kLabels
         : settings.loss == "poisson" ? TargetKind::kCounts
                                      : TargetKind::kNumbers);
  }
  Problem(const std::string& arch, std::int64_t rows) : seed(3), data(table(Task::kClassify, rows, 4)) {
    settings.arch = arch, settings.optimizer = "sgd";
    make(TargetKind::kLabels);
  }
  void make(TargetKind kind) {
    model = std::make_unique<ModelSpec>(
        ModelSpec{Network(settings.arch, 4), &find_loss(settings.loss), kind, data->task == Task::kClassify ? 2 : 0});
  }
  std::string text() const { return fmt::format("seed {}: {} of {}", seed, settings.loss, settings.arch); }
  std::vector<float> point() const {
    std::vector<float> theta(static_cast<std::size_t>(model->network.parameters().size));
    Random random(seed, "point");
    for (float& v : theta) v = static_cast<float>(0.7 * random.normal());
    return theta;
  }
  std::vector<float> direction(const char* name) const {
    std::vector<float> v(static_cast<std::size_t>(model->network.parameters().size));
    Random random(seed, name);
    for (float& x : v) x = static_cast<float>(random.normal());
    return v;
  }

  // What functions of the model are given, by name, in float64.
  std::map<std::string, Numbers> given(std::span<const float> theta) const {
    std::map<std::string, Numbers> all;
    all["theta"] = {theta.begin(), theta.end()};
    std::vector<float> statistics(static_cast<std::size_t>(model->network.statistics().size));
    model->network.initial_statistics(statistics.data());
    all["statistics"] = {statistics.begin(), statistics.end()};
    Feed feed(model->target, static_cast<std::int64_t>(data->train.size()), 4);
    feed.set(*data, data->train.data());
    const Stage stage = feed.stage();
    for (int chunk = 0; chunk < stage.chunks; ++chunk) stage.run(stage.context, chunk);
    const auto* x = static_cast<const float*>(feed.x());
    all["x"] = {x, x + 4 * data->train.size()};
    for (std::size_t i = 0; i < data->train.size(); ++i)
      all["y"].push_back(model->target == TargetKind::kLabels
                             ? static_cast<const std::int32_t*>(feed.y())[i]
                             : static_cast<double>(static_cast<const float*>(feed.y())[i]));
    const AlignedFloats weights = settings.balanced_classes ? balanced_weights(*data) : AlignedFloats();
    all["class_weights"] = {weights.span().begin(), weights.span().end()};
    for (const Parameter& p : model->network.parameters().list)
      all["weights"].insert(all["weights"].end(), static_cast<std::size_t>(p.shape.size()), p.is_weight ? 1 : 0);
    all["lr"] = all["momentum"] = all["beta2"] = all["epsilon"] = {0.1};
    all["weight_decay"] = {settings.weight_decay};
    return all;
  }
  std::vector<Numbers> run(const Fn& fn, std::map<std::string, Numbers> from, RunPoint point = {}) const {
    std::vector<Numbers> inputs;
    for (const NodeId id : fn.graph.inputs()) inputs.push_back(from.at(fn.graph.input_name(id)));
    return interpret(fn, inputs, point);
  }
  std::int64_t rows() const { return static_cast<std::int64_t>(data->train.size()); }

  // The objective and its gradient in float64, by the step of training that rules take.
  double value(const Numbers& theta) const { return value_and_gradient(theta, nullptr); }
  double value_and_gradient(const Numbers& theta, Numbers* gradient) const {
    auto all = given(std::vector<float>(theta.size()));
    all["theta"] = theta;
    auto out = run(training_step(*model, settings, rows()), all, {seed, 1});
    double value = out[0][0];
    for (std::size_t i = 0; i < theta.size(); ++i)
      if (all["weights"][i] == 1)
        value += settings.weight_decay / 2 * theta[i] * theta[i], out[1][i] += settings.weight_decay * theta[i];
    if (gradient) *gradient = out[1];
    return value;
  }
};

struct Asked {
  explicit Asked(const Problem& p, int threads = 2)
      : pool(threads), statistics(static_cast<std::size_t>(p.model->network.statistics().size)) {
    if (!statistics.empty()) p.model->network.initial_statistics(statistics.data());
    objective = std::make_unique<NetworkObjective>(*p.model, p.settings, p.data, p.seed, pool, statistics);
    objective->set_rows(p.data->train, 0, 0);
  }
  ThreadPool pool;
  std::vector<float> statistics;
  std::unique_ptr<NetworkObjective> objective;
};

double largest(const Numbers& v) {
  double most = 0;
  for (const double x : v) most = std::max(most, std::abs(x));
  return most;
}

void expect_close(std::span<const float> ours, const Numbers& expected, double share, const std::string& what) {
  ASSERT_EQ(ours.size(), expected.size());
  const double scale = std::max(largest(expected), 1e-3);
  for (std::size_t i = 0; i < expected.size(); ++i)
    ASSERT_NEAR(ours[i], expected[i], share * scale) << what << ", number " << i;
}

std::uint64_t first_seed() {
  const char* given = std::getenv("LIMN_TEST_SEED");
  const std::uint64_t seed = given ? std::stoull(given) : std::random_device()();
  fmt::print("LIMN_TEST_SEED={}\n", seed);
  return seed;
}

TEST(NetworkObjective, HasTheGradientOfAStepOfTraining) {
  const std::uint64_t first = first_seed();
  for (std::uint64_t seed = first; seed < first + 25; ++seed) {
    const Problem p(seed);
    Asked asked(p);
    const auto x = p.point();
    std::vector<float> gradient(x.size());
    Numbers expected;
    const double value = p.value_and_gradient({x.begin(), x.end()}, &expected);
    EXPECT_NEAR(asked.objective->value_and_gradient(x, gradient), value, 1e-5 * std::max(1.0, std::abs(value)))
        << p.text();
    expect_close(gradient, expected, 1e-5, p.text());
    EXPECT_NEAR(asked.objective->value(x), value, 1e-5 * std::max(1.0, std::abs(value))) << p.text();
  }
}

TEST(NetworkObjective, HasTheGradientOfItsValue) {
  const std::uint64_t first = first_seed();
  for (std::uint64_t seed = first; seed < first + 8; ++seed) {
    const Problem p(seed);
    Asked asked(p);
    const auto x = p.point();
    std::vector<float> gradient(x.size());
    asked.objective->value_and_gradient(x, gradient);
    Numbers expected;
    for (std::size_t i = 0; i < x.size(); ++i) {
      Numbers low(x.begin(), x.end()), high = low;
      low[i] -= 1e-5, high[i] += 1e-5;
      expected.push_back((p.value(high) - p.value(low)) / 2e-5);
    }
    expect_close(gradient, expected, 2e-5, p.text());
  }
}

TEST(NetworkObjective, MultipliesByTheHessian) {
  const std::uint64_t first = first_seed();
  for (std::uint64_t seed = first; seed < first + 25; ++seed) {
    const Problem p(seed);
    Asked asked(p);
    const auto x = p.point(), u = p.direction("u"), v = p.direction("v");
    std::vector<float> hu(x.size()), hv(x.size());
    asked.objective->hessian_times(x, v, hv), asked.objective->hessian_times(x, u, hu);
    Numbers low(x.begin(), x.end()), high = low, at_low, at_high, expected;
    for (std::size_t i = 0; i < x.size(); ++i) low[i] -= 1e-5 * v[i], high[i] += 1e-5 * v[i];
    p.value_and_gradient(low, &at_low), p.value_and_gradient(high, &at_high);
    for (std::size_t i = 0; i < x.size(); ++i) expected.push_back((at_high[i] - at_low[i]) / 2e-5);
    expect_close(hv, expected, 1e-4, p.text());
    double uhv = 0, vhu = 0, size = 0;
    for (std::size_t i = 0; i < x.size(); ++i)
      uhv += double{u[i]} * hv[i], vhu += double{v[i]} * hu[i], size += std::abs(double{u[i]} * hv[i]);
    EXPECT_NEAR(uhv, vhu, 1e-4 * size) << p.text();
  }
}

// The second derivative of a row's loss by the network's last numbers z [outputs], written out.
Numbers loss_curvature(const Problem& p, const Numbers& z, double weight, double target_weight_sum) {
  const std::size_t k = z.size();
  Numbers h(k * k, 0);
  if (p.model->target == TargetKind::kLabels) {
    double most = *std::max_element(z.begin(), z.end()), sum = 0;
    for (const double v : z) sum += std::exp(v - most);
    for (std::size_t i = 0; i < k; ++i)
      for (std::size_t j = 0; j < k; ++j) {
        const double pi = std::exp(z[i] - most) / sum, pj = std::exp(z[j] - most) / sum;
        h[i * k + j] = weight * (pi * (i == j) - pi * pj);
      }
  } else if (p.model->target == TargetKind::kBinary) {
    const double q = 1 / (1 + std::exp(-z[0]));
    h[0] = weight * q * (1 - q);
  } else {
    h[0] = p.model->target == TargetKind::kCounts ? std::exp(z[0]) : 2;
  }
  for (double& v : h) v /= target_weight_sum;
  return h;
}

// The network's numbers before the loss; with batch normalisation by given statistics, or by the batch's own.
Fn logits_of(const Problem& p, bool by_given) {
  return trace([&](Fn& f) {
    const Network& network = p.model->network;
    const Value in = input(f.graph, "x", {p.rows(), 4}), theta = input(f.graph, "theta", {network.parameters().size});
    const Value statistics =
        network.statistics().size > 0 ? input(f.graph, "statistics", {network.statistics().size}) : Value();
    const Activations said = network.build(in, theta, statistics, !by_given);
    f.output("z", said.logits);
    if (statistics) f.output("statistics", said.statistics);
  });
}

// The statistics become the batch's own at this point, whose variance is not the unbiased one. False: there are none.
bool hold_statistics(const Problem& p, std::map<std::string, Numbers>& all) {
  Numbers& statistics = all["statistics"];
  if (statistics.empty()) return false;
  const Numbers moved = p.run(logits_of(p, false), all)[1];
  const auto n = static_cast<double>(p.rows());
  for (const Parameter& part : p.model->network.statistics().list)
    for (std::int64_t i = part.offset; i < part.offset + part.shape.size(); ++i) {
      const auto k = static_cast<std::size_t>(i);
      statistics[k] = (moved[k] - 0.9 * statistics[k]) / 0.1;
      if (part.name.ends_with(".variance")) statistics[k] *= (n - 1) / n;
    }
  return true;
}

TEST(NetworkObjective, MultipliesByTheGaussNewtonMatrix) {
  const std::uint64_t first = first_seed();
  int compared = 0;
  for (std::uint64_t seed = first; compared < 15; ++seed) {
    Problem p(seed, 31);
    if (p.settings.balanced_classes && p.settings.label_smoothing > 0) continue;  // its curvature is another
    ++compared;
    Asked asked(p);
    const auto x = p.point(), v = p.direction("v");
    const std::size_t n = x.size();
    const auto k = static_cast<std::size_t>(p.model->network.outputs()), rows = static_cast<std::size_t>(p.rows());
    auto all = p.given(x);
    const Fn fn = logits_of(p, hold_statistics(p, all));
    const Numbers z = p.run(fn, all)[0];
    Numbers jacobian(rows * k * n);
    for (std::size_t i = 0; i < n; ++i) {
      auto low = all, high = all;
      low["theta"][i] -= 1e-5, high["theta"][i] += 1e-5;
      const Numbers a = p.run(fn, low)[0], b = p.run(fn, high)[0];
      for (std::size_t j = 0; j < rows * k; ++j) jacobian[j * n + i] = (b[j] - a[j]) / 2e-5;
    }
    double sum = 0;
    const auto weight_of = [&](std::size_t row) {
      return p.settings.balanced_classes ? all["class_weights"][static_cast<std::size_t>(all["y"][row])] : 1.0;
    };
    for (std::size_t row = 0; row < rows; ++row) sum += weight_of(row);
    Numbers expected(n, 0);
    double vgv = 0;
    for (std::size_t row = 0; row < rows; ++row) {
      const Numbers h = loss_curvature(
          p, {z.begin() + static_cast<long>(row * k), z.begin() + static_cast<long>(row * k + k)}, weight_of(row), sum);
      Numbers jv(k, 0);
      for (std::size_t a = 0; a < k; ++a)
        for (std::size_t i = 0; i < n; ++i) jv[a] += jacobian[(row * k + a) * n + i] * v[i];
      for (std::size_t a = 0; a < k; ++a)
        for (std::size_t b = 0; b < k; ++b)
          for (std::size_t i = 0; i < n; ++i) expected[i] += jacobian[(row * k + a) * n + i] * h[a * k + b] * jv[b];
    }
    for (std::size_t i = 0; i < n; ++i)
      if (all["weights"][i] == 1) expected[i] += p.settings.weight_decay * v[i];
    std::vector<float> product(n);
    asked.objective->gauss_newton_times(x, v, product);
    expect_close(product, expected, 1e-4, p.text());
    for (std::size_t i = 0; i < n; ++i) vgv += double{v[i]} * product[i];
    EXPECT_GE(vgv, 0) << p.text();
  }
}

TEST(NetworkObjective, IsTheSameInChunks) {
  Problem p("dense 5 tanh | dense 2", 4000);
  const auto x = p.point();
  Asked asked(p);
  ASSERT_LT(asked.objective->chunk(), p.rows());
  ASSERT_NE(p.rows() % asked.objective->chunk(), 0);
  std::vector<float> gradient(x.size());
  Numbers expected;
  const double value = p.value_and_gradient({x.begin(), x.end()}, &expected);
  EXPECT_NEAR(asked.objective->value_and_gradient(x, gradient), value, 1e-6);
  expect_close(gradient, expected, 1e-5, "gradient");
}

TEST(NetworkObjective, HasTheSameBitsOnAnyNumberOfThreads) {
  Problem p("dense 40 tanh | dropout 0.3 | dense 2", 6000);
  const auto x = p.point(), v = p.direction("v");
  std::vector<float> first, gradient(x.size()), product(x.size());
  for (const int threads : {1, 2, 3, 4}) {
    Asked asked(p, threads);
    asked.objective->value_and_gradient(x, gradient), asked.objective->gauss_newton_times(x, v, product);
    gradient.insert(gradient.end(), product.begin(), product.end());
    if (first.empty()) first = gradient;
    EXPECT_EQ(gradient, first) << threads;
    gradient.resize(x.size());
  }
}

TEST(NetworkObjective, HoldsDropoutWhileAStepLastsAndDrawsItAnewInTheNext) {
  Problem p("dense 9 tanh | dropout 0.5 | dense 2", 100);
  const auto x = p.point();
  Asked asked(p);
  const double once = asked.objective->value(x);
  EXPECT_EQ(asked.objective->value(x), once);
  std::vector<float> gradient(x.size());
  EXPECT_EQ(asked.objective->value_and_gradient(x, gradient), once);
  asked.objective->set_rows(p.data->train, 0, 1);
  EXPECT_NE(asked.objective->value(x), once);
}

TEST(NetworkObjective, KeepsWhatIsFrozenOrCutOutOfEverything) {
  Problem p("dense 5 tanh | dense 2", 60);
  p.settings.freeze = "layer1.b", p.settings.cut = "layer2.w[1,1]", p.settings.weight_decay = 0.1;
  auto x = p.point();
  const auto v = p.direction("v");
  Asked asked(p);
  std::vector<float> gradient(x.size()), h(x.size()), g(x.size());
  const double value = asked.objective->value_and_gradient(x, gradient);
  asked.objective->hessian_times(x, v, h), asked.objective->gauss_newton_times(x, v, g);
  const auto& list = p.model->network.parameters().list;
  std::vector<std::size_t> still{static_cast<std::size_t>(list[2].offset + 1 * 2 + 1)};
  for (std::int64_t i = 0; i < 5; ++i) still.push_back(static_cast<std::size_t>(list[1].offset + i));
  for (const std::size_t i : still) {
    EXPECT_EQ(gradient[i], 0) << i;
    EXPECT_EQ(h[i], 0) << i;
    EXPECT_EQ(g[i], 0) << i;
  }
  auto other = v;
  for (const std::size_t i : still) other[i] = 100;
  std::vector<float> again(x.size());
  asked.objective->hessian_times(x, other, again);
  EXPECT_EQ(again, h);
  x[still[0]] = 100;  // counts as 0
  EXPECT_EQ(asked.objective->value(x), value);
}

TEST(NetworkObjective, MovesRunningStatisticsOnlyWhereItIsTold) {
  Problem p("dense 5 | bn tanh | dense 2", 60);
  const auto x = p.point();
  Asked asked(p);
  const auto before = asked.statistics;
  std::vector<float> to(x.size());
  asked.objective->value_and_gradient(x, to), asked.objective->gauss_newton_times(x, x, to);
  EXPECT_EQ(asked.statistics, before);
  asked.objective->keep_statistics(x);
  EXPECT_NE(asked.statistics, before);
}

}  // namespace
}  // namespace limn
