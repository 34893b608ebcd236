// Numbers as pictures: grey for sizes, red and blue for signs. It must not know what they are of.
#pragma once
#include "data/picture.hpp"
#include "explain/attribution.hpp"

namespace limn::cli {

Picture grey(const Grid& grid);  // from its least number, black, to its largest, white
// Blue above 0 and red below, white at 0; as strong as the largest size is far. [channels, height, width]: of each
// pixel the number of the largest size.
Picture signed_colours(std::span<const float> values, std::int64_t height, std::int64_t width);
// A picture as a network is given it, [channels, height, width] with one or three channels, from low to high.
Picture painted(std::span<const float> picture, std::int64_t height, std::int64_t width, double low, double high);
Picture over(const Picture& picture, const Grid& heat);  // red where the heat is largest; of one size

}  // namespace limn::cli
