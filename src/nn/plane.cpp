#include "nn/plane.hpp"

namespace limn {
namespace {

constexpr int kHeight = 1, kWidth = 2;

Value mirrored(Value x, int axis, std::int64_t amount) {
  const std::int64_t n = x.shape()[axis];
  std::vector<Value> parts;
  for (std::int64_t i = amount; i > 0; --i) parts.push_back(slice(x, axis, i, i + 1));
  parts.push_back(x);
  for (std::int64_t i = n - 2; i > n - 2 - amount; --i) parts.push_back(slice(x, axis, i, i + 1));
  return concat(parts, axis);
}

}  // namespace

Value to_planes(Value rows, const Shape& image) {
  const std::int64_t batch = rows.shape()[0];
  if (image.rank() == 2) return reshape(rows, {batch, image[0], image[1], 1});
  return transpose(reshape(rows, {batch, image[0], image[1], image[2]}), {0, 2, 3, 1});
}
Value to_rows(Value x) {
  if (x.shape().rank() != 4 || x.shape()[-1] == 1) return flatten(x);
  return flatten(transpose(x, {0, 3, 1, 2}));
}
Value flatten(Value x) { return reshape(x, {x.shape()[0], x.shape().size() / x.shape()[0]}); }

Value conv_transpose(Value x, Value w, const Window& window) {
  const auto grown = [&](int axis) {
    return (x.shape()[axis + 1] - 1) * window.stride[axis] + window.reach(axis) - window.low[axis] - window.high[axis];
  };
  return conv_data(x, transpose(w, {0, 1, 3, 2}), window, {x.shape()[0], grown(0), grown(1), w.shape()[3]});
}

Value average_pool(Value x, const Window& window) {
  const Value sum = window_sum(x, window);
  if (window.low == Window::PerAxis{} && window.high == Window::PerAxis{})
    return sum / static_cast<double>(window.elements());
  const Value ones = broadcast(constant(x.graph(), 1), {1, x.shape()[kHeight], x.shape()[kWidth], 1});
  return sum / window_sum(ones, window);
}
Value global_average(Value x) {
  const Shape& s = x.shape();
  const Value sum = reshape(sum_to(x, {s[0], 1, 1, s[3]}), {s[0], s[3]});
  return sum / static_cast<double>(s[kHeight] * s[kWidth]);
}
Value global_max(Value x) {
  const auto height = static_cast<std::int32_t>(x.shape()[kHeight]),
             width = static_cast<std::int32_t>(x.shape()[kWidth]);
  return flatten(window_max(x, {.axes = 2, .size = {height, width, 1}}));
}

Value upsample(Value x, std::int64_t factor) {
  const std::int64_t n = x.shape()[0], h = x.shape()[1], w = x.shape()[2], c = x.shape()[3];
  const Value apart = reshape(x, {n, h, 1, w, 1, c});
  return reshape(broadcast(apart, {n, h, factor, w, factor, c}), {n, h * factor, w * factor, c});
}
Value pad_zeros(Value x, std::int64_t amount) {
  if (amount == 0) return x;
  for (const int axis : {kHeight, kWidth}) x = pad(x, axis, amount, x.shape()[axis] + 2 * amount);
  return x;
}
Value pad_reflected(Value x, std::int64_t amount) {
  return amount == 0 ? x : mirrored(mirrored(x, kHeight, amount), kWidth, amount);
}

}  // namespace limn
