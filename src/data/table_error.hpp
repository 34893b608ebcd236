// What is wrong in a table of text, and where. It knows no format.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace limn {

// Where in a table something is wrong.
struct CellPlace {
  std::int64_t line = 0;          // of the file, from 1
  std::int64_t column = 0;        // from 1; 0: the whole line
  std::string name{};             // of the column, "" where it has none
  std::string cell{};             // its text, shortened to 60 bytes
  std::string before{}, after{};  // what stands beside the cell in its line, at most 60 bytes of either
};

// Its message begins with the table's name, the line and the column.
class TableError : public Error {
 public:
  TableError(const std::string& table, CellPlace place, const std::string& what, const std::string& hint);
  const CellPlace& place() const { return place_; }

 private:
  CellPlace place_;
};

// column: from 0. What stands beside the cell is taken from the text where the cell is a part of it.
CellPlace place_in(std::string_view text, std::int64_t line, std::size_t column, std::string_view name,
                   std::string_view cell);

std::string shortened(std::string_view cell);  // whole characters, at most 60 bytes and then "…"

}  // namespace limn
