// Every schedule against its closed form, and warm-up in front of each.
#include "rule/schedule.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "base/error.hpp"

namespace limn {
namespace {

double at(const std::string& name, std::int64_t step, std::int64_t total) {
  return schedule_factor({.name = name, .total = total}, step);
}

TEST(Schedules, FollowTheirClosedForms) {
  for (const std::int64_t total : {1, 7, 1000})
    for (std::int64_t step = 0; step <= total; ++step) {
      SCOPED_TRACE(std::to_string(step) + " of " + std::to_string(total));
      const double s = static_cast<double>(step) / static_cast<double>(total);
      EXPECT_EQ(at("constant", step, total), 1);
      const double half = std::cos(std::numbers::pi * s / 2);
      EXPECT_NEAR(at("cosine", step, total), half * half, 1e-15);
      EXPECT_NEAR(at("linear", step, total), 1 - s, 1e-15);
      EXPECT_NEAR(at("polynomial", step, total), (1 - s) * (1 - s), 1e-15);
      EXPECT_NEAR(at("exponential", step, total), std::pow(10, -3 * s), 1e-13);
      EXPECT_NEAR(std::log10(at("range", step, total)), -6 + 6 * s, 1e-13);
      const double up = std::sin(std::numbers::pi * s / 0.6), down = std::cos(std::numbers::pi * (s - 0.3) / 1.4);
      EXPECT_NEAR(at("one-cycle", step, total), s < 0.3 ? 0.04 + 0.96 * up * up : 4e-6 + (1 - 4e-6) * down * down,
                  1e-14);
      EXPECT_NEAR(schedule_factor({.name = "step", .total = total, .drop_every = 2, .drop = 0.5}, step),
                  std::ldexp(1, -static_cast<int>(step / 2)), 0);
    }
  EXPECT_EQ(at("cosine", 0, 50), 1);
  EXPECT_EQ(at("cosine", 50, 50), 0);
  EXPECT_EQ(at("step", 99, 300), 1) << "a drop after every third of the length";
  EXPECT_EQ(at("step", 100, 300), 0.1);
  EXPECT_EQ(at("plateau", 77, 300), 1);
  EXPECT_EQ(schedule_factor({.name = "plateau", .total = 300, .drop = 0.5, .drops = 3}, 77), 0.125);
}

TEST(Schedules, StayWhatTheyAreBehindTheEnd) {
  for (const std::string_view name : schedules()) {
    if (name == "step" || name == "exponential") continue;  // these have no end
    const std::string text(name);
    EXPECT_EQ(at(text, 80, 50), at(text, 50, 50)) << name;
    EXPECT_EQ(at(text, 0, 0), at(text, 0, 1)) << name;
  }
}

TEST(WarmUp, RisesToTheScheduleWhichTakesTheRestOfTheLength) {
  for (const std::string_view name : schedules())
    for (const std::int64_t warmup : {1, 9}) {
      const Schedule schedule{.name = std::string(name), .total = 100 + warmup, .warmup = warmup};
      for (std::int64_t step = 0; step < warmup; ++step)
        EXPECT_EQ(schedule_factor(schedule, step), static_cast<double>(step + 1) / static_cast<double>(warmup + 1));
      for (std::int64_t step = 0; step <= 100; ++step)
        EXPECT_EQ(schedule_factor(schedule, warmup + step), at(std::string(name), step, 100)) << name;
    }
}

TEST(Schedules, AreFoundByNameAndOthersRefused) {
  for (const std::string_view name : schedules()) EXPECT_NO_THROW(check_schedule(name));
  try {
    check_schedule("Cosine");
    ADD_FAILURE() << "accepted";
  } catch (const Error& error) {
    for (const std::string_view name : schedules()) EXPECT_NE(error.hint().find(name), std::string::npos);
  }
}

}  // namespace
}  // namespace limn
