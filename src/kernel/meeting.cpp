#include "kernel/meeting.hpp"

namespace limn {

Meeting::Meeting(const Window& window, Sizes plane, Way way, Border border) {
  const bool forward = way == Way::kForward;
  const Window w = at_the_end(window);
  std::ranges::rotate(plane, plane.begin() + window.axes);
  Sizes places{};
  for (int i = 0; i < 3; ++i) {
    places[i] = w.places(i, plane[i]);
    target_step_[i] = forward ? 1 : w.stride[i], source_step_[i] = forward ? w.stride[i] : 1;
  }
  sources_ = forward ? plane : places, targets_ = forward ? places : plane;
  for (int i = 0; i < 3; ++i) {
    stretches_[i] = stretches(w, i, sources_[i], targets_[i], way, border);
    pad(i);
  }
  find_taps(w);
}

// An element x is covered by tap k of place p where p * stride + k * dilation = x + low: the taps whose k * dilation
// leaves the same residue as x + low.
std::vector<Meeting::Stretch> Meeting::stretches(const Window& w, int axis, std::int64_t sources, std::int64_t targets,
                                                 Way way, Border border) {
  const bool forward = way == Way::kForward;
  const std::int32_t stride = w.stride[axis], low = w.low[axis], residues = forward ? 1 : stride;
  std::vector<Stretch> all;
  for (std::int32_t residue = 0; residue < residues; ++residue) {
    std::vector<Tap> taps;
    for (std::int32_t n = 0; n < w.size[axis]; ++n) {
      const std::int32_t k = forward ? n : w.size[axis] - 1 - n, reach = k * w.dilation[axis];
      if (forward)
        taps.push_back({k, reach});
      else if (reach % stride == residue)
        taps.push_back({k, (residue - reach) / stride});
    }
    const std::size_t before = all.size();
    for (std::int64_t at = ((residue - low) % residues + residues) % residues; at < targets; at += residues) {
      const std::int64_t base = forward ? at * stride - low : (at + low) / stride;
      std::vector<Tap> inside = taps;
      if (border == Border::kParted)
        std::erase_if(inside, [&](const Tap& t) { return base + t.shift < 0 || base + t.shift >= sources; });
      if (all.size() > before && all.back().taps == inside)
        ++all.back().count;
      else
        all.push_back({at, 1, base, std::move(inside)});
    }
  }
  if (all.empty()) all.push_back({0, 0, 0, {}});
  return all;
}

void Meeting::pad(int axis) {
  std::int64_t below = 0, above = 0;
  for (const Stretch& s : stretches_[axis])
    for (const Tap& tap : s.taps) {
      below = std::max(below, -(s.base + tap.shift));
      above = std::max(above, s.base + (s.count - 1) * source_step_[axis] + tap.shift - sources_[axis] + 1);
    }
  below_[axis] = below, padded_[axis] = below + sources_[axis] + above;
}

void Meeting::find_taps(const Window& w) {
  for (std::size_t i = 0; i < stretches_[0].size(); ++i)
    for (std::size_t j = 0; j < stretches_[1].size(); ++j)
      for (std::size_t k = 0; k < stretches_[2].size(); ++k) {
        const auto& last = stretches_[2][k].taps;
        Taps taps;
        for (const Tap& a : stretches_[0][i].taps)
          for (const Tap& b : stretches_[1][j].taps)
            for (const Tap& c : last) {
              taps.index.push_back((a.index * w.size[1] + b.index) * w.size[2] + c.index);
              taps.offset.push_back((a.shift * padded_[1] + b.shift) * padded_[2] + c.shift);
            }
        if (last.size() > 1 && taps.size() > 0 && last[1].shift == last[0].shift + 1)
          taps.run = static_cast<std::int64_t>(last.size());
        phases_.push_back(std::move(taps));
        of_phase_.push_back({i, j, k});
      }
}

}  // namespace limn
