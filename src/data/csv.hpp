// Tables of text from CSV files (RFC 4180 and what spreadsheets make of it). Cells stay text here: what a column means
// is decided in data/encoding.hpp.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace limn {

struct Table {
  std::string name;                // of the file, for errors
  std::vector<std::string> names;  // of the columns; "column1", "column2", ... where the file has none
  std::vector<std::vector<std::string_view>> columns;  // [columns][rows]; unquoted, without spaces around
  std::vector<std::int64_t> lines;                     // [rows]: the line of the file a row begins in, from 1
  std::shared_ptr<const void> owner;                   // keeps the text of the cells

  std::int64_t rows() const { return static_cast<std::int64_t>(lines.size()); }
};

// Parses UTF-8 text, with or without BOM, lines ended by LF, CRLF or CR. Cells are separated by tabs, semicolons or
// commas: the first of them that the first lines hold, outside quotes, equally often. A quoted cell may hold
// separators, line ends and doubled quotes. Blank lines are skipped. The first row is the header unless one of its
// cells is a number. Error, with the line: ragged rows, stray or unclosed quotes, NUL or non-UTF-8 bytes, duplicate
// names; and no rows.
Table parse_csv(std::string text, const std::string& name);

// Reads a .csv or .tsv file, plain or gzip. Error: as parse_csv, as MappedFile, or more than 1 GiB of text.
Table read_csv(const std::filesystem::path& path);

// "", NA, N/A, NaN, ? and null, in any case: a value that is not there.
bool is_missing(std::string_view cell);

enum class Number { kFinite, kInfinite, kNone };
// Reads a cell as a decimal number into `value`. kInfinite: inf, or larger than a double holds.
Number parse_number(std::string_view cell, double& value);

}  // namespace limn
