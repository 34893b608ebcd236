// A database of R: the first byte says how long the index is, the rest is the database; the object is "x".
#include <algorithm>

#include "data/rdata.hpp"
#include "fuzz/target.hpp"

LIMN_FUZZ(rdatabase) {
  if (bytes.empty()) return;
  const auto index = std::min<std::size_t>(static_cast<unsigned char>(bytes[0]), bytes.size() - 1);
  const auto content = std::as_bytes(std::span(bytes)).subspan(1);
  const auto frame = limn::parse_r_database(content.first(index), content.subspan(index), "x", "fuzz.rdx");
  limn::fuzz::require(frame.names.size() == frame.columns.size(), "a name a column");
}
