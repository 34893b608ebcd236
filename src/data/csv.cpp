#include "data/csv.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <deque>
#include <span>
#include <unordered_set>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/utf8.hpp"
#include "data/inflate.hpp"

namespace limn {
namespace {

constexpr std::size_t kMaxText = std::size_t{1} << 30;
constexpr std::size_t kMaxColumns = 65536;
constexpr int kSampledRows = 20;  // that the separator is chosen by

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

void check_text(std::string_view text, const std::string& name) {
  std::int64_t line = 1;
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == '\n') ++line;
    if (c == 0) {
      throw Error(fmt::format("{} is not text: line {} holds a zero byte", name, line),
                  "give a CSV file in UTF-8 (spreadsheets: save as CSV UTF-8)");
    }
    const auto n = utf8_length(text.substr(i));
    if (n == 0) {
      throw Error(fmt::format("{} is not UTF-8: line {} holds the byte {:#04x}", name, line, c),
                  "convert it, e.g. with: iconv -f latin1 -t utf-8");
    }
    i += n;
  }
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
  [[noreturn]] void fail(std::int64_t line, const std::string& what, const std::string& hint) const {
    throw Error(fmt::format("{} line {}: {}", table_.name, line, what), hint);
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
      if (at_ == body_.size()) fail(begins, "a quoted cell is never closed", "close it with \"");
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
      fail(line_, "text follows a closing quote", "write a quote inside a quoted cell twice: \"\"");
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
      if (row_.size() > kMaxColumns) fail(line, fmt::format("{} columns are too many", row_.size()), "use fewer");
      columns.resize(row_.size());
    }
    if (row_.size() != columns.size()) {
      fail(line, fmt::format("{} cells, but the lines before it have {}", row_.size(), columns.size()),
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
    if (header) {
      name = column[0];
      column.erase(column.begin());
    }
    if (name.empty()) name = fmt::format("column{}", c + 1);
    if (!seen.insert(name).second) {
      throw Error(fmt::format("{} line {}: two columns are named '{}'", table.name, table.lines[0], name),
                  "give every column a name of its own");
    }
    table.names.push_back(std::move(name));
  }
  if (header) table.lines.erase(table.lines.begin());
}

}  // namespace

bool is_missing(std::string_view cell) {
  if (cell.empty() || cell == "?") return true;
  if (cell.size() > 4) return false;
  for (const std::string_view word : {"na", "nan", "n/a", "null"}) {
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
  Parser(*owner, body, choose_separator(body), table).run();
  if (table.columns.empty()) throw Error(fmt::format("{} is empty", name), "give a CSV file with a header and rows");
  name_columns(table);
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
