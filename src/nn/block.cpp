#include "nn/block.hpp"

#include "nn/activation.hpp"

namespace limn {
namespace {

Window square(std::int32_t size, const Window::PerAxis& stride = {1, 1, 1}) {
  const std::int32_t pad = size / 2;
  return {.axes = 2, .size = {size, size, 1}, .stride = stride, .low = {pad, pad, 0}, .high = {pad, pad, 0}};
}

bool has_projection(const LayerSpec& layer, std::int64_t channels) {
  return channels != layer.units || layer.window.stride != Window::PerAxis{1, 1, 1};
}

// The sizes of an inception block's convolutions, and what each of them gives.
struct Branch {
  std::int32_t size;
  int reads;  // the branch of this block before it; -1: what enters the block; -2: that, pooled
  bool is_output;
};
constexpr Branch kBranches[] = {{1, -1, true},  {1, -1, false}, {3, 1, true},
                                {1, -1, false}, {5, 3, true},   {1, -2, true}};

}  // namespace

void add_norm(const std::string& name, const std::string& suffix, std::int64_t features, Parameters& parameters) {
  parameters.add(name + ".gamma" + suffix, {features}, false, 1);
  parameters.add(name + ".beta" + suffix, {features}, false);
}
void add_statistics(const std::string& name, const std::string& suffix, std::int64_t features, Parameters& statistics) {
  statistics.add(name + ".mean" + suffix, {features}, false);
  statistics.add(name + ".variance" + suffix, {features}, false, 1);
}

void add_conv(const std::string& name, const Window& window, std::int64_t channels, std::int64_t units,
              Parameters& parameters) {
  const std::int64_t inputs = channels / window.groups;
  parameters.add(name, {window.size[0], window.size[1], inputs, units}, true, 0,
                 {window.elements() * inputs, window.elements() * units / window.groups});
}
void add_conv_transpose(const std::string& name, const Window& window, std::int64_t channels, std::int64_t units,
                        Parameters& parameters) {
  const std::int64_t strides = std::int64_t{window.stride[0]} * window.stride[1];
  parameters.add(name, {window.size[0], window.size[1], channels, units}, true, 0,
                 {window.elements() * channels / strides, window.elements() * units});
}

void add_residual(const LayerSpec& layer, const std::string& name, std::int64_t channels, Parameters& parameters,
                  Parameters& statistics) {
  const auto part = [&](int number, std::int32_t size, std::int64_t from) {
    const std::string suffix = std::to_string(number);
    add_conv(name + ".w" + suffix, square(size), from, layer.units, parameters);
    add_norm(name, suffix, layer.units, parameters);
    add_statistics(name, suffix, layer.units, statistics);
  };
  part(1, 3, channels), part(2, 3, layer.units);
  if (has_projection(layer, channels)) part(3, 1, channels);
}

Value residual(const LayerSpec& layer, Value x, Builder& builder) {
  const auto part = [&](const char* scope_name, std::int32_t size, Value from, const Window::PerAxis& stride) {
    const Scope scope(x.graph(), scope_name);
    const Value w = builder.next(), gamma = builder.next(), beta = builder.next();
    return builder.batch_norm(conv(from, w, square(size, stride)), gamma, beta);
  };
  const auto& stride = layer.window.stride;
  const Value first = relu(part("conv1", 3, x, stride)), second = part("conv2", 3, first, {1, 1, 1});
  const Value shortcut = has_projection(layer, x.shape()[-1]) ? part("shortcut", 1, x, stride) : x;
  return second + shortcut;
}

void add_inception(const LayerSpec& layer, const std::string& name, std::int64_t channels, Parameters& parameters) {
  for (std::size_t i = 0; i < std::size(kBranches); ++i) {
    const Branch& branch = kBranches[i];
    const std::int64_t from = branch.reads < 0 ? channels : layer.widths[static_cast<std::size_t>(branch.reads)];
    const std::string suffix = std::to_string(i + 1);
    add_conv(name + ".w" + suffix, square(branch.size), from, layer.widths[i], parameters);
    parameters.add(name + ".b" + suffix, {layer.widths[i]}, false);
  }
}

Value inception(const LayerSpec& layer, Value x, Builder& builder) {
  std::vector<Value> z, outputs;
  for (const Branch& branch : kBranches) {
    const Scope scope(x.graph(), fmt::format("branch{}", z.size() + 1));
    const Value from = branch.reads == -1   ? x
                       : branch.reads == -2 ? window_max(x, square(3))
                                            : activate(layer.activation, z[static_cast<std::size_t>(branch.reads)]);
    const Value w = builder.next(), b = builder.next();
    z.push_back(conv(from, w, square(branch.size)) + b);
    if (branch.is_output) outputs.push_back(z.back());
  }
  return concat(outputs, 3);
}

}  // namespace limn
