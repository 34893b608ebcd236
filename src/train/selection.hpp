// Selections: which of a model's parameters a text means. Words stand apart by spaces or commas:
//   layer1           all of a layer            layer1.w[3,4]  one number; an index may be *, for all
//   layer1.b         one parameter, whole      layer1.unit[3]  all that makes and uses unit 3: what enters it, its
//                                              bias and its norm's numbers, and its row
//                                              of the next weights
// It must not know what is done with them.
#pragma once
#include <span>
#include <string_view>

#include "nn/parameters.hpp"

namespace limn {

// Sets to[i] = value for every selected parameter i. Error: no such parameter, naming those there are.
void mark(const Parameters& parameters, std::string_view words, float value, std::span<float> to);

// The same for words with a number each, "layer1=0.1 layer2.b=2"; a later word wins. Error: also a number that is
// missing, negative or not finite.
void mark_each(const Parameters& parameters, std::string_view words, std::span<float> to);

}  // namespace limn
