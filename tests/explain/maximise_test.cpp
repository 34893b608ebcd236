// Activation maximisation against float64, closed forms and itself: on other threads, put back, and where it ends.
#include "explain/maximise.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.hpp"
#include "explain/pictures.hpp"

namespace limn {
namespace {

using testing::Trained;
using testing::Twin;

constexpr const char* kArch = "conv 4 3x3 tanh | pool 2 average | conv 3 3x3 tanh | dense 3";
const AscentSettings kAll = {
    .lr = 0.01, .l2 = 0.002, .tv = 0.01, .blur = 0.6, .blur_every = 3, .jitter = 2, .noise = 0.2, .seed = 5};

std::vector<float> copy_of(std::span<const float> values) { return {values.begin(), values.end()}; }

// What a step subtracts of x, [channels, height, width].
double penalty(std::span<const double> x, const Shape& image, const AscentSettings& settings) {
  double sum = 0;
  for (std::int64_t i = 0; i < image.size(); ++i) {
    const auto at = [&](std::int64_t k) { return x[static_cast<std::size_t>(k)]; };
    sum += settings.l2 * at(i) * at(i);
    if (i % image[2] + 1 < image[2]) sum += settings.tv * std::pow(at(i + 1) - at(i), 2);
    if (i / image[2] % image[1] + 1 < image[1]) sum += settings.tv * std::pow(at(i + image[2]) - at(i), 2);
  }
  return sum;
}

TEST(Maximiser, TakesTheStepThatItsFormulaSays) {
  const Shape image{3, 8, 6};
  Trained trained(kArch, image);
  const auto net = trained.frozen();
  struct Case {
    AscentTarget target;
    std::size_t element;  // of what it is in the twin
  };
  for (const Case& c : {Case{{.score = 2, .place = {}}, 2}, Case{{.layer = 2, .channel = 1, .place = {{1, 2}}}, 16},
                        Case{{.layer = 3, .channel = 0, .place = {}}, 0}}) {
    SCOPED_TRACE(c.target.layer);
    const AscentSettings settings{.lr = 0.03, .l2 = 0.02, .tv = 0.05, .jitter = 3, .noise = 0.4};
    Maximiser maximiser(net, c.target, settings);
    Twin twin(*net, *trained.session);
    for (int step = 0; step < 3; ++step) {
      const auto before = copy_of(maximiser.picture());
      std::vector<double> x(before.begin(), before.end()), g(x.size());
      Random random(settings.seed, "jitter", static_cast<std::uint64_t>(step) + 1);
      const std::int64_t down = random.below(7) - std::int64_t{3}, right = random.below(7) - std::int64_t{3};
      const auto rolled = [&](std::size_t i) {  // where the pixel goes
        const auto at = static_cast<std::int64_t>(i), y = at / 6 % 8, x_at = at % 6;
        return static_cast<std::size_t>(at / 48 * 48 + (y + down + 8) % 8 * 6 + (x_at + right + 6) % 6);
      };
      auto seen = before;
      for (std::size_t i = 0; i < x.size(); ++i) seen[rolled(i)] = before[i];
      twin.see(seen);
      const Value of =
          c.target.layer == 0 ? twin.look().score : twin.look().layers.z[static_cast<std::size_t>(c.target.layer - 1)];
      const double value = twin.value(of)[c.element] - penalty(x, image, settings);
      double squares = 0;
      for (std::size_t i = 0; i < x.size(); ++i) {
        const double here = x[i], h = 1e-6;
        x[i] = here + h;
        const double up = penalty(x, image, settings);
        x[i] = here - h;
        const double down = penalty(x, image, settings);
        x[i] = here;
        g[i] = twin.slope(of, c.element, twin.look().x, rolled(i)) - (up - down) / (2 * h);
        squares += g[i] * g[i];
      }
      EXPECT_NEAR(maximiser.advance(), value, 1e-5 * (1 + std::abs(value)));
      const double by = settings.lr / std::sqrt(squares / static_cast<double>(x.size()));
      for (std::size_t i = 0; i < x.size(); ++i)
        EXPECT_NEAR(maximiser.picture()[i], std::clamp(x[i] + by * g[i], 0.0, 1.0), 1e-5) << "pixel " << i;
    }
  }
}

TEST(Maximiser, MeansAChannelOverItsPlaces) {
  Trained trained(kArch, {8, 8});
  const auto net = trained.frozen();
  Maximiser maximiser(net, {.layer = 1, .channel = 2, .place = {}}, {});
  Twin twin(*net, *trained.session);
  twin.see(maximiser.picture());
  const auto z = twin.value(twin.look().layers.z[0]);
  double sum = 0;
  for (std::size_t i = 2; i < z.size(); i += 4) sum += z[i];
  EXPECT_NEAR(maximiser.advance(), sum / 64, 1e-5);
}

TEST(Maximiser, OfALinearScoreFillsWhatSpeaksForItAndClearsTheRest) {
  Trained trained("dense 3", {6, 6});
  Maximiser maximiser(trained.frozen(), {.score = 1, .place = {}}, {.lr = 0.2, .patience = 0});
  for (int i = 0; i < 400; ++i) maximiser.advance();
  for (int i = 0; i < 36; ++i) {
    const double w = trained.session->quantity(fmt::format("layer1.w[{},1]", i));
    if (std::abs(w) > 0.02) {
      EXPECT_EQ(maximiser.picture()[static_cast<std::size_t>(i)], w > 0 ? 1.0f : 0.0f) << i;
    }
  }
}

TEST(Maximiser, BlursAPointIntoAGaussianThatKeepsItsSum) {
  Trained trained("dense 3", {15, 15});
  const AscentSettings settings{.lr = 0, .blur = 1.2, .blur_every = 1, .start = 0, .noise = 0};
  Maximiser maximiser(trained.frozen(), {.score = 0, .place = {}}, settings);
  auto state = maximiser.state();
  state[0].values[7 * 15 + 7] = 1;
  maximiser.restore(state);
  maximiser.advance();
  double norm = 0, sum = 0;
  const auto bell = [](int k) { return std::exp(-k * k / (2 * 1.2 * 1.2)); };
  for (int k = -4; k <= 4; ++k) norm += bell(k);
  for (std::size_t i = 0; i < 15 * 15; ++i) {
    const int y = static_cast<int>(i / 15) - 7, x = static_cast<int>(i % 15) - 7;
    const double wanted = std::abs(y) > 4 || std::abs(x) > 4 ? 0 : bell(y) * bell(x) / (norm * norm);
    EXPECT_NEAR(maximiser.picture()[i], wanted, 1e-7);
    sum += maximiser.picture()[i];
  }
  EXPECT_NEAR(sum, 1, 1e-6);
}

TEST(Maximiser, RisesWhateverIsSubtracted) {
  Trained trained(kArch, {3, 8, 8}, 3, 60);
  for (const AscentSettings& settings : {AscentSettings{}, kAll})
    for (const AscentTarget& target :
         {AscentTarget{.score = 0, .place = {}}, AscentTarget{.layer = 2, .channel = 1, .place = {}}}) {
      Maximiser maximiser(trained.frozen(), target, settings);
      std::vector<float> values;
      while (maximiser.step() < 30 && maximiser.stop_reason().empty()) values.push_back(maximiser.advance());
      EXPECT_GT(maximiser.value(), values[0]);
      const auto best = std::ranges::max_element(values);
      EXPECT_EQ(maximiser.best(), *best);
      EXPECT_EQ(maximiser.best_step(), best - values.begin());
    }
}

TEST(Maximiser, HasTheSameBitsOnAnyNumberOfThreadsAndAfterItWasPutBack) {
  std::vector<std::vector<float>> values;
  std::string expected;
  for (const int threads : {1, 2, 3, 4}) {
    Trained trained(kArch, {3, 12, 12}, 3, 10, threads);
    Maximiser whole(trained.frozen(), {.score = 1, .place = {}}, kAll),
        begun(trained.frozen(), {.score = 1, .place = {}}, kAll);
    auto& mine = values.emplace_back();
    for (int i = 0; i < 25; ++i) mine.push_back(whole.advance());
    EXPECT_EQ(mine, values[0]) << threads << " threads";
    if (expected.empty()) expected = whole.fingerprint();
    EXPECT_EQ(whole.fingerprint(), expected);
    for (int i = 0; i < 11; ++i) begun.advance();
    Maximiser again(trained.frozen(), {.score = 1, .place = {}}, kAll);
    again.restore(begun.state());
    EXPECT_EQ(again.step(), 11);
    EXPECT_EQ(again.best_step(), begun.best_step());
    EXPECT_EQ(again.value(), begun.value());
    for (int i = 11; i < 25; ++i) EXPECT_EQ(again.advance(), mine[static_cast<std::size_t>(i)]);
    EXPECT_EQ(again.fingerprint(), expected);
    EXPECT_EQ(again.best(), whole.best());
    EXPECT_EQ(again.best_step(), whole.best_step());
  }
  Trained trained(kArch, {3, 12, 12}, 3, 10);
  AscentSettings other = kAll;
  other.seed = 6;
  Maximiser elsewhere(trained.frozen(), {.score = 1, .place = {}}, other);
  elsewhere.advance();
  EXPECT_NE(elsewhere.value(), values[0][0]);
}

TEST(Maximiser, SaysWhyItStands) {
  Trained trained("conv 3 3x3 relu | dense 4 relu | dense 3", {8, 8});
  Maximiser waits(trained.frozen(), {.score = 0, .place = {}}, {.lr = 0, .patience = 7});
  while (waits.stop_reason().empty()) waits.advance();
  EXPECT_EQ(waits.stop_reason(), "not rising");
  EXPECT_EQ(waits.step(), 8);
  EXPECT_EQ(waits.best_step(), 0);

  const auto set = [&](const std::string& name, float value) {
    for (TensorView& view : trained.session->state())
      if (view.name == name) std::ranges::fill(view.values, value);
  };
  set("layer2.w", 0), set("layer2.b", -1);
  Maximiser flat(trained.frozen(), {.score = 0, .place = {}}, {});
  const auto before = copy_of(flat.picture());
  flat.advance();
  EXPECT_EQ(flat.stop_reason(), "flat");
  EXPECT_EQ(copy_of(flat.picture()), before);
  EXPECT_EQ(flat.step(), 0);

  set("layer1.w", 3e38f), set("layer1.b", 3e38f), set("layer2.w", 1), set("layer2.b", 0);
  Maximiser overflows(trained.frozen(), {.layer = 2, .channel = 0, .place = {}}, {});
  overflows.advance();
  EXPECT_EQ(overflows.stop_reason(), "not finite");
  EXPECT_EQ(copy_of(overflows.picture()), before);
}

TEST(Maximiser, RefusesWhatIsNotThere) {
  Trained trained("conv 3 3x3 relu | dense 4 relu | dense 3", {8, 8});
  const auto net = trained.frozen();
  for (const AscentTarget& wrong :
       {AscentTarget{.score = 3, .place = {}}, AscentTarget{.place = {}}, AscentTarget{.layer = 4, .place = {}},
        AscentTarget{.layer = -1, .place = {}}, AscentTarget{.layer = 1, .channel = 3, .place = {}},
        AscentTarget{.layer = 1, .place = {{8, 0}}}, AscentTarget{.layer = 2, .place = {{0, 0}}}})
    EXPECT_THROW(Maximiser(net, wrong, {}), Error);
  for (const AscentSettings& wrong :
       {AscentSettings{.lr = -1}, AscentSettings{.l2 = std::nan("")}, AscentSettings{.blur = 9},
        AscentSettings{.blur_every = 0}, AscentSettings{.jitter = 8}, AscentSettings{.low = 1, .high = 0},
        AscentSettings{.patience = -1}})
    EXPECT_THROW(Maximiser(net, {.score = 0, .place = {}}, wrong), Error);
  Maximiser maximiser(net, {.score = 0, .place = {}}, {});
  auto state = maximiser.state();
  state[0].values[0] = std::nanf("");
  EXPECT_THROW(maximiser.restore(state), Error);
  state[0].values.pop_back();
  EXPECT_THROW(maximiser.restore(state), Error);
}

}  // namespace
}  // namespace limn
