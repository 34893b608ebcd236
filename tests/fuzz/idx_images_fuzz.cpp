// Image files in the IDX format, plain or gzip.
#include <array>

#include "data/idx.hpp"
#include "fuzz/target.hpp"

LIMN_FUZZ(idx_images) {
  const limn::fuzz::File file(bytes);
  const auto images = limn::read_idx_images(std::array{file.path()});
  limn::fuzz::require(static_cast<std::int64_t>(images.bytes.size()) == images.size * images.height * images.width,
                      "as many pixels as the header says");
  unsigned sum = 0;
  for (const auto byte : images.bytes) sum += byte;  // all of them can be read
  limn::fuzz::require(sum <= 255u * images.bytes.size(), "pixels are bytes");
}
