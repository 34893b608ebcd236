// Tables of text; and what becomes of those that can be read: a target, encoded columns, and the way back by the
// stored preprocessing.
#include <numeric>
#include <vector>

#include "data/csv.hpp"
#include "data/encoding.hpp"
#include "fuzz/target.hpp"

using limn::fuzz::require;

LIMN_FUZZ(csv) {
  const auto table = limn::parse_csv(std::string(bytes), "fuzz.csv");
  require(table.names.size() == table.columns.size(), "a name a column");
  for (const auto& column : table.columns)
    require(static_cast<std::int64_t>(column.size()) == table.rows(), "a cell a row");
  const auto target = limn::read_target(table, "");
  std::vector<std::string> notes;
  const auto preprocessing = limn::fit_table(table, target, target.rows, notes);
  const auto values = limn::encode_table(table, preprocessing, target.rows);
  require(values.size() == target.rows.size() * static_cast<std::size_t>(preprocessing.width()), "a number a place");
  for (const float v : values) require(v - v == 0, "finite numbers");
  const auto again = limn::Preprocessing::from_json(preprocessing.to_json());
  require(limn::encode_table(table, again, target.rows) == values, "stored preprocessing is the same");
  if (target.classes.empty())
    require(limn::encode_targets(table, again).size() == static_cast<std::size_t>(table.rows()), "a target a row");
  else
    require(limn::encode_labels(table, again).size() == static_cast<std::size_t>(table.rows()), "a label a row");
}
