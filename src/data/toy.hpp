// The tables that ship inside limn: points in the plane, made by a fixed seed each, so that every machine has the same
// ones. Source of the shapes: TensorFlow Playground (xor, spirals), scikit-learn's make_moons, make_circles,
// make_blobs.
#pragma once
#include <string>
#include <string_view>

namespace limn {

// CSV text with the columns x, y, class. name: xor (500 points), moons, spirals (two turns each), circles, blobs (1000
// each); or x, y, height: waves (1000).
std::string toy_csv(std::string_view name);

}  // namespace limn
