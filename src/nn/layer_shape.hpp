// What leaves a layer, of one row: [features] or [height, width, channels]. Errors name the layer's column and what
// enters it.
#pragma once
#include "nn/architecture.hpp"

namespace limn {

// Whether the network sees rows as planes: a layer of planes comes before the first dense one.
bool sees_planes(const std::vector<LayerSpec>& layers);
// [height, width, channels] of an image. Error: the sample is none.
Shape plane_shape(std::string_view architecture, const std::vector<LayerSpec>& layers, const Shape& sample);
Shape shape_behind(std::string_view architecture, const LayerSpec& layer, const Shape& in);
bool predicts(const LayerSpec& last);  // whether what leaves it can be compared with targets

}  // namespace limn
