// A copy of the state, written into a minimiser just made, continues with the same bits.
#include <cstring>

#include "objectives.hpp"

namespace limn {
namespace {

using namespace testing;

template <class T>
void copy(Minimiser<T>& from, Minimiser<T>& to) {
  const auto source = from.state(), target = to.state();
  ASSERT_EQ(source.size(), target.size());
  for (std::size_t i = 0; i < source.size(); ++i) {
    EXPECT_EQ(source[i].name, target[i].name);
    ASSERT_EQ(source[i].values.size(), target[i].values.size());
    ASSERT_EQ(source[i].numbers.size(), target[i].numbers.size());
    ASSERT_TRUE(source[i].values.empty() != source[i].numbers.empty()) << source[i].name;
    std::int64_t count = 1;
    for (const std::int64_t n : source[i].shape) count *= n;
    EXPECT_EQ(count, static_cast<std::int64_t>(source[i].values.size() + source[i].numbers.size())) << source[i].name;
    std::copy(source[i].values.begin(), source[i].values.end(), target[i].values.begin());
    std::copy(source[i].numbers.begin(), source[i].numbers.end(), target[i].numbers.begin());
  }
}

bool same_bits(double a, double b) { return std::memcmp(&a, &b, sizeof a) == 0; }

void expect_same(const MinimiserReport& a, const MinimiserReport& b) {
  EXPECT_EQ(a.iteration, b.iteration);
  EXPECT_TRUE(same_bits(a.value, b.value));
  EXPECT_TRUE(same_bits(a.gradient_norm, b.gradient_norm));
  EXPECT_TRUE(same_bits(a.step, b.step) && same_bits(a.step_norm, b.step_norm));
  EXPECT_TRUE(same_bits(a.radius, b.radius) && same_bits(a.damping, b.damping));
  EXPECT_TRUE(same_bits(a.predicted, b.predicted));
  EXPECT_EQ(a.accepted, b.accepted);
  EXPECT_EQ(a.restarted, b.restarted);
  EXPECT_EQ(a.stopped, b.stopped);
  EXPECT_EQ(a.residuals, b.residuals);
  EXPECT_EQ(a.calls.evaluations(), b.calls.evaluations());
  EXPECT_EQ(a.calls.products, b.calls.products);
  EXPECT_EQ(a.calls.matrices, b.calls.matrices);
  ASSERT_EQ(a.trials.size(), b.trials.size());
  for (std::size_t i = 0; i < a.trials.size(); ++i) EXPECT_TRUE(same_bits(a.trials[i].value, b.trials[i].value));
}

// At every iteration the first continues as the second, which has nothing but the copied state and point.
template <class T>
void continues(const MinimiserOptions& options, Objective<T>& objective, std::vector<T> x, int steps) {
  SCOPED_TRACE(options.method + " " + options.beta + (sizeof(T) == 4 ? " float" : " double"));
  std::vector<T> other(x.size());
  auto first = make_minimiser<T>(options, objective, x);
  for (int i = 0; i < steps && !::testing::Test::HasFailure(); ++i) {
    std::copy(x.begin(), x.end(), other.begin());
    auto second = make_minimiser<T>(options, objective, other);
    copy(*first, *second);
    if (i % 7 == 5) first->changed(), second->changed();
    const MinimiserReport a = first->step(objective), b = second->step(objective);
    SCOPED_TRACE("iteration " + std::to_string(i));
    expect_same(a, b);
    EXPECT_EQ(std::memcmp(x.data(), other.data(), x.size() * sizeof(T)), 0);
  }
}

template <class T>
void all_continue() {
  Rosenbrock<T> bent(5);
  std::mt19937_64 random(drawn_seed());
  Quadratic<T> bowl({1, 2, 5, 10, 30, 100}, {1, 2, 3, 4, 5, 6}, random);
  for (const Method& method : methods())
    for (const char* beta : {"fr", "pr+", "hs", "dy", "hz"}) {
      MinimiserOptions options;
      options.method = method.name, options.beta = beta, options.memory = 4;
      if (method.name != "cg" && options.beta != "pr+") continue;
      continues<T>(options, bent, {T(-1.2), 1, T(-0.5), T(0.3), 2}, 60);
      continues<T>(options, bowl, {6, 5, -4, 3, -2, 1}, 12);
    }
}

TEST(State, CopiedAtEveryIterationItContinuesWithTheSameBitsInDouble) { all_continue<double>(); }
TEST(State, CopiedAtEveryIterationItContinuesWithTheSameBitsInFloat) { all_continue<float>(); }

}  // namespace
}  // namespace limn
