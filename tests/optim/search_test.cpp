// Line searches on functions of one number, and their conditions at every step that a minimiser accepts.
#include "optim/line_search.hpp"

#include <fmt/format.h>

#include "objectives.hpp"

namespace limn {
namespace {

using namespace testing;

// The functions 1 to 3 of More and Thuente 1994, section 5, and two that end somewhere.
struct Curve {
  const char* name;
  std::function<std::pair<double, double>(double)> at;  // value and slope
};

double bend(double a) { return a <= 0.99 ? 1 - a : a >= 1.01 ? a - 1 : 50 * (a - 1) * (a - 1) + 0.005; }
double bend_slope(double a) { return a <= 0.99 ? -1 : a >= 1.01 ? 1 : 100 * (a - 1); }

const std::vector<Curve> kCurves = {
    {"1", [](double a) { return std::pair(-a / (a * a + 2), (a * a - 2) / std::pow(a * a + 2, 2)); }},
    {"2",
     [](double a) {
       return std::pair(std::pow(a + 0.004, 5) - 2 * std::pow(a + 0.004, 4),
                        5 * std::pow(a + 0.004, 4) - 8 * std::pow(a + 0.004, 3));
     }},
    {"3",
     [](double a) {
       const double k = 39 * std::acos(-1.0) / 2, share = 0.99;
       return std::pair(bend(a) + 2 * 0.01 / (39 * std::acos(-1.0)) * std::sin(k * a) * share,
                        bend_slope(a) + 0.01 * std::cos(k * a) * share);
     }},
    {"wall",
     [](double a) {
       return a < 0.7 ? std::pair(-a - std::log(0.7 - a) * 0.1, -1 + 0.1 / (0.7 - a))
                      : std::pair(std::nan(""), std::nan(""));
     }},
    {"long way", [](double a) { return std::pair((a - 3e4) * (a - 3e4) * 1e-8, 2e-8 * (a - 3e4)); }},
};

class Counted : public Ray {
 public:
  explicit Counted(const Curve& curve) : curve_(curve) {}
  Trial at(double step) override {
    auto [value, slope] = curve_.at(step);
    if (!std::isfinite(value)) value = std::numeric_limits<double>::infinity();
    trials.push_back({step, value, slope});
    return trials.back();
  }
  std::vector<Trial> trials;

 private:
  const Curve& curve_;
};

TEST(Searches, EndWhereTheirConditionsHoldFromFirstTrialsNearAndFar) {
  for (const Curve& curve : kCurves)
    for (const double first : {1e-3, 1e-1, 1.0, 10.0, 1e3})
      for (const double c2 : {0.1, 0.5, 0.9}) {
        SCOPED_TRACE(fmt::format("curve {} first {} c2 {}", curve.name, first, c2));
        const auto [value, slope] = curve.at(0);
        const SearchStart start{value, slope, first};
        const SearchRule rule{1e-4, c2, 60};
        Counted ray(curve);
        const SearchResult wolfe = wolfe_search(ray, start, rule);
        ASSERT_TRUE(wolfe.found);
        const auto [v, s] = curve.at(wolfe.step);
        EXPECT_LE(v, value + 1e-4 * wolfe.step * slope);
        EXPECT_LE(std::fabs(s), c2 * std::fabs(slope));
        EXPECT_LE(ray.trials.size(), 30u);

        Counted other(curve);
        const SearchResult hz = hager_zhang_search(other, start, rule);
        ASSERT_TRUE(hz.found);
        const auto [hv, hs] = curve.at(hz.step);
        EXPECT_LE(hv, value + 1e-4 * hz.step * slope);
        EXPECT_GE(hs, c2 * slope);

        Counted third(curve);
        const SearchResult back = backtracking_search(third, start, rule);
        ASSERT_TRUE(back.found);
        EXPECT_LE(curve.at(back.step).first, value + 1e-4 * back.step * slope);
      }
}

TEST(Searches, TheMinimumOfACubicIsWhereItsSlopeIsZero) {
  const auto cubic = [](double a) { return Trial{a, ((a - 2) * a - 5) * a + 1, (3 * a - 4) * a - 5}; };
  const double minimum = (4 + std::sqrt(16 + 60.0)) / 6;
  EXPECT_NEAR(cubic_minimum(cubic(0), cubic(4)), minimum, 1e-12);
  EXPECT_NEAR(cubic_minimum(cubic(4), cubic(0)), minimum, 1e-12);
  EXPECT_TRUE(std::isnan(cubic_minimum({0, 0, 1}, {1, 1.08, 1.2})));
}

TEST(Searches, StrongWolfeHoldsAtEveryAcceptedStep) {
  std::mt19937_64 random(drawn_seed());
  std::normal_distribution<double> normal;
  for (const char* method : {"gd", "cg", "bfgs", "lbfgs", "newton-ls", "newton-cg"})
    for (const double c2 : {0.1, 0.45, 0.9})
      for (int round = 0; round < 5; ++round) {
        SCOPED_TRACE(fmt::format("{} c2 {} round {}", method, c2, round));
        Rosenbrock<double> objective(6);
        std::vector<double> x(6);
        for (double& v : x) v = 2 * normal(random);
        MinimiserOptions options{.method = method, .search = {.kind = Search::kWolfe, .c2 = c2}, .beta = "pr+"};
        auto minimiser = make_minimiser<double>(options, objective, x);
        std::vector<double> before(6), gradient(6);
        for (int step = 0; step < 150; ++step) {
          before = x;
          const double value = objective.value_and_gradient(before, gradient);
          const std::vector<double> gradient_before = gradient;
          const MinimiserReport report = minimiser->step(objective);
          if (!report.accepted) break;
          if (report.step == 0) break;  // nothing was done
          const double value_after = objective.value_and_gradient(x, gradient);
          double slope = 0, slope_after = 0;
          for (std::size_t i = 0; i < 6; ++i) {
            slope += gradient_before[i] * (x[i] - before[i]);
            slope_after += gradient[i] * (x[i] - before[i]);
          }
          EXPECT_NEAR(report.initial_slope * report.step, slope, 1e-6 * std::fabs(slope) + 1e-13);
          // The step x - before is rounded, so its slopes are known to the rounding of the point.
          const double rounding = 1e-14 * (1 + std::fabs(value));
          EXPECT_LE(value_after, value + 1e-4 * report.step * report.initial_slope);
          EXPECT_LE(std::fabs(report.trials.back().slope), c2 * std::fabs(report.initial_slope));
          EXPECT_NEAR(report.trials.back().slope * report.step, slope_after, 1e-5 * std::fabs(slope) + rounding);
          if (report.stopped != Stop::kNone) break;
        }
      }
}

}  // namespace
}  // namespace limn
