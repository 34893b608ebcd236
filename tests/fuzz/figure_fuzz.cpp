// Any picture made like training images: height, width, how their figures stand, then pixels over and over.
#include "data/figure.hpp"
#include "fuzz/target.hpp"

using limn::fuzz::require;

LIMN_FUZZ(figure) {
  if (bytes.size() < 8) return;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  limn::Picture picture{1 + byte(0), 1 + byte(1), {}};
  const limn::PictureSize size{1 + byte(2) % 40, 1 + byte(3) % 40};
  const limn::Figure figure{
      .bright = byte(4) % 2 == 0, .box = 0.01 + byte(5), .down = byte(6) / 3.0, .right = byte(7) / 3.0};
  const auto count = static_cast<std::size_t>(picture.height * picture.width * 3);
  for (std::size_t i = 0; i < count; ++i)
    picture.pixels.push_back(bytes.size() == 8 ? 128 : byte(8 + i % (bytes.size() - 8)));
  const auto [fitted, done] = limn::fit_figure(picture, figure, size);
  require(limn::PictureSize{fitted.height, fitted.width} == size, "the training images' size");
  require(fitted.pixels.size() == static_cast<std::size_t>(size.height * size.width * 3), "all pixels");
  require(!done.empty() || fitted.pixels == picture.pixels, "what was changed is said");
  const auto learned = limn::measure_figure(fitted.pixels, {size.height, size.width * 3}, 255, std::vector{0});
  require(learned.box >= 0 && learned.box <= 120, "a box within the image");
}
