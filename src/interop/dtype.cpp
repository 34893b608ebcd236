#include "interop/dtype.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace limn {
namespace {

static_assert(std::endian::native == std::endian::little, "elements in files are little-endian");

float from_half(std::uint16_t half) {
  const std::uint32_t sign = std::uint32_t{half & 0x8000u} << 16, exponent = half >> 10 & 0x1f, fraction = half & 0x3ff;
  if (exponent == 0) {  // zero, or subnormal: fraction * 2^-24
    const float magnitude = static_cast<float>(fraction) * 0x1p-24f;
    return sign == 0 ? magnitude : -magnitude;
  }
  const std::uint32_t rebased = exponent == 0x1f ? 0xff : exponent + 127 - 15;  // infinity and NaN stay what they are
  return std::bit_cast<float>(sign | rebased << 23 | fraction << 13);
}

float from_bfloat(std::uint16_t half) { return std::bit_cast<float>(std::uint32_t{half} << 16); }

float from_double(double wide) {
  constexpr double kTooLarge = 0x1.ffffffp127;  // half a step past the largest float32: from here on it is infinity
  if (std::abs(wide) >= kTooLarge)
    return std::copysign(std::numeric_limits<float>::infinity(), static_cast<float>(std::copysign(1.0, wide)));
  return static_cast<float>(wide);
}

template <class Element, float (*to_float)(Element)>
void convert(const std::byte* from, std::span<float> to) {
  for (float& value : to) {
    Element element;
    std::memcpy(&element, from, sizeof element);
    from += sizeof element;
    value = to_float(element);
  }
}

void copy(const std::byte* from, std::span<float> to) {
  if (!to.empty()) std::memcpy(to.data(), from, to.size_bytes());
}

constexpr FileType kTypes[] = {{"F32", 4, copy},
                               {"F64", 8, convert<double, from_double>},
                               {"F16", 2, convert<std::uint16_t, from_half>},
                               {"BF16", 2, convert<std::uint16_t, from_bfloat>}};

}  // namespace

const FileType* find_file_type(std::string_view name) {
  const auto* found = std::ranges::find(kTypes, name, &FileType::name);
  return found == std::end(kTypes) ? nullptr : found;
}

}  // namespace limn
