// Label files in the IDX format, plain or gzip.
#include "data/idx.hpp"
#include "fuzz/target.hpp"

LIMN_FUZZ(idx_labels) {
  const limn::fuzz::File file(bytes);
  limn::fuzz::require(!limn::read_idx_labels(file.path()).empty(), "a file without labels is refused");
}
