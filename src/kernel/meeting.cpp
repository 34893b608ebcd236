#include "kernel/meeting.hpp"

#include <algorithm>
#include <numeric>

namespace limn {
namespace {

std::int32_t remainders(const Window& w, int axis, bool forward) { return forward ? 1 : w.stride[axis]; }

// Sorts the taps by where they lie, and finds how many lie side by side.
void put_in_order(Taps& taps) {
  std::vector<std::size_t> order(taps.size());
  std::iota(order.begin(), order.end(), 0u);
  std::ranges::sort(order, {}, [&](std::size_t t) { return taps.shift[t]; });
  Taps sorted;
  for (std::size_t t : order) sorted.index.push_back(taps.index[t]), sorted.shift.push_back(taps.shift[t]);
  taps = std::move(sorted);
  const auto follows = [&](std::size_t t) {
    const auto &before = taps.shift[t - 1], &shift = taps.shift[t];
    return before[0] == shift[0] && before[1] == shift[1] && before[2] + 1 == shift[2];
  };
  while (taps.run < static_cast<std::int64_t>(taps.size()) && follows(static_cast<std::size_t>(taps.run))) ++taps.run;
}

}  // namespace

Meeting::Meeting(const Window& window, Sizes plane, Way way) {
  const bool forward = way == Way::kForward;
  const Window w = at_the_end(window);
  std::ranges::rotate(plane, plane.begin() + window.axes);
  target_step_ = forward ? 1 : w.stride[2], source_step_ = forward ? w.stride[2] : 1;
  Sizes places{};
  for (int i = 0; i < 3; ++i) places[i] = w.places(i, plane[i]);
  sources_ = forward ? plane : places, targets_ = forward ? places : plane;
  // An element x is covered by tap k of place p where p * stride + k * dilation = x + low: the taps whose k * dilation
  // leaves the same remainder as x + low.
  std::int32_t below = 1;
  for (int i = 2; i >= 0; below *= remainders(w, i, forward), --i)
    for (std::int32_t at = 0; at < targets_[i]; ++at) {
      along_[i].base.push_back(forward ? at * w.stride[i] - w.low[i] : (at + w.low[i]) / w.stride[i]);
      along_[i].phase.push_back(forward ? 0 : (at + w.low[i]) % w.stride[i] * below);
    }
  find_taps(w, forward);
  find_padding();
}

void Meeting::find_taps(const Window& w, bool forward) {
  const std::int32_t in1 = remainders(w, 1, forward), in2 = remainders(w, 2, forward),
                     phases = remainders(w, 0, forward) * in1 * in2;
  for (std::int32_t phase = 0; phase < phases; ++phase) {
    const std::array<std::int32_t, 3> remainder{phase / (in1 * in2), phase / in2 % in1, phase % in2};
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
          if (meets) taps.index.push_back(index), taps.shift.push_back(shift);
        }
    put_in_order(taps);
    phases_.push_back(std::move(taps));
  }
}

void Meeting::find_padding() {
  Sizes above{};
  for (int i = 0; i < 3; ++i) {
    if (along_[i].base.empty()) continue;
    const auto [lowest, highest] = std::ranges::minmax(along_[i].base);
    for (const Taps& taps : phases_)
      for (const auto& shift : taps.shift) {
        below_[i] = std::max<std::int64_t>(below_[i], -(lowest + shift[i]));
        above[i] = std::max<std::int64_t>(above[i], highest + shift[i] - sources_[i] + 1);
      }
    padded_[i] = below_[i] + sources_[i] + above[i];
  }
  for (Taps& taps : phases_)
    for (const auto& shift : taps.shift)
      taps.offset.push_back((shift[0] * padded_[1] + shift[1]) * padded_[2] + shift[2]);
}

}  // namespace limn
