// Which elements of one plane each element of another one meets through a window, tap by tap: places and what they
// cover (forward), or what is covered and the places (backward). What convolutions and poolings walk by.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "base/window.hpp"

namespace limn {

// The taps of one phase: targets as far from each other as a multiple of the stride meet the same taps of a window
// backward; forward there is one phase.
struct Taps {
  std::vector<std::int32_t> index;                  // which elements of the window, ascending
  std::vector<std::array<std::int32_t, 3>> shift;   // from the target's base to the source
  std::vector<std::int64_t> offset;                 // the same in elements of the source plane
  std::array<std::int32_t, 3> lowest{}, highest{};  // of the shifts
  std::size_t size() const { return index.size(); }
};

class Meeting {
 public:
  enum class Way { kForward, kBackward };
  Meeting(const Window& window, const std::array<std::int64_t, 3>& plane, Way way);

  const std::vector<Taps>& phases() const { return phases_; }
  std::int64_t targets() const { return targets_[0] * targets_[1] * targets_[2]; }  // of one plane
  std::int64_t sources() const { return sources_[0] * sources_[1] * sources_[2]; }

  // visit(target's number over all planes, number of its plane, its base) for those of low .. high - 1 in the phase.
  using Base = std::array<std::int32_t, 3>;
  template <class Visit>
  void each(std::size_t phase, std::int64_t low, std::int64_t high, Visit visit) const;

  // Where tap t of `taps` from that base lies in the source plane; -1: outside.
  std::int64_t element(const Taps& taps, std::size_t t, const Base& base) const {
    for (int i = 0; i < 3; ++i)
      if (const std::int64_t at = base[i] + taps.shift[t][i]; at < 0 || at >= sources_[i]) return -1;
    return first(base) + taps.offset[t];
  }
  bool all_inside(const Taps& taps, const Base& base) const {
    for (int i = 0; i < 3; ++i)
      if (base[i] + taps.lowest[i] < 0 || base[i] + taps.highest[i] >= sources_[i]) return false;
    return true;
  }
  std::int64_t first(const Base& base) const {  // the base as an element of the source plane
    return (base[0] * sources_[1] + base[1]) * sources_[2] + base[2];
  }

 private:
  struct Along {  // one axis: of each target
    std::vector<std::int32_t> base, phase;
  };
  std::array<std::int64_t, 3> sources_, targets_;
  std::array<Along, 3> along_;
  std::vector<Taps> phases_;
};

template <class Visit>
void Meeting::each(std::size_t phase, std::int64_t low, std::int64_t high, Visit visit) const {
  std::int64_t line = low / targets_[2], c = low % targets_[2], b = line % targets_[1], a = line / targets_[1];
  std::int64_t image = a / targets_[0];
  a %= targets_[0];
  for (std::int64_t at = low; at < high; ++at) {
    const std::int32_t its = along_[0].phase[a] + along_[1].phase[b] + along_[2].phase[c];
    if (static_cast<std::size_t>(its) == phase)
      visit(at, image, Base{along_[0].base[a], along_[1].base[b], along_[2].base[c]});
    if (++c < targets_[2]) continue;
    c = 0;
    if (++b < targets_[1]) continue;
    b = 0;
    if (++a < targets_[0]) continue;
    a = 0, ++image;
  }
}

}  // namespace limn
