// A function going down: rules against textbook loops in float64, what a step tells, and the way back to any state.
#include "train/descent.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "base/error.hpp"
#include "rule/rule.hpp"

namespace limn {
namespace {

using Vector = std::vector<double>;

Settings rosenbrock(std::string optimizer, double lr = 1e-3) {
  Settings s;
  s.function = "rosenbrock", s.optimizer = std::move(optimizer), s.lr = lr, s.gradient_tolerance = 1e-8;
  return s;
}

Vector slope(const Vector& x) {
  return {-400 * x[0] * (x[1] - x[0] * x[0]) - 2 * (1 - x[0]), 200 * (x[1] - x[0] * x[0])};
}

// The textbook's loops, each step written out for one component.
using Loop = void (*)(double& x, double g, double& m, double& v, double lr, int t);
struct Row {
  const char* name;
  double lr;
  Loop loop;
};
constexpr Row kLoops[] = {
    {"sgd", 1e-3, [](double& x, double g, double&, double&, double lr, int) { x -= lr * g; }},
    {"momentum", 1e-4, [](double& x, double g, double& m, double&, double lr, int) { m = 0.9 * m + g, x -= lr * m; }},
    {"nesterov", 1e-4,
     [](double& x, double g, double& m, double&, double lr, int) { m = 0.9 * m + g, x -= lr * (g + 0.9 * m); }},
    {"adagrad", 0.1,
     [](double& x, double g, double&, double& v, double lr, int) { v += g * g, x -= lr * g / (std::sqrt(v) + 1e-8); }},
    {"rmsprop", 0.02,
     [](double& x, double g, double&, double& v, double lr, int) {
       v = 0.999 * v + 0.001 * g * g, x -= lr * g / (std::sqrt(v) + 1e-8);
     }},
    {"adam", 0.05,
     [](double& x, double g, double& m, double& v, double lr, int t) {
       m = 0.9 * m + 0.1 * g, v = 0.999 * v + 0.001 * g * g;
       x -= lr * (m / (1 - std::pow(0.9, t))) / (std::sqrt(v / (1 - std::pow(0.999, t))) + 1e-8);
     }},
};

TEST(Descent, FiftyStepsOfARuleAreTheTextbooks) {
  for (const Row& row : kLoops) {
    Descent descent(rosenbrock(row.name, row.lr), 1);
    Vector x{-1.2, 1}, m(2, 0), v(2, 0);
    for (int t = 1; t <= 50; ++t) {
      const Vector g = slope(x);
      for (int i = 0; i < 2; ++i) row.loop(x[i], g[i], m[i], v[i], row.lr, t);
      descent.advance();
      for (int i = 0; i < 2; ++i)
        ASSERT_NEAR(descent.quantity(fmt::format("x[{}]", i)), x[i], 1e-9 * (1 + std::abs(x[i])))
            << row.name << " " << t;
    }
    EXPECT_EQ(descent.quantity("optim.evaluations"), 50) << row.name;
  }
}

TEST(Descent, AnyStateContinuesWithTheSameBits) {
  std::random_device device;
  const unsigned seed = device();
  RecordProperty("seed", static_cast<int>(seed));
  for (const char* name :
       {"adam", "nadam", "momentum", "gd", "cg", "bfgs", "lbfgs", "newton", "newton-ls", "newton-cg", "hf", "lm"}) {
    Settings s = rosenbrock(name, find_method(name) ? 0 : 1e-3);
    s.noise = seed % 2 ? 0 : 0.01;
    Descent one(s, seed), other(s, seed);
    std::vector<Tensor> kept;
    Cursor at;
    for (int t = 0; t < 12; ++t) {
      if (t == 5) {
        for (const TensorView& view : one.state()) kept.push_back(copy_of(view));
        at = one.cursor();
      }
      one.advance();
    }
    other.restore(kept, at);
    for (int t = 5; t < 12; ++t) other.advance();
    EXPECT_EQ(one.fingerprint(), other.fingerprint()) << name << ", seed " << seed;
  }
}

TEST(Descent, TellsWhatIsTrueOfThePoint) {
  Descent descent(rosenbrock("bfgs", 0), 1);
  for (int t = 0; t < 7; ++t) descent.advance();
  const Vector x{descent.quantity("x[0]"), descent.quantity("x[1]")}, g = slope(x);
  EXPECT_DOUBLE_EQ(descent.quantity("value"), 100 * std::pow(x[1] - x[0] * x[0], 2) + std::pow(1 - x[0], 2));
  for (int i = 0; i < 2; ++i)
    EXPECT_NEAR(descent.quantity(fmt::format("gradient[{}]", i)), g[i], 1e-9 * (1 + std::abs(g[i])));
  const double a = descent.quantity("hessian[0,0]"), b = descent.quantity("hessian[0,1]"),
               d = descent.quantity("hessian[1,1]");
  EXPECT_NEAR(a, 1200 * x[0] * x[0] - 400 * x[1] + 2, 1e-6);
  EXPECT_NEAR(b, -400 * x[0], 1e-9);
  EXPECT_NEAR(d, 200, 1e-9);
  EXPECT_NEAR(descent.quantity("eigenvalue[0]") + descent.quantity("eigenvalue[1]"), a + d, 1e-6);
  EXPECT_NEAR(a * descent.quantity("hessian_inverse[0,0]") + b * descent.quantity("hessian_inverse[1,0]"), 1, 1e-9);
  EXPECT_THROW(descent.quantity("hessian[2,0]"), Error);
  EXPECT_THROW(descent.quantity("layer1.w[0,0]"), Error);
}

TEST(Descent, RefusesWhatIsNoFunction) {
  const auto refused = [](const char* function, const char* start = "", const char* constants = "") {
    Settings s = rosenbrock("adam");
    s.function = function, s.start = start, s.constants = constants;
    EXPECT_THROW(Descent(s, 1), Error) << function;
  };
  refused("rosenbrok"), refused("x^2 +"), refused("sum(i=1..n, x[i]^2)"), refused("x^2", "1, 2"), refused("x^2", "one"),
      refused("a*x^2", "", "a"), refused("x^2 + y^2", "1");
}

TEST(Descent, NoiseTiltsValueAndGradientAlike) {
  Settings s = rosenbrock("sgd", 1e-4);
  s.noise = 0.5;
  Descent descent(s, 3);
  const Vector x{-1.2, 1}, g = slope(x);
  descent.advance();
  double tilt = descent.quantity("train.loss") - 24.2;
  for (int i = 0; i < 2; ++i) {
    const double noise = (x[i] - descent.quantity(fmt::format("x[{}]", i))) / 1e-4 - g[i];
    EXPECT_GT(std::abs(noise), 1e-6);
    tilt -= noise * x[i];
  }
  EXPECT_NEAR(tilt, 0, 1e-6);
}

}  // namespace
}  // namespace limn
