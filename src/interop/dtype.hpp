// Element types that a tensor of a file may have, and how each becomes float32. It must not know file formats.
// Source: IEEE 754-2019 (binary16, binary32, binary64); bfloat16 is the upper half of a binary32.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace limn {

struct FileType {
  std::string_view name;  // F32, F64, F16, BF16
  std::uint64_t bytes;    // an element
  // from: little-endian elements, to.size() of them, at any alignment. F64 is rounded to nearest, beyond the range of
  // float32 to infinity; the others come over exactly.
  void (*convert)(const std::byte* from, std::span<float> to);
};

const FileType* find_file_type(std::string_view name);  // null: none of these

}  // namespace limn
