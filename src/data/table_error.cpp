#include "data/table_error.hpp"

#include <functional>
#include <utility>

#include "base/utf8.hpp"

namespace limn {
namespace {

constexpr std::size_t kShown = 60;  // bytes of a cell, and of what stands beside it

bool is_line_end(char c) { return c == '\n' || c == '\r'; }

}  // namespace

TableError::TableError(const std::string& table, CellPlace place, const std::string& what, const std::string& hint)
    : Error(fmt::format("{} line {}{}{}: {}", table, place.line,
                        place.column > 0 ? fmt::format(", column {}", place.column) : "",
                        place.name.empty() ? "" : fmt::format(" '{}'", place.name), what),
            hint),
      place_(std::move(place)) {}

CellPlace place_in(std::string_view text, std::int64_t line, std::size_t column, std::string_view name,
                   std::string_view cell) {
  CellPlace place{
      .line = line, .column = static_cast<std::int64_t>(column) + 1, .name = shortened(name), .cell = shortened(cell)};
  const std::less_equal<const char*> reaches;
  if (cell.data() == nullptr || !reaches(text.data(), cell.data()) ||
      !reaches(cell.data() + cell.size(), text.data() + text.size()))
    return place;
  const auto begin = static_cast<std::size_t>(cell.data() - text.data()), end = begin + cell.size();
  auto from = begin, to = end;
  const auto inside = [&](std::size_t i) { return (static_cast<unsigned char>(text[i]) & 0xC0) == 0x80; };
  while (from > 0 && !is_line_end(text[from - 1]) && begin - from < kShown) --from;
  while (from < begin && inside(from)) ++from;
  while (to < text.size() && !is_line_end(text[to]) && to - end < kShown) ++to;
  while (to > end && to < text.size() && inside(to)) --to;
  place.before = text.substr(from, begin - from);
  place.after = text.substr(end, to - end);
  return place;
}

std::string shortened(std::string_view cell) {
  if (cell.size() <= kShown) return std::string(cell);
  std::size_t end = 0;
  for (std::size_t n = 0; (n = utf8_length(cell.substr(end))) != 0 && end + n <= kShown;) end += n;
  return std::string(cell.substr(0, end)) + "…";
}

}  // namespace limn
