// Safetensors files. What is accepted holds as many numbers as its shapes say, and both readers agree.
#include "fuzz/target.hpp"
#include "interop/safetensors.hpp"

LIMN_FUZZ(safetensors) {
  const limn::fuzz::File file(bytes);
  const auto read = limn::read_safetensors(file.path());
  for (const auto& tensor : read.tensors)
    limn::fuzz::require(tensor.shape.size() == static_cast<std::int64_t>(tensor.values.size()), "a number a place");
  limn::fuzz::require(limn::read_safetensors_metadata(file.path()) == read.metadata, "the same metadata");
}
