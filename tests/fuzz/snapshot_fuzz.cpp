// Snapshots: safetensors with a cursor and a checksum.
#include "fuzz/target.hpp"
#include "train/snapshot.hpp"

LIMN_FUZZ(snapshot) {
  const limn::fuzz::File file(bytes);
  const auto cursor = limn::peek_snapshot(file.path()).cursor;
  limn::fuzz::require(cursor.step >= 0 && cursor.epoch >= 0 && cursor.position >= 0, "a place in a training");
  limn::fuzz::require(limn::load_snapshot(file.path()).info.cursor == cursor, "the same place");
}
