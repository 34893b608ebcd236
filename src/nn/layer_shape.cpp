#include "nn/layer_shape.hpp"

#include <algorithm>

namespace limn {
namespace {

using Kind = LayerSpec::Kind;

constexpr std::int64_t kMost = std::int64_t{1} << 31;  // numbers of a row

struct At {
  std::string_view architecture;
  const LayerSpec& layer;

  [[noreturn]] void fail(const std::string& what, const std::string& hint) const {
    throw Error(fmt::format("architecture \"{}\", column {}: {}", architecture, layer.column, what), hint);
  }
};

std::string planes(const Shape& s) {
  return fmt::format("planes of {}x{} with {} channel{}", s[0], s[1], s[2], s[2] == 1 ? "" : "s");
}

// Places of the layer's window on planes.
Shape places(const At& at, const Shape& in) {
  const Window& w = at.layer.window;
  Shape out{w.places(0, in[0]), w.places(1, in[1]), at.layer.units};
  if (out[0] < 1 || out[1] < 1)
    at.fail(fmt::format("a window of {}x{} does not fit into {}", w.reach(0), w.reach(1), planes(in)),
            "take a smaller window, more padding, or fewer pools and strides before it");
  return out;
}

Shape behind_conv(const At& at, const Shape& in) {
  if (const auto groups = at.layer.window.groups; in[2] % groups != 0)
    at.fail(fmt::format("{} do not fall into {} groups", planes(in), groups),
            fmt::format("take a number of groups that divides {}", in[2]));
  return places(at, in);
}
Shape behind_conv_transpose(const At& at, const Shape& in) {
  const Window& w = at.layer.window;
  const auto grown = [&](int axis) {
    return (in[axis] - 1) * w.stride[axis] + w.reach(axis) - w.low[axis] - w.high[axis];
  };
  if (grown(0) < 1 || grown(1) < 1)
    at.fail(fmt::format("its padding cuts off all that it makes of {}", planes(in)), "take less padding");
  return {grown(0), grown(1), at.layer.units};
}
Shape behind_pad(const At& at, const Shape& in) {
  const std::int64_t amount = at.layer.amount;
  if (at.layer.reflects && amount >= std::min(in[0], in[1]))
    at.fail(fmt::format("{} have nothing to mirror {} elements from their border", planes(in), amount),
            fmt::format("pad by less than {}", std::min(in[0], in[1])));
  return {in[0] + 2 * amount, in[1] + 2 * amount, in[2]};
}

Shape behind(const At& at, const Shape& in) {
  const LayerSpec& layer = at.layer;
  if (layer.is_of_planes() && in.rank() != 3)
    at.fail(fmt::format("it wants planes, and {} numbers in a row enter it", in.size()),
            "put it before the first dense layer and the global pool");
  switch (layer.kind) {
    case Kind::kDense: return {layer.units};
    case Kind::kConv: return behind_conv(at, in);
    case Kind::kConvTranspose: return behind_conv_transpose(at, in);
    case Kind::kPool: return places(at, in).with(2, in[2]);
    case Kind::kGlobalPool: return {in[2]};
    case Kind::kUpsample: return {in[0] * layer.amount, in[1] * layer.amount, in[2]};
    case Kind::kPad: return behind_pad(at, in);
    case Kind::kResidual: {
      const auto& stride = layer.window.stride;
      return {(in[0] - 1) / stride[0] + 1, (in[1] - 1) / stride[1] + 1, layer.units};
    }
    case Kind::kInception: return in.with(2, layer.units);
    default: return in;
  }
}

}  // namespace

bool sees_planes(const std::vector<LayerSpec>& layers) {
  for (const LayerSpec& layer : layers)
    if (layer.is_of_planes() || layer.kind == Kind::kDense) return layer.is_of_planes();
  return false;
}

Shape plane_shape(std::string_view architecture, const std::vector<LayerSpec>& layers, const Shape& sample) {
  if (sample.rank() == 2) return {sample[0], sample[1], 1};
  if (sample.rank() == 3) return {sample[1], sample[2], sample[0]};
  const At at{architecture, *std::ranges::find_if(layers, &LayerSpec::is_of_planes)};
  at.fail(fmt::format("it wants images, and a row of the data is {} number{} without height and width", sample.size(),
                      sample.size() == 1 ? "" : "s"),
          "take dense layers, or a set of images: `limn data list`");
}

Shape shape_behind(std::string_view architecture, const LayerSpec& layer, const Shape& in) {
  const At at{architecture, layer};
  const Shape out = behind(at, in);
  // Each axis alone first: their product may be too large to count.
  const bool is_large = std::ranges::any_of(out.dims(), [](std::int64_t n) { return n > kMost; }) ||
                        (out.rank() == 3 && out[0] * out[1] > kMost / out[2]);
  if (is_large)
    at.fail(fmt::format("more than {} numbers of each row leave it", kMost), "take smaller planes or fewer channels");
  return out;
}

bool predicts(const LayerSpec& last) {
  return last.kind == Kind::kDense || last.kind == Kind::kConv || last.kind == Kind::kConvTranspose ||
         last.kind == Kind::kGlobalPool;
}

}  // namespace limn
