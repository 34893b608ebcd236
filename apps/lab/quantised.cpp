#include "lab/quantised.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.hpp"

namespace limn::lab {

std::vector<std::int8_t> quantised(std::span<const float> values, float scale) {
  std::vector<std::int8_t> bytes;
  bytes.reserve(values.size());
  const float factor = scale > 0 ? 127 / scale : 0;
  for (const float v : values)
    bytes.push_back(std::isfinite(v) ? static_cast<std::int8_t>(std::lround(std::clamp(v * factor, -127.0f, 127.0f)))
                                     : std::int8_t{0});
  return bytes;
}

float largest(std::span<const float> values) {
  float most = 0;
  for (const float v : values)
    if (std::isfinite(v)) most = std::max(most, std::abs(v));
  return most;
}

float usual(std::span<const float> values) {
  if (values.empty()) return 0;
  std::vector<float> sizes;
  for (const float v : values) sizes.push_back(std::abs(v));
  const auto at = sizes.begin() + static_cast<std::ptrdiff_t>(0.98 * static_cast<double>(sizes.size() - 1));
  std::ranges::nth_element(sizes, at);
  return *at;
}

GivenRows::GivenRows(const Dataset& like, std::vector<float> encoded) : values(std::move(encoded)) {
  data.name = like.name, data.task = like.task, data.sample = like.sample;
  data.size = static_cast<std::int64_t>(values.size()) / like.sample.size();
  data.values = values;
  data.classes = like.classes, data.preprocessing = like.preprocessing;
  data.labels.assign(static_cast<std::size_t>(data.size), 0);
  data.targets.assign(static_cast<std::size_t>(data.size), 0);
  rows.resize(static_cast<std::size_t>(data.size));
  std::iota(rows.begin(), rows.end(), 0);
}

std::vector<float> encoded(const Dataset& data, std::vector<float> raw_sample) {
  if (static_cast<std::int64_t>(raw_sample.size()) != data.sample.size())
    throw Error(fmt::format("a sample of {} numbers", raw_sample.size()),
                fmt::format("a sample of {} has {}", data.name, data.sample.size()));
  if (!std::ranges::all_of(raw_sample, [](float v) { return std::isfinite(v); }))
    throw Error("a sample has a number that is not finite", "write finite numbers");
  if (data.preprocessing.kind == "table") {
    std::size_t at = 0;
    for (const ColumnEncoding& column : data.preprocessing.columns) {
      if (column.categories.empty())
        raw_sample[at] = static_cast<float>((raw_sample[at] - column.mean) / column.deviation);
      at += std::max<std::size_t>(1, column.categories.size());
    }
  }
  return raw_sample;
}

}  // namespace limn::lab
