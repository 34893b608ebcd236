#include "rule/schedule.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <numbers>

#include "base/error.hpp"

namespace limn {
namespace {

// done: steps since the warm-up; s: the part of the length, in [0, 1].
struct Point {
  const Schedule& schedule;
  double done, every, s;
};

double half_cosine(double from, double to, double s) {
  return to + (from - to) * 0.5 * (1 + std::cos(std::numbers::pi * s));
}

double one_cycle(const Point& p) {
  constexpr double kPeak = 0.3, kStart = 1.0 / 25, kEnd = kStart * 1e-4;
  return p.s < kPeak ? half_cosine(kStart, 1, p.s / kPeak) : half_cosine(1, kEnd, (p.s - kPeak) / (1 - kPeak));
}

struct Row {
  std::string_view name;
  double (*factor)(const Point& p);
};
constexpr Row kRows[] = {
    {"constant", [](const Point&) { return 1.0; }},
    {"cosine", [](const Point& p) { return 0.5 * (1 + std::cos(std::numbers::pi * p.s)); }},
    {"linear", [](const Point& p) { return 1 - p.s; }},
    {"polynomial", [](const Point& p) { return std::pow(1 - p.s, p.schedule.power); }},
    {"step", [](const Point& p) { return std::pow(p.schedule.drop, std::floor(p.done / p.every)); }},
    {"exponential", [](const Point& p) { return std::pow(p.schedule.drop, p.done / p.every); }},
    {"one-cycle", one_cycle},
    {"range", [](const Point& p) { return std::pow(1e-6, 1 - p.s); }},
    {"plateau", [](const Point& p) { return std::pow(p.schedule.drop, p.schedule.drops); }},
};

const Row& find_row(std::string_view name) {
  const auto* const it = std::ranges::find(kRows, name, &Row::name);
  if (it != std::end(kRows)) return *it;
  throw Error(fmt::format("there is no schedule \"{}\"", name),
              fmt::format("take one of {}", fmt::join(schedules(), ", ")));
}

}  // namespace

std::span<const std::string_view> schedules() {
  static const auto names = [] {
    std::array<std::string_view, std::size(kRows)> list;
    std::ranges::transform(kRows, list.begin(), &Row::name);
    return list;
  }();
  return names;
}

void check_schedule(std::string_view name) { find_row(name); }

double schedule_factor(const Schedule& schedule, std::int64_t step) {
  const Row& row = find_row(schedule.name);
  if (step < schedule.warmup) return static_cast<double>(step + 1) / static_cast<double>(schedule.warmup + 1);
  const auto total = static_cast<double>(std::max<std::int64_t>(schedule.total - schedule.warmup, 1));
  const auto done = static_cast<double>(step - schedule.warmup);
  const double every = schedule.drop_every > 0 ? static_cast<double>(schedule.drop_every) : total / 3;
  return row.factor({schedule, done, every, std::clamp(done / total, 0.0, 1.0)});
}

}  // namespace limn
