#include "kernel/meeting.hpp"

#include <algorithm>

namespace limn {

Meeting::Meeting(const Window& w, const std::array<std::int64_t, 3>& plane, Way way) {
  const bool forward = way == Way::kForward;
  std::array<std::int64_t, 3> places{};
  for (int i = 0; i < 3; ++i) places[i] = w.places(i, plane[i]);
  sources_ = forward ? plane : places, targets_ = forward ? places : plane;
  // An element x is covered by tap k of place p where p * stride + k * dilation = x + low: the taps whose k * dilation
  // leaves the same remainder as x + low.
  const auto remainders = [&](int i) { return forward ? 1 : w.stride[i]; };
  const std::int32_t phases = remainders(0) * remainders(1) * remainders(2);
  for (int i = 0; i < 3; ++i) {
    std::int32_t below = 1;
    for (int k = i + 1; k < 3; ++k) below *= remainders(k);
    for (std::int32_t at = 0; at < targets_[i]; ++at) {
      along_[i].base.push_back(forward ? at * w.stride[i] - w.low[i] : (at + w.low[i]) / w.stride[i]);
      along_[i].phase.push_back(forward ? 0 : (at + w.low[i]) % w.stride[i] * below);
    }
  }
  for (std::int32_t phase = 0; phase < phases; ++phase) {
    const std::array<std::int32_t, 3> remainder{phase / (remainders(1) * remainders(2)),
                                                phase / remainders(2) % remainders(1), phase % remainders(2)};
    Taps taps;
    std::int32_t index = 0;
    std::array<std::int32_t, 3> k{};
    for (k[0] = 0; k[0] < w.size[0]; ++k[0])
      for (k[1] = 0; k[1] < w.size[1]; ++k[1])
        for (k[2] = 0; k[2] < w.size[2]; ++k[2], ++index) {
          std::array<std::int32_t, 3> shift{};
          bool meets = true;
          for (int i = 0; i < 3; ++i) {
            const std::int32_t reach = k[i] * w.dilation[i];
            meets = meets && (forward || reach % w.stride[i] == remainder[i]);
            shift[i] = forward ? reach : (remainder[i] - reach) / w.stride[i];
          }
          if (!meets) continue;
          if (taps.index.empty()) taps.lowest = taps.highest = shift;
          for (int i = 0; i < 3; ++i) {
            taps.lowest[i] = std::min(taps.lowest[i], shift[i]);
            taps.highest[i] = std::max(taps.highest[i], shift[i]);
          }
          taps.index.push_back(index);
          taps.shift.push_back(shift);
          taps.offset.push_back((shift[0] * sources_[1] + shift[1]) * sources_[2] + shift[2]);
        }
    phases_.push_back(std::move(taps));
  }
}

}  // namespace limn
