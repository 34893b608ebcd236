// What a model learns: one flat vector with named views, one behind another.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/shape.hpp"

namespace limn {

// How many numbers each output of a layer is made of, and how many each input has a part in.
struct Fan {
  std::int64_t in = 0, out = 0;
};

struct Parameter {
  std::string name;         // "layer2.w"
  Shape shape;              // [window..., inputs, outputs] of a weight, [outputs] of a bias
  std::int64_t offset = 0;  // floats from the start of the flat vector
  bool is_weight = true;    // drawn at the start and decayed; others start at `initial` and do not decay
  float initial = 0;
  Fan fan{};  // of a weight
};

struct Parameters {
  std::vector<Parameter> list;
  std::int64_t size = 0;  // of the flat vector

  // fan: of a weight; none: all that leads to an output, and the outputs.
  const Parameter& add(std::string name, Shape shape, bool is_weight, float initial = 0, Fan fan = {});
};

// Draws initial values into flat[0 .. size): weights by the rule, others as they declare. Each is drawn by the seed and
// its name alone. `in` and `out` are its fan. Rules:
//   he          normal, deviation sqrt(2 / in)              (He et al. 2015, equation 10)
//   glorot      uniform in +-sqrt(6 / (in + out))           (Glorot and Bengio 2010, equation 16)
//   lecun       normal, deviation sqrt(1 / in)              (LeCun et al. 1998, "Efficient BackProp", equation 16)
//   orthogonal  orthonormal columns of [window... inputs, outputs], or rows where there are fewer
//                                                           (Saxe, McClelland and Ganguli 2014)
//   uniform     uniform in +-1 / sqrt(in)                   (Glorot and Bengio 2010, equation 1)
//   normal      normal, deviation 0.01                      (Krizhevsky, Sutskever and Hinton 2012, section 5)
//   zeros       0
// Error: an unknown rule, before anything is written.
void initialise(const Parameters& parameters, std::string_view rule, std::uint64_t seed, float* flat);
std::vector<std::string> initialiser_names();

}  // namespace limn
