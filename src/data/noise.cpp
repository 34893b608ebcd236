#include "data/noise.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"

namespace limn {
namespace {

constexpr std::size_t kMostRows = 1000;   // compared pair by pair
constexpr double kMostDifferences = 2e8;  // of features

double squared_distance(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t k = 0; k < a.size(); ++k) {
    const double difference = static_cast<double>(a[k]) - static_cast<double>(b[k]);
    sum += difference * difference;
  }
  return sum;
}

}  // namespace

double noise_share(const Dataset& data) {
  LIMN_CHECK(!data.targets.empty() && !data.values.empty());
  std::vector<std::int32_t> rows;
  const auto width = static_cast<std::size_t>(data.sample.size());
  const double affordable = std::sqrt(kMostDifferences / static_cast<double>(width));
  const std::size_t most = std::clamp<std::size_t>(static_cast<std::size_t>(affordable), 2, kMostRows);
  const std::size_t stride = (data.train.size() + most - 1) / most;
  for (std::size_t i = 0; i < data.train.size(); i += stride) rows.push_back(data.train[i]);
  if (rows.size() < 2) return 1;
  const auto features = [&](std::int32_t row) {
    return data.values.subspan(static_cast<std::size_t>(row) * width, width);
  };
  const auto target = [&](std::int32_t row) {
    return static_cast<double>(data.targets[static_cast<std::size_t>(row)]);
  };
  double sum = 0;
  for (const auto row : rows) {
    double nearest = std::numeric_limits<double>::infinity(), difference = 0;
    for (const auto other : rows) {
      if (other == row) continue;
      const double distance = squared_distance(features(row), features(other));
      if (distance < nearest) nearest = distance, difference = target(row) - target(other);
    }
    sum += difference * difference;
  }
  return std::min(1.0, sum / (2 * static_cast<double>(rows.size())));
}

}  // namespace limn
