// Seeds and independent derivatives for tests of functions.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace limn::testing {

using Numbers = std::vector<double>;
using Function = std::function<double(std::span<const double>)>;

// Another one in each run; LIMN_TEST_SEED repeats one.
inline std::uint64_t drawn_seed() {
  if (const char* given = std::getenv("LIMN_TEST_SEED")) return std::strtoull(given, nullptr, 10);
  return std::random_device{}();
}

inline double largest(const Numbers& x) {
  double most = 0;
  for (const double v : x) most = std::isnan(v) ? INFINITY : std::max(most, std::abs(v));
  return most;
}

// Central differences of the first to the fourth order in h (Richardson), component by component.
inline Numbers differences(const Function& f, Numbers x, double step = 1e-3) {
  Numbers gradient;
  for (double& component : x) {
    const double at = component, h = step * std::max(std::abs(at), 1e-2);
    const auto moved = [&](double by) { return component = at + by, f(x); };
    gradient.push_back((8 * (moved(h) - moved(-h)) - (moved(2 * h) - moved(-2 * h))) / (12 * h));
    component = at;
  }
  return gradient;
}

}  // namespace limn::testing
