#include "data/csv.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <deque>
#include <functional>
#include <span>
#include <unordered_set>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/utf8.hpp"
#include "data/inflate.hpp"
#include "data/picture.hpp"

namespace limn {
namespace {

constexpr std::size_t kMaxText = std::size_t{1} << 30;
constexpr std::size_t kMaxColumns = 65536;
constexpr int kSampledRows = 20;  // that the separator is chosen by
constexpr std::size_t kShown = 60;  // bytes of a cell in an error, and of what stands beside it

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_line_end(char c) { return c == '\n' || c == '\r'; }

std::string_view trim(std::string_view s) {
  while (!s.empty() && is_blank(s.front())) s.remove_prefix(1);
  while (!s.empty() && is_blank(s.back())) s.remove_suffix(1);
  return s;
}

bool equal_ignoring_case(std::string_view a, std::string_view lower) {
  return std::equal(a.begin(), a.end(), lower.begin(), lower.end(),
                    [](char x, char y) { return (x >= 'A' && x <= 'Z' ? x + ('a' - 'A') : x) == y; });
}

char choose_separator(std::string_view text) {
  for (const char candidate : {'\t', ';', ','}) {
    std::int64_t in_row = 0, in_first = -1;
    int rows = 0;
    bool quoted = false, equal = true, blank = true;
    for (std::size_t i = 0; i <= text.size() && rows < kSampledRows && equal; ++i) {
      const bool end = i == text.size() || (!quoted && is_line_end(text[i]));
      if (end) {
        if (!blank) {
          if (in_first < 0) in_first = in_row;
          equal = in_row == in_first;
          ++rows;
        }
        in_row = 0;
        blank = true;
      } else {
        blank = false;
        if (text[i] == '"') quoted = !quoted;
        if (!quoted && text[i] == candidate) ++in_row;
      }
    }
    if (equal && in_first > 0) return candidate;
  }
  // Ragged by every separator: take the one of the first line, so that the error names the line that differs.
  const auto first = text.substr(0, text.find_first_of("\r\n"));
  for (const char candidate : {'\t', ';', ','}) {
    if (first.find(candidate) != std::string_view::npos) return candidate;
  }
  return ',';
}

// Where byte `at` of the text stands, read as a table.
Place place_of_byte(std::string_view text, std::size_t at, std::int64_t line) {
  const auto before = text.substr(0, at);
  const auto end = before.find_last_of("\r\n");
  const char separator = choose_separator(text);
  Place place{.line = line, .column = 1};
  bool quoted = false;
  for (const char c : before.substr(end == std::string_view::npos ? 0 : end + 1)) {
    if (c == '"') quoted = !quoted;
    if (c == separator && !quoted) ++place.column;
  }
  return place;
}

// Whether the bytes beyond ASCII come in pairs, as Chinese text in GB18030 has them.
bool looks_like_gb(std::string_view text) {
  std::size_t run = 0, pairs = 0;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) {
      ++run;
      continue;
    }
    if (run % 2 != 0) return false;
    pairs += run / 2;
    run = 0;
  }
  return run % 2 == 0 && pairs > 0;
}

void check_text(std::string_view text, const std::string& name) {
  const auto starts = [&](std::string_view mark) { return text.starts_with(mark); };
  const std::string as_text = "give a CSV file in UTF-8 (spreadsheets: save as CSV UTF-8)";
  if (starts("PK\3\4")) throw Error(fmt::format("{} is a zip archive, perhaps a workbook, and no text", name), as_text);
  if (const auto kind = picture_kind(std::as_bytes(std::span(text))); kind == "PNG" || kind == "JPEG" || kind == "GIF")
    throw Error(fmt::format("{} is a {} picture and no text", name, kind),
                "for pictures give a folder or .zip file with a folder of pictures for each class");
  const bool little = starts("\xFF\xFE") || (text.size() > 3 && text[0] && !text[1] && text[2] && !text[3]);
  const bool big = starts("\xFE\xFF") || (text.size() > 3 && !text[0] && text[1] && !text[2] && text[3]);
  if (little || big) {
    throw TableError(name, {.line = 1}, fmt::format("this is UTF-16{}, not UTF-8", little ? "LE" : "BE"),
                     "convert it, e.g. with: iconv -f utf-16 -t utf-8, or save it as CSV UTF-8");
  }
  std::int64_t line = 1;
  std::size_t begin = 0;  // of the line
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == '\n' || (c == '\r' && (i + 1 == text.size() || text[i + 1] != '\n'))) {
      ++line;
      begin = i + 1;
    }
    if (c == 0) {
      throw TableError(name, place_of_byte(text, i, line), fmt::format("byte {} of the line is zero, so this is no text", i - begin + 1),
                       as_text);
    }
    const auto n = utf8_length(text.substr(i));
    if (n == 0) {
      throw TableError(name, place_of_byte(text, i, line),
                       fmt::format("byte {} of the line, {:#04x}, is not UTF-8", i - begin + 1, c),
                       looks_like_gb(text) ? "convert it, e.g. with: iconv -f gb18030 -t utf-8"
                                           : "convert it, e.g. with: iconv -f latin1 -t utf-8");
    }
    i += n;
  }
}

// cell: shown with what stands beside it, where it is part of the text. column: from 0.
Place place_in(std::string_view text, std::int64_t line, std::size_t column, std::string_view name,
               std::string_view cell) {
  Place place{.line = line, .column = static_cast<std::int64_t>(column) + 1, .name = shortened(name),
              .cell = shortened(cell)};
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

struct Text {
  std::string whole;
  std::deque<std::string> unescaped;  // cells with doubled quotes
};

class Parser {
 public:
  Parser(Text& text, std::string_view body, char separator, Table& table)
      : text_(text), body_(body), separator_(separator), table_(table) {}

  void run() {
    while (at_ < body_.size()) {
      if (is_line_end(body_[at_])) {
        skip_line_end();
        continue;
      }
      const auto begins = line_;
      row_.clear();
      do row_.push_back(cell());
      while (more_in_row());
      if (row_.size() == 1 && row_[0].empty()) continue;  // a line of spaces
      store(begins);
    }
  }

 private:
  // column: from 0; cell: where it is part of the text.
  [[noreturn]] void fail(std::int64_t line, std::size_t column, std::string_view cell, const std::string& what,
                         const std::string& hint) const {
    throw TableError(table_.name, place_in(body_, line, column, header_of(column), cell), what, hint);
  }

  // What the first row says of a column, if that is no number.
  std::string_view header_of(std::size_t column) const {
    double value;
    const auto& columns = table_.columns;
    const bool named = column < columns.size() && !columns[column].empty() &&
                       parse_number(columns[column][0], value) == Number::kNone;
    return named ? columns[column][0] : std::string_view();
  }

  void skip_line_end() {
    if (body_[at_] == '\r' && at_ + 1 < body_.size() && body_[at_ + 1] == '\n') ++at_;
    ++at_;
    ++line_;
  }

  bool more_in_row() {  // at a separator, a line end or the end of the text
    if (at_ == body_.size()) return false;
    if (body_[at_] == separator_) {
      ++at_;
      return true;
    }
    skip_line_end();
    return false;
  }

  std::string_view cell() {
    auto start = at_;
    while (at_ < body_.size() && is_blank(body_[at_]) && body_[at_] != separator_) ++at_;
    if (at_ < body_.size() && body_[at_] == '"') return quoted_cell();
    while (at_ < body_.size() && body_[at_] != separator_ && !is_line_end(body_[at_])) ++at_;
    return trim(body_.substr(start, at_ - start));
  }

  std::string_view quoted_cell() {
    const auto begins = line_;
    const auto start = ++at_;
    bool doubled = false;
    for (;; ++at_) {
      if (at_ == body_.size())
        fail(begins, row_.size(), body_.substr(start), "a quoted cell is never closed", "close it with \"");
      const char c = body_[at_];
      if (c == '\n' || (c == '\r' && (at_ + 1 == body_.size() || body_[at_ + 1] != '\n'))) ++line_;
      if (c != '"') continue;
      if (at_ + 1 == body_.size() || body_[at_ + 1] != '"') break;
      doubled = true;
      ++at_;
    }
    auto content = body_.substr(start, at_ - start);
    ++at_;
    while (at_ < body_.size() && is_blank(body_[at_]) && body_[at_] != separator_) ++at_;
    if (at_ < body_.size() && body_[at_] != separator_ && !is_line_end(body_[at_])) {
      fail(line_, row_.size(), content, fmt::format("text follows the closing quote of '{}'", shortened(content)),
           "write a quote inside a quoted cell twice: \"\"");
    }
    if (!doubled) return content;
    auto& plain = text_.unescaped.emplace_back();
    for (std::size_t i = 0; i < content.size(); ++i) {
      plain += content[i];
      if (content[i] == '"') ++i;
    }
    return plain;
  }

  void store(std::int64_t line) {
    auto& columns = table_.columns;
    if (columns.empty()) {
      if (row_.size() > kMaxColumns)
        fail(line, kMaxColumns, row_[kMaxColumns], fmt::format("{} columns are too many", row_.size()),
             fmt::format("use at most {}", kMaxColumns));
      columns.resize(row_.size());
    }
    while (row_.size() > columns.size() && row_.back().empty()) row_.pop_back();
    while (row_.size() < columns.size() && columns[row_.size()][0].empty()) row_.emplace_back();
    if (row_.size() != columns.size()) {
      const auto at = std::min(row_.size(), columns.size());
      fail(line, at, at < row_.size() ? row_[at] : std::string_view(),
           fmt::format("{} cells, but the lines before it have {}", row_.size(), columns.size()),
           "give every line the same number of cells; put quotes around text that holds the separator");
    }
    for (std::size_t c = 0; c < row_.size(); ++c) columns[c].push_back(row_[c]);
    table_.lines.push_back(line);
  }

  Text& text_;
  std::string_view body_;
  char separator_;
  Table& table_;
  std::size_t at_ = 0;
  std::int64_t line_ = 1;
  std::vector<std::string_view> row_;
};

bool first_row_is_header(const Table& table) {
  bool any = false;
  for (const auto& column : table.columns) {
    double value;
    if (parse_number(column[0], value) != Number::kNone) return false;
    any = any || !is_missing(column[0]);
  }
  return any;
}

void name_columns(Table& table) {
  const bool header = first_row_is_header(table);
  std::unordered_set<std::string> seen;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    auto& column = table.columns[c];
    std::string name;
    std::string_view first;
    if (header) {
      name = first = column[0];
      column.erase(column.begin());
    }
    if (name.empty()) name = fmt::format("column{}", c + 1);
    if (!seen.insert(name).second) {
      throw TableError(table.name, place_in(table.text, table.lines[0], c, name, header ? first : std::string_view()),
                       fmt::format("two columns are named '{}'", shortened(name)), "give every column a name of its own");
    }
    table.names.push_back(std::move(name));
  }
  if (header) table.lines.erase(table.lines.begin());
}

// A last column without a name and a value is what commas at the ends of lines leave.
void drop_empty_end(Table& table) {
  const auto is_empty = [](const auto& cells) {
    return std::ranges::all_of(cells, [](std::string_view cell) { return cell.empty(); });
  };
  while (table.columns.size() > 1 && is_empty(table.columns.back())) table.columns.pop_back();
}

// "12,5": a number with a comma in the place of its point.
bool is_comma_number(std::string_view cell, std::string& plain) {
  if (std::ranges::count(cell, ',') != 1 || cell.find('.') != std::string_view::npos) return false;
  plain = cell;
  plain[plain.find(',')] = '.';
  double value;
  return parse_number(plain, value) == Number::kFinite;
}

void read_decimal_commas(Table& table, Text& text) {
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    auto& cells = table.columns[c];
    std::string plain;
    double value;
    bool any = false;
    const bool all = std::ranges::all_of(cells, [&](std::string_view cell) {
      const bool comma = is_comma_number(cell, plain);
      any = any || comma;
      return comma || is_missing(cell) || parse_number(cell, value) == Number::kFinite;
    });
    if (!all || !any) continue;
    for (auto& cell : cells)
      if (is_comma_number(cell, plain)) cell = text.unescaped.emplace_back(plain);
    table.notes.push_back(fmt::format("the commas in column '{}' are read as decimal points", table.names[c]));
  }
}

}  // namespace

TableError::TableError(const std::string& table, Place place, const std::string& what, const std::string& hint)
    : Error(fmt::format("{} line {}{}{}: {}", table, place.line,
                        place.column > 0 ? fmt::format(", column {}", place.column) : "",
                        place.name.empty() ? "" : fmt::format(" '{}'", place.name), what),
            hint),
      place_(std::move(place)) {}

TableError bad_cell(const Table& table, std::size_t column, std::size_t row, const std::string& why,
                    const std::string& hint) {
  const auto cell = table.columns[column][row];
  return {table.name, place_in(table.text, table.lines[row], column, table.names[column], cell),
          fmt::format("holds '{}', {}", shortened(cell), why), hint};
}

std::string shortened(std::string_view cell) {
  if (cell.size() <= kShown) return std::string(cell);
  std::size_t end = 0;
  for (std::size_t n = 0; (n = utf8_length(cell.substr(end))) != 0 && end + n <= kShown;) end += n;
  return std::string(cell.substr(0, end)) + "…";
}

bool is_missing(std::string_view cell) {
  if (cell.empty() || cell == "?") return true;
  if (cell.size() > 8) return false;
  for (const std::string_view word : {"na", "nan", "n/a", "null", "none", "#n/a", "#na", "<na>", "-nan", "1.#ind",
                                      "-1.#ind", "1.#qnan", "-1.#qnan"}) {
    if (equal_ignoring_case(cell, word)) return true;
  }
  return false;
}

Number parse_number(std::string_view cell, double& value) {
  if (cell.size() > 1 && cell[0] == '+' && cell[1] != '-') cell.remove_prefix(1);
  const auto* end = cell.data() + cell.size();
  const auto [stop, status] = std::from_chars(cell.data(), end, value);
  if (cell.empty() || stop != end || status == std::errc::invalid_argument) return Number::kNone;
  if (status == std::errc::result_out_of_range) value = std::strtod(std::string(cell).c_str(), nullptr);  // 0 or huge
  if (std::isnan(value)) return Number::kNone;
  return std::isfinite(value) ? Number::kFinite : Number::kInfinite;
}

Table parse_csv(std::string text, const std::string& name) {
  Table table;
  table.name = name;
  auto owner = std::make_shared<Text>();
  owner->whole = std::move(text);
  std::string_view body = owner->whole;
  if (body.starts_with("\xEF\xBB\xBF")) body.remove_prefix(3);
  check_text(body, name);
  const char separator = choose_separator(body);
  table.text = body;
  Parser(*owner, body, separator, table).run();
  if (table.columns.empty()) throw Error(fmt::format("{} is empty", name), "give a CSV file with a header and rows");
  drop_empty_end(table);
  name_columns(table);
  if (separator == ';') read_decimal_commas(table, *owner);
  if (table.rows() == 0) {
    throw Error(fmt::format("{} has a header but no rows", name), "give at least one row of values");
  }
  if (table.rows() >= std::int64_t{1} << 31) {
    throw Error(fmt::format("{} has {} rows", name, table.rows()), "use fewer than 2^31 rows");
  }
  table.owner = std::move(owner);
  return table;
}

Table read_csv(const std::filesystem::path& path) {
  const auto name = path.string();
  auto content = read_text(path, kMaxText);
  const auto bytes = std::as_bytes(std::span(content));
  if (is_gzip(bytes)) content = inflate_all(bytes, name, kMaxText);
  return parse_csv(std::move(content), name);
}

}  // namespace limn
