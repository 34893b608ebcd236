#include "data/split.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <utility>

#include "base/error.hpp"
#include "base/random.hpp"

namespace limn {

Fractions parse_fractions(const std::string& text) {
  const std::string hint = "write train/valid/test as three fractions that add up to 1, e.g. 0.7/0.15/0.15, or auto";
  Fractions fractions{};
  const char* at = text.data();
  const char* end = at + text.size();
  for (std::size_t i = 0; i < 3; ++i) {
    const auto [stop, status] = std::from_chars(at, end, fractions[i]);
    const bool closed = i < 2 ? stop != end && *stop == '/' : stop == end;
    if (status != std::errc() || !closed) throw Error(fmt::format("the split '{}' is not understood", text), hint);
    if (!(fractions[i] > 0 && fractions[i] < 1)) {
      throw Error(fmt::format("the split '{}' has the fraction {}", text, fractions[i]), hint);
    }
    if (i < 2) at = stop + 1;
  }
  const double sum = fractions[0] + fractions[1] + fractions[2];
  if (std::abs(sum - 1) > 1e-9) throw Error(fmt::format("the split '{}' adds up to {}", text, sum), hint);
  return fractions;
}

Splits draw_splits(std::int64_t size, std::span<const std::int32_t> labels, const Fractions& fractions,
                   std::uint64_t seed) {
  LIMN_CHECK(labels.empty() || static_cast<std::int64_t>(labels.size()) == size);
  const auto n = static_cast<std::size_t>(size);
  Random random(seed, "data/split");
  std::vector<std::int32_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  for (std::size_t i = n; i > 1; --i) std::swap(order[i - 1], order[random.below(static_cast<std::uint32_t>(i))]);

  // Row k of m of its class stands at (k + 1/2) / m on a line from 0 to 1; cutting the line cuts every class alike.
  if (!labels.empty()) {
    const auto classes = static_cast<std::size_t>(*std::max_element(labels.begin(), labels.end())) + 1;
    std::vector<std::int64_t> count(classes), seen(classes);
    for (const auto label : labels) ++count[static_cast<std::size_t>(label)];
    std::vector<std::pair<double, std::size_t>> line(n);  // ties: in the drawn order
    for (std::size_t i = 0; i < n; ++i) {
      const auto label = static_cast<std::size_t>(labels[static_cast<std::size_t>(order[i])]);
      line[i] = {(static_cast<double>(seen[label]++) + 0.5) / static_cast<double>(count[label]), i};
    }
    std::sort(line.begin(), line.end());
    const auto drawn = order;
    for (std::size_t i = 0; i < n; ++i) order[i] = drawn[line[i].second];
  }

  const auto cut = [&](double share) {
    return static_cast<std::int64_t>(std::floor(share * static_cast<double>(size) + 0.5 + 1e-9));
  };
  const std::array<std::int64_t, 4> borders{0, cut(fractions[0]),
                                            fractions[2] > 0 ? cut(fractions[0] + fractions[1]) : size, size};
  Splits splits;
  for (std::size_t s = 0; s < 3; ++s) {
    if (fractions[s] > 0 && borders[s] >= borders[s + 1]) {
      throw Error(fmt::format("{} rows are too few to split {:.3g}/{:.3g}/{:.3g}: a part would be empty", size,
                              fractions[0], fractions[1], fractions[2]),
                  "give more rows, or other fractions with --set split=0.7/0.15/0.15");
    }
    splits[s].assign(order.begin() + borders[s], order.begin() + borders[s + 1]);
    std::sort(splits[s].begin(), splits[s].end());
  }
  return splits;
}

}  // namespace limn
