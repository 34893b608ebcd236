// Layers in float64 against closed forms written here; dropout's masks.
#include "nn/layer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "nn/run.hpp"
#include "planned.hpp"

namespace limn {
namespace {

using testing::Numbers;
using testing::run;

TEST(Dense, IsAProductAndABias) {
  const auto y = run({{2, 3}, {3, 2}, {2}}, {{1, 2, 3, 4, 5, 6}, {1, -1, 0, 2, 0.5, 1}, {10, 20}},
                     [](auto& v) { return dense(v[0], v[1], v[2]); });
  EXPECT_EQ(y[0], (Numbers{12.5, 26, 17, 32}));
  EXPECT_EQ(y[1], (Numbers{0, 2, 1.5, 0, 2, 1.5})) << "the sums of the weights' rows";
}

Numbers dropped(double rate, std::string_view stream, RunPoint point, std::int64_t n = 40000) {
  return run(
      {{n / 100, 100}}, {Numbers(static_cast<std::size_t>(n), 1.0)},
      [&](auto& v) { return dropout(v[0], rate, stream); }, DType::kReal, point)[0];
}

TEST(Dropout, KeepsTheWantedShareAndScalesIt) {
  for (const double rate : {0.1, 0.5, 0.9, 0.999}) {
    const Numbers y = dropped(rate, "dropout1", {3, 14});
    const auto n = static_cast<double>(y.size()), kept = n - static_cast<double>(std::ranges::count(y, 0.0));
    EXPECT_LE(std::abs(kept / n - (1 - rate)), 4.5 * std::sqrt(rate * (1 - rate) / n)) << rate;
    for (const double v : y) ASSERT_TRUE(v == 0 || v == 1 / (1 - rate)) << v;
  }
  EXPECT_EQ(dropped(0, "dropout1", {}), Numbers(40000, 1.0));
}

TEST(Dropout, DropsTheSameForTheSameSeedStepAndStreamOnly) {
  const Numbers y = dropped(0.5, "dropout1", {3, 14});
  EXPECT_EQ(y, dropped(0.5, "dropout1", {3, 14}));
  for (const Numbers& other :
       {dropped(0.5, "dropout1", {4, 14}), dropped(0.5, "dropout1", {3, 15}), dropped(0.5, "dropout2", {3, 14})}) {
    double equal = 0;
    for (std::size_t i = 0; i < y.size(); ++i) equal += y[i] == other[i];
    EXPECT_LE(std::abs(equal / static_cast<double>(y.size()) - 0.5), 0.012)
        << "masks of other draws agree in half of the places";
  }
}

TEST(Dropout, PassesTheGradientWhereItKeptAndDropsAnInfinity) {
  const Fn fn = trace([](Fn& f) {
    const Value x = input(f.graph, "x", {8, 50}), y = dropout(x, 0.25, "s");
    f.output("y", y);
    f.output("dx", grad(sum(y), x));
  });
  const std::vector<Numbers> inputs{Numbers(400, INFINITY)};
  const auto exact = interpret(fn, inputs, {1, 2});
  const auto planned = testing::run_planned(fn, inputs, {1, 2});
  int kept = 0;
  for (std::size_t i = 0; i < 400; ++i) {
    const bool keeps = exact[0][i] > 0;
    kept += keeps;
    EXPECT_EQ(exact[0][i], keeps ? INFINITY : 0);
    EXPECT_EQ(exact[1][i], keeps ? 1 / 0.75 : 0);
    EXPECT_EQ(planned.outputs[0][i] > 0, keeps) << "a plan drops what the interpreter drops";
    EXPECT_EQ(planned.outputs[1][i], static_cast<float>(exact[1][i]));
  }
  EXPECT_NEAR(kept, 300, 40);
}

}  // namespace
}  // namespace limn
