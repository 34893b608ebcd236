// NumPy's .npy files: one array of numbers. Source: the format's description in NumPy (numpy.lib.format), versions 1.0,
// 2.0 and 3.0. It must not know what the numbers mean.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace limn {

struct NpyArray {
  char kind = 'f';                  // f: floating, i: signed, u: unsigned, b: boolean
  std::size_t width = 4;            // bytes of a number
  std::vector<std::int64_t> shape;  // [] for a single number
  std::string bytes;                // the numbers one after the other, last index fastest, little-endian

  std::int64_t size() const { return static_cast<std::int64_t>(bytes.size() / width); }
  double at(std::int64_t i) const;            // the i-th number
  std::string text_at(std::int64_t i) const;  // as short as it can be read back; "" for NaN
};

// f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 b1, both byte orders, C and Fortran order. name: the file, for the errors.
// Error: another format or type, a header that is not as NumPy writes it, a length that its shape does not have.
NpyArray parse_npy(std::span<const std::byte> content, const std::string& name);

}  // namespace limn
