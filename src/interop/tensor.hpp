// Tensors by name, as files and programs exchange them. float32, row-major.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "base/shape.hpp"

namespace limn {

struct TensorView {  // somebody else's memory
  std::string name;
  Shape shape;
  std::span<float> values;
};

struct Tensor {  // its own memory
  std::string name;
  Shape shape;
  std::vector<float> values;
};

}  // namespace limn
