// Gzip streams, whole and in pieces of odd sizes.
#include <array>
#include <span>

#include "data/inflate.hpp"
#include "fuzz/target.hpp"

LIMN_FUZZ(inflate) {
  const auto stream = std::as_bytes(std::span(bytes));
  const auto whole = limn::inflate_all(stream, "fuzz.gz", std::size_t{1} << 22);
  limn::Inflater inflater(stream, "fuzz.gz");
  std::array<char, 257> piece;
  std::string text;
  for (;;) {
    const auto n = inflater.read(std::as_writable_bytes(std::span(piece)));
    text.append(piece.data(), n);
    if (n < piece.size()) break;
  }
  limn::fuzz::require(text == whole, "pieces and the whole are the same");
}
