// R's data frames: the object "x" of a file in any of its compressions, and the CSV that it becomes.
#include "data/csv.hpp"
#include "data/rdata.hpp"
#include "fuzz/target.hpp"

using limn::fuzz::require;

LIMN_FUZZ(rdata) {
  const auto frame = limn::parse_rdata(std::as_bytes(std::span(bytes)), "x", "fuzz.rda");
  require(!frame.names.empty() && frame.names.size() == frame.columns.size(), "a name a column");
  for (const auto& column : frame.columns) require(column.size() == frame.columns[0].size(), "a cell a row");
  limn::parse_csv(limn::to_csv(frame), "fuzz.csv");  // may be refused (a name twice, a zero byte), not more
}
