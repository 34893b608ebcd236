#include "plan/arena.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

namespace limn {
namespace {

constexpr std::int64_t kAlign = 16;  // floats: one cache line

// Free intervals, found by size and joined by address: every operation is logarithmic.
class FreeList {
 public:
  std::int64_t take(std::int64_t size) {
    if (const auto fit = by_size_.lower_bound({size, 0}); fit != by_size_.end()) {
      const auto [length, offset] = *fit;
      by_size_.erase(fit);
      by_offset_.erase(offset);
      if (length > size) put(offset + size, length - size);
      return offset;
    }
    const std::int64_t offset = end_;
    end_ += size;
    return offset;
  }
  void put(std::int64_t offset, std::int64_t size) {
    auto next = by_offset_.lower_bound(offset);
    if (next != by_offset_.end() && offset + size == next->first) {
      size += next->second;
      by_size_.erase({next->second, next->first});
      next = by_offset_.erase(next);
    }
    if (next != by_offset_.begin())
      if (const auto before = std::prev(next); before->first + before->second == offset) {
        offset = before->first;
        size += before->second;
        by_size_.erase({before->second, before->first});
        by_offset_.erase(before);
      }
    by_offset_.emplace(offset, size);
    by_size_.emplace(size, offset);
  }
  std::int64_t end() const { return end_; }

 private:
  std::map<std::int64_t, std::int64_t> by_offset_;           // offset -> size
  std::set<std::pair<std::int64_t, std::int64_t>> by_size_;  // (size, offset)
  std::int64_t end_ = 0;
};

}  // namespace

std::int64_t lay_out(std::vector<Lifetime>& values) {
  std::vector<std::size_t> by_first(values.size()), by_last(values.size());
  std::iota(by_first.begin(), by_first.end(), 0u);
  by_last = by_first;
  std::ranges::stable_sort(by_first, {}, [&](std::size_t i) { return values[i].first; });
  std::ranges::stable_sort(by_last, {}, [&](std::size_t i) { return values[i].last; });
  auto size = [&](std::size_t i) {
    return (std::max<std::int64_t>(values[i].floats, 1) + kAlign - 1) / kAlign * kAlign;
  };
  FreeList free;
  auto dead = by_last.begin();
  for (std::size_t i : by_first) {
    for (; dead != by_last.end() && values[*dead].last < values[i].first; ++dead)
      free.put(values[*dead].offset, size(*dead));
    values[i].offset = free.take(size(i));
  }
  return free.end();
}

}  // namespace limn
