// Which elements of one plane each element of another one meets through a window: places and what they cover (forward),
// or what is covered and the places (backward). What convolutions and poolings walk by.
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "base/window.hpp"

namespace limn {

// The taps of one phase, by where they lie in the source: targets as far from each other as a multiple of the stride
// meet the same ones backward; forward there is one phase.
struct Taps {
  std::vector<std::int32_t> index;                 // which elements of the window
  std::vector<std::array<std::int32_t, 3>> shift;  // from the target's base to the source
  std::vector<std::int64_t> offset;                // the same in elements of the padded source plane
  std::int64_t run = 1;                            // so many, one behind another, lie side by side along the last axis
  std::size_t size() const { return index.size(); }
};

class Meeting {
 public:
  enum class Way { kForward, kBackward };
  using Sizes = std::array<std::int64_t, 3>;
  Meeting(const Window& window, Sizes plane, Way way);  // planes as plane_of gives them

  const std::vector<Taps>& phases() const { return phases_; }
  const Sizes& targets() const { return targets_; }
  const Sizes& sources() const { return sources_; }
  // How far taps reach beyond the source plane, and the plane with that around it.
  const Sizes& below() const { return below_; }
  const Sizes& padded() const { return padded_; }
  bool reaches_out() const { return padded_ != sources_; }

  // Targets low .. high - 1, counted over all planes, that are in the phase, by runs along the last axis.
  using Base = std::array<std::int32_t, 3>;
  struct Run {
    std::int64_t first, plane, count;  // the first target, the number of its plane, how many
    Base base;                         // of the first target
  };
  template <class Visit>
  void each_run(std::size_t phase, std::int64_t low, std::int64_t high, Visit visit) const;
  // From one target of a run to the next: so many targets on, and so many elements of the source's last axis.
  std::int64_t target_step() const { return target_step_; }
  std::int64_t source_step() const { return source_step_; }

  // Where tap t of `taps` from that base lies in the source plane; -1: outside.
  std::int64_t element(const Taps& taps, std::size_t t, const Base& base) const {
    Sizes at{};
    for (int i = 0; i < 3; ++i)
      if (at[i] = base[i] + taps.shift[t][i]; at[i] < 0 || at[i] >= sources_[i]) return -1;
    return (at[0] * sources_[1] + at[1]) * sources_[2] + at[2];
  }
  // A base as an element of the padded plane, where all taps are inside.
  std::int64_t padded_first(const Base& base) const {
    return ((base[0] + below_[0]) * padded_[1] + base[1] + below_[1]) * padded_[2] + base[2] + below_[2];
  }

 private:
  void find_taps(const Window& w, bool forward);
  void find_padding();

  struct Along {  // one axis: of each target
    std::vector<std::int32_t> base, phase;
  };
  Sizes sources_{}, targets_{}, below_{}, padded_{};
  std::array<Along, 3> along_;
  std::int64_t target_step_, source_step_;
  std::vector<Taps> phases_;
};

inline std::int64_t volume(const Meeting::Sizes& sizes) { return sizes[0] * sizes[1] * sizes[2]; }

template <class Visit>
void Meeting::each_run(std::size_t phase, std::int64_t low, std::int64_t high, Visit visit) const {
  const std::int64_t length = targets_[2];
  for (std::int64_t line = length == 0 ? 0 : low / length, at = low; at < high; ++line) {
    const std::int64_t start = line * length, end = std::min(start + length, high);
    const std::int64_t b = line % targets_[1], a = line / targets_[1] % targets_[0];
    const std::int32_t above = along_[0].phase[a] + along_[1].phase[b];
    const auto is_in = [&](std::int64_t target) {
      return above + along_[2].phase[target - start] == static_cast<std::int32_t>(phase);
    };
    for (const std::int64_t stop = std::min(end, at + target_step_); at < stop; ++at)
      if (is_in(at)) {
        visit(Run{at,
                  line / targets_[1] / targets_[0],
                  (end - at + target_step_ - 1) / target_step_,
                  {along_[0].base[a], along_[1].base[b], along_[2].base[at - start]}});
        break;
      }
    at = end;
  }
}

}  // namespace limn
