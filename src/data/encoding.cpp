#include "data/encoding.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "base/error.hpp"

namespace limn {
namespace {

constexpr std::size_t kMaxIntegerClasses = 20;
constexpr std::size_t kMaxTexts = 256;
constexpr std::int64_t kMaxNumbers = std::int64_t{1} << 32;  // of an encoded table: 16 GiB
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

enum class Kind { kNumbers, kTexts, kEmpty };

const char* const kWriteNumbers =
    "write numbers like 1234.5, without units or separators between thousands; leave the cell empty if the value is "
    "not known";

// A text among numbers is a mistake where numbers are at least this many, and texts at most one in kRareTexts.
constexpr std::size_t kManyNumbers = 10, kRareTexts = 20;

Kind kind_of(const Table& table, std::size_t column) {
  std::size_t present = 0, texts = 0;
  std::optional<std::size_t> infinite, text;
  const auto& cells = table.columns[column];
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (is_missing(cells[i])) continue;
    ++present;
    double value;
    const auto number = parse_number(cells[i], value);
    if (number == Number::kNone && texts++ == 0) text = i;
    if (number == Number::kInfinite && !infinite) infinite = i;
  }
  if (texts > 0) {
    const bool rare = texts * kRareTexts <= present && present - texts >= kManyNumbers;
    if (!rare) return Kind::kTexts;
    throw bad_cell(table, column, *text,
                   fmt::format("not a number, as {} of the column's {} values are", present - texts, present),
                   kWriteNumbers);
  }
  if (infinite) throw bad_cell(table, column, *infinite, "not a finite number", kWriteNumbers);
  return present > 0 ? Kind::kNumbers : Kind::kEmpty;
}

// The cell as a finite number, NaN if it is missing. Error: anything else.
double number_at(const Table& table, std::size_t column, std::size_t row) {
  const auto cell = table.columns[column][row];
  if (is_missing(cell)) return kNone;
  double value;
  if (parse_number(cell, value) != Number::kFinite)
    throw bad_cell(table, column, row, "not a finite number", kWriteNumbers);
  return value;
}

std::optional<std::size_t> find_column(const Table& table, const std::string& name) {
  const auto at = std::find(table.names.begin(), table.names.end(), name);
  if (at == table.names.end()) return std::nullopt;
  return static_cast<std::size_t>(at - table.names.begin());
}

std::string list_of(std::span<const std::string> names) {
  constexpr std::size_t kShown = 12;
  auto text = fmt::format("{}", fmt::join(names.first(std::min(names.size(), kShown)), ", "));
  if (names.size() > kShown) text += fmt::format(", ... ({} in all)", names.size());
  return text;
}

struct Moments {
  double mean = 0, deviation = 1;
};

// Mean and deviation (over n, not n - 1) of the values that are there; nothing varies: deviation 1.
Moments moments(std::span<const double> values, const std::string& column) {
  double sum = 0;
  std::int64_t n = 0;
  for (const double v : values) {
    if (!std::isnan(v)) sum += v, ++n;
  }
  if (n == 0) return {};
  const double mean = sum / static_cast<double>(n);
  double squares = 0, largest = 0;
  for (const double v : values) {
    if (std::isnan(v)) continue;
    squares += (v - mean) * (v - mean);
    largest = std::max(largest, std::abs(v));
  }
  const double deviation = std::sqrt(squares / static_cast<double>(n));
  if (!std::isfinite(mean) || !std::isfinite(deviation)) {
    throw Error(fmt::format("the numbers of column '{}' are too large to be standardised", column),
                "give the column in another unit, or leave it out");
  }
  // Below this the differences are rounding, not data.
  const bool constant = deviation <= 1e-14 * largest || deviation < std::numeric_limits<double>::min();
  return {mean, constant ? 1.0 : deviation};
}

float standardised(double value, double mean, double deviation, const Table& table, std::size_t column,
                   std::size_t row) {
  const double z = (value - mean) / deviation;
  if (!(std::abs(z) <= std::numeric_limits<float>::max())) {
    throw bad_cell(table, column, row,
                   fmt::format("too far from the training rows (mean {}, deviation {})", mean, deviation),
                   "check the value and its unit");
  }
  return static_cast<float>(z);
}

// Integers with few values that each come again: classes. The names are the integers, in their order.
bool as_integer_classes(Target& target) {
  std::map<double, std::int32_t> counts;
  for (const double v : target.values) {
    if (v != std::floor(v) || std::abs(v) > 1e15) return false;
    ++counts[v + 0.0];  // -0 is 0
    if (counts.size() > kMaxIntegerClasses) return false;
  }
  if (std::any_of(counts.begin(), counts.end(), [](const auto& c) { return c.second < 2; })) return false;
  for (auto& [value, index] : counts) {
    index = static_cast<std::int32_t>(target.classes.size());
    target.classes.push_back(fmt::format("{}", static_cast<std::int64_t>(value)));
  }
  target.labels.reserve(target.values.size());
  for (const double v : target.values) target.labels.push_back(counts.at(v));
  target.values.clear();
  return true;
}

void read_text_classes(const Table& table, Target& target) {
  const auto& cells = table.columns[target.column];
  std::map<std::string_view, std::int32_t> classes;
  for (const auto row : target.rows) classes.try_emplace(cells[static_cast<std::size_t>(row)], 0);
  if (classes.size() > kMaxTexts || (classes.size() > kMaxIntegerClasses && classes.size() * 2 > target.rows.size())) {
    for (const auto row : target.rows) {
      double value;
      const auto i = static_cast<std::size_t>(row);
      if (parse_number(cells[i], value) != Number::kNone) continue;
      throw bad_cell(table, target.column, i,
                     fmt::format("a text, and the target has {} different values in {} rows", classes.size(),
                                 target.rows.size()),
                     "a target is numbers, or at most 256 classes that come again; choose another with --set target=NAME");
    }
  }
  for (auto& [name, index] : classes) {
    index = static_cast<std::int32_t>(target.classes.size());
    target.classes.emplace_back(name);
  }
  for (const auto row : target.rows) target.labels.push_back(classes.at(cells[static_cast<std::size_t>(row)]));
}

// The label of a cell by the fitted classes; -1 if it is missing.
class LabelReader {
 public:
  explicit LabelReader(const Preprocessing& p) : classes_(p.classes) {
    for (std::size_t i = 0; i < classes_.size(); ++i) index_.emplace(classes_[i], static_cast<std::int32_t>(i));
  }
  std::int32_t read(const Table& table, std::size_t column, std::size_t row) const {
    const auto cell = table.columns[column][row];
    if (is_missing(cell)) return -1;
    auto at = index_.find(std::string(cell));
    double value;
    if (at == index_.end() && parse_number(cell, value) == Number::kFinite && std::abs(value) < 1e15 &&
        value == std::floor(value)) {
      at = index_.find(fmt::format("{}", static_cast<std::int64_t>(value)));  // 1.0 is the class 1
    }
    if (at == index_.end()) {
      throw bad_cell(
          table, column, row, "not a class of the training data",
          fmt::format("the classes are: {}; leave the column out to predict it", list_of(classes_)));
    }
    return at->second;
  }

 private:
  const std::vector<std::string>& classes_;
  std::unordered_map<std::string, std::int32_t> index_;
};

}  // namespace

Target read_target(const Table& table, const std::string& name) {
  Target target;
  if (table.columns.size() < 2) {
    throw Error(fmt::format("{} has one column only", table.name),
                "a table needs a column to predict and at least one to predict it from; "
                "cells are separated by commas, semicolons or tabs");
  }
  const auto column = name.empty() ? table.columns.size() - 1 : find_column(table, name).value_or(table.columns.size());
  if (column == table.columns.size()) {
    throw Error(fmt::format("{} has no column '{}'", table.name, name),
                fmt::format("its columns are: {}", list_of(table.names)));
  }
  target.column = column;
  const auto& cells = table.columns[column];
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (!is_missing(cells[i])) target.rows.push_back(static_cast<std::int32_t>(i));
  }
  const auto kind = kind_of(table, column);
  if (kind == Kind::kTexts) read_text_classes(table, target);
  if (kind == Kind::kNumbers) {
    for (const auto row : target.rows) target.values.push_back(number_at(table, column, static_cast<std::size_t>(row)));
    as_integer_classes(target);
  }
  const auto same = [&](double v) { return v == target.values[0]; };
  const bool one_value = target.classes.empty() ? std::all_of(target.values.begin(), target.values.end(), same)
                                                : target.classes.size() == 1;
  if (one_value) {
    const auto hint = fmt::format("choose another column with --set target=NAME: {}", list_of(table.names));
    const auto first = kind == Kind::kEmpty ? 0 : static_cast<std::size_t>(target.rows[0]);
    throw bad_cell(table, column, first,
                   kind == Kind::kEmpty ? "and the target holds no value in any line" : "and the target holds one value only",
                   hint);
  }
  return target;
}

Preprocessing fit_table(const Table& table, const Target& target, std::span<const std::int32_t> rows,
                        std::vector<std::string>& notes) {
  Preprocessing p;
  p.kind = "table";
  p.target = table.names[target.column];
  p.classes = target.classes;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    if (c == target.column) continue;
    ColumnEncoding column;
    column.name = table.names[c];
    const auto kind = kind_of(table, c);
    std::size_t present = 0;
    if (kind == Kind::kNumbers) {
      std::vector<double> values;
      values.reserve(rows.size());
      for (const auto row : rows) values.push_back(number_at(table, c, static_cast<std::size_t>(row)));
      present = static_cast<std::size_t>(std::count_if(values.begin(), values.end(), [](double v) { return v == v; }));
      const auto m = moments(values, column.name);
      column.mean = m.mean;
      column.deviation = m.deviation;
    } else if (kind == Kind::kTexts) {
      std::set<std::string_view> texts;
      for (const auto row : rows) {
        const auto cell = table.columns[c][static_cast<std::size_t>(row)];
        if (is_missing(cell)) continue;
        texts.insert(cell);
        ++present;
      }
      if (texts.size() > kMaxTexts || (texts.size() > kMaxIntegerClasses && texts.size() * 2 > present)) {
        notes.push_back(fmt::format("column '{}' is left out: {} different texts in {} rows, like '{}'", column.name,
                                    texts.size(), present, shortened(*texts.begin())));
        continue;
      }
      column.categories.assign(texts.begin(), texts.end());
    }
    if (present == 0) {
      notes.push_back(fmt::format("column '{}' is left out: it holds no value in the training rows", column.name));
      continue;
    }
    p.columns.push_back(std::move(column));
  }
  if (p.columns.empty()) {
    throw Error(fmt::format("{} has no column to predict '{}' from", table.name, p.target),
                notes.empty() ? "give columns of numbers or categories" : fmt::format("{}", fmt::join(notes, "; ")));
  }
  if (target.classes.empty()) {
    std::vector<double> values;
    values.reserve(rows.size());
    std::unordered_set<std::int32_t> training(rows.begin(), rows.end());
    for (std::size_t i = 0; i < target.rows.size(); ++i) {
      if (training.contains(target.rows[i])) values.push_back(target.values[i]);
    }
    const auto m = moments(values, p.target);
    p.target_mean = m.mean;
    p.target_deviation = m.deviation;
  }
  return p;
}

std::vector<float> encode_table(const Table& table, const Preprocessing& p, std::span<const std::int32_t> rows) {
  const auto width = p.width();
  if (static_cast<std::int64_t>(rows.size()) > kMaxNumbers / width) {
    throw Error(fmt::format("{} would become {} rows of {} numbers", table.name, rows.size(), width),
                "use fewer rows, or leave out columns of many categories");
  }
  std::vector<float> out(rows.size() * static_cast<std::size_t>(width));
  std::size_t offset = 0;
  for (const auto& column : p.columns) {
    const auto c = find_column(table, column.name);
    if (!c) {
      throw Error(fmt::format("{} has no column '{}'", table.name, column.name),
                  "give the columns of the training data, by the same names in a header line");
    }
    std::unordered_map<std::string_view, std::size_t> index;
    for (std::size_t k = 0; k < column.categories.size(); ++k) index.emplace(column.categories[k], k);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto row = static_cast<std::size_t>(rows[i]);
      auto* at = out.data() + i * static_cast<std::size_t>(width) + offset;
      if (column.categories.empty()) {
        const double value = number_at(table, *c, row);
        if (!std::isnan(value)) *at = standardised(value, column.mean, column.deviation, table, *c, row);
      } else if (const auto found = index.find(table.columns[*c][row]); found != index.end()) {
        at[found->second] = 1.0f;
      }
    }
    offset += std::max<std::size_t>(1, column.categories.size());
  }
  return out;
}

std::vector<std::int32_t> encode_labels(const Table& table, const Preprocessing& p) {
  std::vector<std::int32_t> labels(static_cast<std::size_t>(table.rows()), -1);
  const auto column = find_column(table, p.target);
  if (!column) return labels;
  const LabelReader reader(p);
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = reader.read(table, *column, i);
  return labels;
}

std::vector<float> encode_targets(const Table& table, const Preprocessing& p) {
  std::vector<float> targets(static_cast<std::size_t>(table.rows()), std::numeric_limits<float>::quiet_NaN());
  const auto column = find_column(table, p.target);
  if (!column) return targets;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const double value = number_at(table, *column, i);
    if (!std::isnan(value)) targets[i] = standardised(value, p.target_mean, p.target_deviation, table, *column, i);
  }
  return targets;
}

}  // namespace limn
