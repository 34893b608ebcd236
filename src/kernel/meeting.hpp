// Which elements of one plane each element of another one meets through a window: places and what they cover (forward),
// or what is covered and the places (backward). What convolutions and poolings walk by.
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "base/window.hpp"

namespace limn {

// The taps that the targets of one phase meet, in order of where they lie in the source.
struct Taps {
  std::vector<std::int32_t> index;   // which elements of the window
  std::vector<std::int64_t> offset;  // from what a target's first is said to be, in elements of the source plane
  std::int64_t run = 1;              // so many, one behind another, lie side by side along the last axis
  std::size_t size() const { return index.size(); }
};

class Meeting {
 public:
  enum class Way { kForward, kBackward };
  // Where windows reach beyond the source plane: it has zeros around, so that all targets of a residue meet the same
  // taps; or targets are parted by which of their taps lie inside, and meet no others.
  enum class Border { kPadded, kParted };
  using Sizes = std::array<std::int64_t, 3>;
  Meeting(const Window& window, Sizes plane, Way way, Border border);  // planes as plane_of gives them

  const std::vector<Taps>& phases() const { return phases_; }  // at least one
  const Sizes& targets() const { return targets_; }
  const Sizes& sources() const { return sources_; }
  // How far taps reach beyond the source plane, and the plane with that around it. Parted: not at all.
  const Sizes& below() const { return below_; }
  const Sizes& padded() const { return padded_; }
  bool reaches_out() const { return padded_ != sources_; }

  // Targets low .. high - 1, counted over all planes, that are in the phase, by runs along the last axis.
  struct Run {
    std::int64_t first, plane, count;  // the first target, the number of its plane, how many
    std::int64_t source;               // what the first one's taps are counted from, in elements of the padded plane
  };
  template <class Visit>
  void each_run(std::size_t phase, std::int64_t low, std::int64_t high, Visit visit) const;
  // From one target of a run to the next: so many targets on, and so many elements of the source.
  std::int64_t target_step() const { return target_step_[2]; }
  std::int64_t source_step() const { return source_step_[2]; }

 private:
  struct Tap {
    std::int32_t index, shift;  // along its axis: element of the window, and from a target's base to the source
    friend bool operator==(const Tap&, const Tap&) = default;
  };
  struct Stretch {  // targets first, first + step, ... of an axis, that meet the same taps
    std::int64_t first, count, base;
    std::vector<Tap> taps;
  };
  static std::vector<Stretch> stretches(const Window& w, int axis, std::int64_t sources, std::int64_t targets, Way way,
                                        Border border);
  void pad(int axis);
  void find_taps(const Window& w);
  // Which targets of the stretch, by their number in it, are at low .. high - 1 of its axis.
  static std::array<std::int64_t, 2> within(const Stretch& s, std::int64_t step, std::int64_t low, std::int64_t high) {
    const auto below = [&](std::int64_t end) {
      return end <= s.first ? 0 : end > s.first + (s.count - 1) * step ? s.count : (end - s.first + step - 1) / step;
    };
    return {below(low), below(high)};
  }

  Sizes sources_{}, targets_{}, below_{}, padded_{}, target_step_{}, source_step_{};
  std::array<std::vector<Stretch>, 3> stretches_;     // by axis
  std::vector<std::array<std::size_t, 3>> of_phase_;  // its stretch of each axis
  std::vector<Taps> phases_;
};

inline std::int64_t volume(const Meeting::Sizes& sizes) { return sizes[0] * sizes[1] * sizes[2]; }

template <class Visit>
void Meeting::each_run(std::size_t phase, std::int64_t low, std::int64_t high, Visit visit) const {
  const std::int64_t line = targets_[2], area = targets_[1] * line, plane = targets_[0] * area;
  if (plane == 0) return;
  const auto& its = of_phase_[phase];
  const Stretch &s0 = stretches_[0][its[0]], &s1 = stretches_[1][its[1]], &s2 = stretches_[2][its[2]];
  const auto each = [&](const Stretch& s, int axis, std::int64_t size, std::int64_t from, auto then) {
    const bool all = low <= from && high >= from + targets_[axis] * size;
    const std::int64_t begin = std::max<std::int64_t>(0, low - from), end = std::max<std::int64_t>(0, high - from);
    const auto [first, last] = all ? std::array{std::int64_t{0}, s.count}
                                   : within(s, target_step_[axis], begin / size, (end + size - 1) / size);
    for (std::int64_t i = first; i < last; ++i)
      then(from + (s.first + i * target_step_[axis]) * size, s.base + i * source_step_[axis] + below_[axis]);
  };
  for (std::int64_t p = low / plane; p * plane < high; ++p)
    each(s0, 0, area, p * plane, [&](std::int64_t at_area, std::int64_t a) {
      each(s1, 1, line, at_area, [&](std::int64_t at_line, std::int64_t b) {
        const auto [first, last] = within(s2, target_step_[2], low - at_line, high - at_line);
        if (first < last)
          visit(Run{at_line + s2.first + first * target_step_[2], p, last - first,
                    (a * padded_[1] + b) * padded_[2] + s2.base + first * source_step_[2] + below_[2]});
      });
    });
}

}  // namespace limn
