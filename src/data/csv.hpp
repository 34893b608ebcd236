// Tables of text from CSV files (RFC 4180 and what spreadsheets make of it). Cells stay text here: what a column means
// is decided in data/encoding.hpp.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace limn {

// Where in a table something is wrong.
struct Place {
  std::int64_t line = 0;      // of the file, from 1
  std::int64_t column = 0;    // from 1; 0: the whole line
  std::string name{};         // of the column, "" where it has none
  std::string cell{};         // its text, shortened to 60 bytes
  std::string before{}, after{};  // what stands beside the cell in its line, at most 60 bytes of either
};

// Its message begins with the table's name, the line and the column.
class TableError : public Error {
 public:
  TableError(const std::string& table, Place place, const std::string& what, const std::string& hint);
  const Place& place() const { return place_; }

 private:
  Place place_;
};

struct Table {
  std::string name;                // of the file, for errors
  std::vector<std::string> names;  // of the columns; "column1", "column2", ... where the file has none
  std::vector<std::vector<std::string_view>> columns;  // [columns][rows]; unquoted, without spaces around
  std::vector<std::int64_t> lines;                     // [rows]: the line of the file a row begins in, from 1
  std::string_view text;                               // of the file, where the cells are parts of it
  std::vector<std::string> notes;                      // for people: how it was read, where that is not as usual
  std::shared_ptr<const void> owner;                   // keeps the text of the cells

  std::int64_t rows() const { return static_cast<std::int64_t>(lines.size()); }
};

// Parses UTF-8 text, with or without BOM, lines ended by LF, CRLF or CR. Cells are separated by tabs, semicolons or
// commas: the first of them that the first lines hold, outside quotes, equally often. A quoted cell may hold
// separators, line ends and doubled quotes. Blank lines are skipped, and empty cells behind the last column. The first
// row is the header unless one of its cells is a number. Between semicolons a column of decimal commas becomes one of
// points. TableError: ragged rows, stray or unclosed quotes, NUL or non-UTF-8 bytes, duplicate names. Error: no rows,
// or a file that is no text at all.
Table parse_csv(std::string text, const std::string& name);

// Reads a .csv or .tsv file, plain or gzip. Error: as parse_csv, as MappedFile, or more than 1 GiB of text.
Table read_csv(const std::filesystem::path& path);

// What stands for a value that is not there, in any case: "", NA, N/A, #N/A, <NA>, NaN, -NaN, 1.#IND, ?, null, none.
bool is_missing(std::string_view cell);

enum class Number { kFinite, kInfinite, kNone };
// Reads a cell as a decimal number into `value`. kInfinite: inf, or larger than a double holds.
Number parse_number(std::string_view cell, double& value);

// The cell of a row and column, both from 0, as an error has it: "... holds 'CELL', WHY".
TableError bad_cell(const Table& table, std::size_t column, std::size_t row, const std::string& why,
                    const std::string& hint);

std::string shortened(std::string_view cell);  // whole characters, at most 60 bytes and then "…"

}  // namespace limn
