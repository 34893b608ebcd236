// Networks with names: architecture texts for images, fitted to their channels and to what is to be predicted.
#pragma once
#include <array>
#include <string>
#include <string_view>

#include "base/shape.hpp"

namespace limn {

// The text of a network for samples of that shape, or "" if there is none of that name:
//   lenet5        LeCun et al. 1998, "Gradient-based learning applied to document recognition", with a dense output
//   small-cnn     convolutions with batch normalisation and pools down to planes of about 4x4, and a dense layer
//   vgg-small     three pairs of 3x3 convolutions (after Simonyan and Zisserman 2015)
//   resnet-N      N = 6n + 2 layers (He et al. 2016, section 4.2), with projections where channels change
//   mobile-small  depthwise and 1x1 convolutions (after Howard et al. 2017, "MobileNets")
// Error: a resnet of another depth, or deeper than 1202.
std::string ready_network(std::string_view name, const Shape& sample, std::int64_t outputs);
// Those that are named to people, and their names as words.
inline constexpr std::array<std::string_view, 8> kReadyNetworks = {
    "lenet5", "small-cnn", "vgg-small", "mobile-small", "resnet-20", "resnet-32", "resnet-44", "resnet-56"};
std::string ready_network_names();

}  // namespace limn
