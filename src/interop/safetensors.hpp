// The safetensors format: tensors by name and a map of strings, with nothing left to chance. Writes float32 (F32)
// and float64 (F64); reads F32, F64, F16 and BF16 as float32, and where it is wanted F64 as it is.
// It must not know what the tensors mean. Source: huggingface/safetensors, "Format" (8-byte little-endian header
// length, JSON header, data without gaps).
#pragma once
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "interop/tensor.hpp"

namespace limn {

using Metadata = std::map<std::string, std::string>;

struct Safetensors {
  std::vector<Tensor> tensors;  // in the order of the data
  Metadata metadata;
};

// Writes durably, tensors in the order given. Error: two tensors of one name, a disk that is full.
void write_safetensors(const std::filesystem::path& path, std::span<const TensorView> tensors,
                       const Metadata& metadata);

// Reads and checks everything: header length, JSON, types, shapes against sizes, no gap, overlap or trailing byte.
// Memory is taken only for data that is really in the file. F64 is rounded to float32, or kept. Error: any of it does
// not hold.
enum class Wide { kRounded, kKept };
Safetensors read_safetensors(const std::filesystem::path& path, Wide wide = Wide::kRounded);

// The metadata alone, without the data being read; the same checks of the header.
Metadata read_safetensors_metadata(const std::filesystem::path& path);

}  // namespace limn
