// Pictures of one figure before a ground, such as a photographed digit: made into what a network was trained on, as
// MNIST was made (LeCun et al., 1998): ink on an even ground, fitted to a box, its centre of mass where theirs was.
// The bits are the same on every machine: only arithmetic that IEEE 754 rounds exactly. It must not know files.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "data/picture.hpp"
#include "data/preprocessing.hpp"

namespace limn {

// Of the training rows of grey images [size, height, width]; most: the byte of white. A box of 0 where they are no
// figures before a plain dark or bright ground, as photographs are.
Figure measure_figure(std::span<const std::uint8_t> bytes, PictureSize size, double most,
                      std::span<const std::int32_t> rows);

struct FittedPicture {
  Picture picture;
  std::string done;  // for people; empty where the picture is as it was
};

// The picture as the training images are. One of their size and before their ground stays as it is; one where no figure
// stands out is only resized. Error: none; figure.box is above 0.
FittedPicture fit_figure(const Picture& picture, const Figure& figure, PictureSize size);

}  // namespace limn
