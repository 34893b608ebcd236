// Numbers for eyes: bytes of a scale, and rows that are no data set's.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "data/dataset.hpp"

namespace limn::lab {

// v as the byte v/scale * 127, cut off at the scale; what is not finite is 0.
std::vector<std::int8_t> quantised(std::span<const float> values, float scale);
float largest(std::span<const float> values);  // by size, of the finite ones
// The size that 98 of 100 of them do not exceed: a few large ones do not hide what the others show.
float usual(std::span<const float> values);

// A table with these encoded rows, of the same kind as the run's data.
struct GivenRows {
  std::vector<float> values;
  Dataset data;
  std::vector<std::int32_t> rows;

  GivenRows(const Dataset& like, std::vector<float> encoded);
  GivenRows(const GivenRows&) = delete;
  GivenRows& operator=(const GivenRows&) = delete;
};

// One raw sample as the network takes it. Error: another count of numbers, or one that is not finite.
std::vector<float> encoded(const Dataset& data, std::vector<float> raw_sample);

}  // namespace limn::lab
