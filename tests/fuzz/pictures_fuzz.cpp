// Archives of pictures: whatever is read is a whole set of images of one size.
#include "data/picture_set.hpp"
#include "fuzz/target.hpp"

using limn::fuzz::require;

LIMN_FUZZ(pictures) {
  const limn::PictureLimits limits{1 << 20, 1 << 20};
  const auto archive = std::as_bytes(std::span(bytes));
  const auto whole = [&](const limn::PictureSample& sample) {
    const auto set = limn::parse_picture_zip(archive, "fuzz.zip", sample, limits);
    const auto size = static_cast<std::size_t>(set.images.size);
    require(
        set.images.bytes.size() == size * static_cast<std::size_t>(set.channels * set.images.height * set.images.width),
        "all pixels");
    require(set.files.size() == size, "a file an image");
    require(set.labels.empty() || set.labels.size() == size, "a label an image, or none");
    for (const auto label : set.labels) require(label < set.classes.size(), "a label has a name");
    require(set.official_train + set.official_valid <= set.images.size, "a split within the images");
  };
  try {
    whole(limn::PictureForm{{4, 4}, {.box = 3, .down = 1.5, .right = 1.5}});
  } catch (const limn::Error&) {}
  whole(std::nullopt);
}
