// One PNG or JPEG: what is read has the size that its head promised, and comes out at every other size.
#include "data/picture.hpp"
#include "fuzz/target.hpp"

using limn::fuzz::require;

LIMN_FUZZ(picture) {
  const auto file = std::as_bytes(std::span(bytes));
  const auto size = limn::picture_size(file, "fuzz");
  if (size.height * size.width > 1 << 16) return;  // a fuzzer's memory
  const auto picture = limn::read_picture(file, "fuzz");
  require(limn::PictureSize{picture.height, picture.width} == size, "the size that the head promised");
  require(picture.pixels.size() == static_cast<std::size_t>(size.height * size.width * 3), "all pixels");
  for (const limn::PictureSize wanted : {limn::PictureSize{1, 1}, {28, 28}, {3, 50}}) {
    const auto other = limn::resized(picture, wanted);
    require(other.pixels.size() == static_cast<std::size_t>(wanted.height * wanted.width * 3), "all new pixels");
  }
}
