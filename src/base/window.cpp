#include "base/window.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace limn {

std::string fault_of(const Window& w) {
  if (w.axes < 1 || w.axes > Window::kMaxAxes) return fmt::format("a window over {} axes", w.axes);
  for (int i = 0; i < Window::kMaxAxes; ++i) {
    if (w.size[i] < 1 || w.stride[i] < 1 || w.dilation[i] < 1)
      return fmt::format("a window of {} with stride {} and dilation {}", w.size[i], w.stride[i], w.dilation[i]);
    if (w.low[i] < 0 || w.high[i] < 0) return fmt::format("a padding of {} and {}", w.low[i], w.high[i]);
  }
  if (w.groups < 1) return fmt::format("{} groups", w.groups);
  return "";
}

Shape window_shape(const Window& w, const Shape& from, std::int64_t channels, std::string& why) {
  if (why = fault_of(w); !why.empty()) return {};
  if (from.rank() != w.axes + 2) return why = fmt::format("wants a batch, {} axes and channels", w.axes), Shape{};
  std::vector<std::int64_t> dims{from[0]};
  for (int i = 0; i < w.axes; ++i) {
    dims.push_back(w.places(i, from[i + 1]));
    if (dims.back() < 1)
      why = fmt::format("a window that reaches {} does not fit into {} and a padding of {}", w.reach(i), from[i + 1],
                        w.low[i] + w.high[i]);
  }
  dims.push_back(channels);
  return Shape(dims);
}

Window at_the_end(const Window& window) {
  Window moved = window;
  for (Window::PerAxis* of : {&moved.size, &moved.stride, &moved.dilation, &moved.low, &moved.high})
    std::ranges::rotate(*of, of->begin() + window.axes);
  return moved;
}

std::array<std::int64_t, Window::kMaxAxes> plane_of(const Window& w, const Shape& shape) {
  std::array<std::int64_t, Window::kMaxAxes> plane{1, 1, 1};
  for (int i = 0; i < w.axes; ++i) plane[i] = shape[i + 1];
  return plane;
}

}  // namespace limn
