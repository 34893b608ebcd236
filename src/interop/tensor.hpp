// Tensors by name, as files and programs exchange them. Row-major; float32 in `values`, or float64 in `doubles`: the
// other one is empty. A tensor without elements counts as float32.
#pragma once
#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "base/shape.hpp"

namespace limn {

struct TensorView {  // somebody else's memory
  std::string name;
  Shape shape;
  std::span<float> values = {};
  std::span<double> doubles = {};
};

struct Tensor {  // its own memory
  std::string name;
  Shape shape;
  std::vector<float> values = {};
  std::vector<double> doubles = {};
};

// Of either: its elements as they lie in memory.
template <class AnyTensor>
std::span<const std::byte> bytes_of(const AnyTensor& tensor) {
  if (!tensor.doubles.empty()) return std::as_bytes(std::span(tensor.doubles));
  return std::as_bytes(std::span(tensor.values));
}

inline Tensor copy_of(const TensorView& view) {
  return {view.name, view.shape, {view.values.begin(), view.values.end()}, {view.doubles.begin(), view.doubles.end()}};
}

// Whether the two have one name, shape and type of elements.
inline bool fits(const Tensor& tensor, const TensorView& view) {
  return tensor.name == view.name && tensor.shape == view.shape && tensor.values.size() == view.values.size() &&
         tensor.doubles.size() == view.doubles.size();
}

// The elements of a tensor that fits, into the memory of the view.
inline void put(const Tensor& tensor, const TensorView& view) {
  std::ranges::copy(tensor.values, view.values.begin());
  std::ranges::copy(tensor.doubles, view.doubles.begin());
}

}  // namespace limn
