// Names of quantities, "layer1.w[3,4]", taken apart.
#pragma once
#include <string>

#include "base/shape.hpp"

namespace limn {

// Where in a tensor of that name and shape the number stands that "NAME[i,j]" means. Error: it means none.
std::size_t place_in(const std::string& name, const std::string& tensor, const Shape& shape);

}  // namespace limn
