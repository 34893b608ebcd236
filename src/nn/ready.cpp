#include "nn/ready.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

namespace limn {
namespace {

std::string conv_bn(std::int64_t channels, std::string_view how = "3x3") {
  return fmt::format("conv {} {} nobias | bn relu | ", channels, how);
}

// The paper's images have 32x32 pixels; smaller ones are padded to give what those give.
std::string lenet5(const Shape& sample) {
  const bool is_padded = sample[-1] < 32 || sample[-2] < 32;
  return fmt::format(
      "conv 6 5x5{} tanh | pool 2 average | conv 16 5x5 valid tanh | pool 2 average | dense 120 tanh | "
      "dense 84 tanh | ",
      is_padded ? "" : " valid");
}

// Twice as many channels for each halving of the planes, down to about 4x4.
std::string small_cnn(const Shape& sample) {
  std::string text;
  std::int64_t side = std::min(sample[-1], sample[-2]);
  for (int stage = 0, channels = 16; stage < 2 || side > 4; ++stage, channels = std::min(2 * channels, 128)) {
    text += conv_bn(channels);
    if (side >= 4) text += "pool 2 | ", side /= 2;
  }
  return text + "dense 128 relu | dropout 0.3 | ";
}

std::string vgg_small() {
  std::string text;
  for (const int channels : {32, 64, 128}) text += conv_bn(channels) + conv_bn(channels) + "pool 2 | ";
  return text + "dense 256 relu | dropout 0.5 | ";
}

std::string resnet(std::string_view name) {
  constexpr int kDeepest = 1202;
  const std::string_view digits = name.substr(std::string_view("resnet-").size());
  int depth = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), depth);
  if (error != std::errc() || end != digits.data() + digits.size() || depth < 8 || depth > kDeepest || depth % 6 != 2)
    throw Error(fmt::format("there is no {}", name),
                fmt::format("take 6n + 2 layers up to {}: resnet-20, resnet-32, resnet-44, resnet-56", kDeepest));
  std::string text = conv_bn(16);
  for (const int channels : {16, 32, 64})
    for (int i = 0; i < (depth - 2) / 6; ++i)
      text += fmt::format("res {}{} | ", channels, i == 0 && channels > 16 ? " stride 2" : "");
  return text + "global-pool | ";
}

std::string mobile_small() {
  std::string text = conv_bn(16);
  std::int64_t from = 16;
  for (const auto& [channels, stride] : {std::pair{32, 1}, {64, 2}, {64, 1}, {128, 2}, {128, 1}}) {
    const std::string strided = stride > 1 ? fmt::format(" stride {}", stride) : "";
    text += conv_bn(from, fmt::format("3x3{} groups {}", strided, from)) + conv_bn(channels, "1x1");
    from = channels;
  }
  return text + "global-pool | ";
}

}  // namespace

std::string ready_network(std::string_view name, const Shape& sample, std::int64_t outputs) {
  const std::string body = name == "lenet5"              ? lenet5(sample)
                           : name == "small-cnn"         ? small_cnn(sample)
                           : name == "vgg-small"         ? vgg_small()
                           : name == "mobile-small"      ? mobile_small()
                           : name.starts_with("resnet-") ? resnet(name)
                                                         : "";
  return body.empty() ? "" : fmt::format("{}dense {}", body, outputs);
}

std::string ready_network_names() { return fmt::format("{}", fmt::join(kReadyNetworks, ", ")); }

}  // namespace limn
