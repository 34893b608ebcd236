#include "interop/dtype.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace limn {
namespace {

template <class Element>
float converted(const char* type, Element element) {
  std::byte bytes[sizeof element + 1];
  std::memcpy(bytes + 1, &element, sizeof element);  // at an odd place
  float value = 0;
  find_file_type(type)->convert(bytes + 1, {&value, 1});
  return value;
}

// The value by the standard's own words: (-1)^s * 2^(e - bias) * (1 + f / 2^bits), and what stands at the ends.
double by_definition(std::uint32_t word, int exponent_bits, int fraction_bits) {
  const std::uint32_t top = (1u << exponent_bits) - 1, e = word >> fraction_bits & top;
  const double f = std::ldexp(word & ((1u << fraction_bits) - 1), -fraction_bits);
  const int bias = static_cast<int>(top / 2);
  const double sign = word >> (exponent_bits + fraction_bits) != 0 ? -1 : 1;
  if (e == top) return f == 0 ? sign * std::numeric_limits<double>::infinity() : std::nan("");
  return sign * (e == 0 ? std::ldexp(f, 1 - bias) : std::ldexp(1 + f, static_cast<int>(e) - bias));
}

TEST(FileType, EveryHalfAndBfloatIsItsValueByDefinition) {
  for (std::uint32_t word = 0; word < 0x10000; ++word) {
    for (const bool brain : {false, true}) {
      const float value = converted(brain ? "BF16" : "F16", static_cast<std::uint16_t>(word));
      const double expected = brain ? by_definition(word, 8, 7) : by_definition(word, 5, 10);
      if (std::isnan(expected)) {
        EXPECT_TRUE(std::isnan(value)) << word;
      } else {
        EXPECT_EQ(value, expected) << word;
        EXPECT_EQ(std::signbit(value), word >= 0x8000) << word;
      }
    }
  }
}

TEST(FileType, DoublesAreRoundedToNearestAndOverflowToInfinity) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity(), kMost = std::numeric_limits<float>::max();
  struct Case {
    double from;
    float to;
  };
  for (const Case& c : {Case{0.1, 0.1f},
                        {-1.5, -1.5f},
                        {1 + 0x1p-24, 1},
                        {1 + 0x1.8p-24, 1 + 0x1p-23f},
                        {1e-46, 0},
                        {0x1p-149, 0x1p-149f},
                        {0x1.fffffefp127, kMost},
                        {0x1.ffffffp127, kInfinity},
                        {-1e300, -kInfinity},
                        {std::numeric_limits<double>::infinity(), kInfinity}})
    EXPECT_EQ(converted("F64", c.from), c.to) << c.from;
  EXPECT_TRUE(std::isnan(converted("F64", std::nan(""))));
  EXPECT_TRUE(std::signbit(converted("F64", -0.0)));
}

TEST(FileType, KnowsNoOtherName) {
  for (const char* name : {"", "F8_E4M3", "I32", "f32", "BOOL"}) EXPECT_EQ(find_file_type(name), nullptr) << name;
}

}  // namespace
}  // namespace limn
