// The sets that ship inside limn: points of two classes in the plane, made by a fixed seed each, so that every machine
// has the same ones. Source of the shapes: TensorFlow Playground (xor, spirals), scikit-learn's make_moons.
#pragma once
#include <string>
#include <string_view>

namespace limn {

// CSV text with the columns x, y, class. name: xor (500 points), moons (1000), spirals (1000, two turns each).
std::string toy_csv(std::string_view name);

}  // namespace limn
