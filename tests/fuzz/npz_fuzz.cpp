// Archives of NumPy arrays, and the tables and images they become.
#include "data/array_set.hpp"
#include "fuzz/target.hpp"

using limn::fuzz::require;

LIMN_FUZZ(npz) {
  const auto set = limn::parse_npz(std::as_bytes(std::span(bytes)), "fuzz.npz");
  require(set.official_train >= 0 && set.official_train <= set.samples(), "a split within the samples");
  if (set.images()) {
    const auto images = limn::images_of(set);
    const auto pixels = images.images.size * images.channels * images.images.height * images.images.width;
    require(static_cast<std::int64_t>(images.images.bytes.size() + images.values.size()) == pixels, "all pixels");
    require(images.labels.empty() == !set.labelled(), "labels where there are some");
  } else {
    const auto table = limn::table_of(set);
    for (const auto& column : table.columns) require(column.size() == table.lines.size(), "a cell a row");
  }
}
