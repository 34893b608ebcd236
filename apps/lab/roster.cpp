#include "lab/roster.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <string_view>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/utf8.hpp"

namespace limn::lab {
namespace {

constexpr std::size_t kMostName = 100, kMostFile = 1 << 20;  // bytes
constexpr std::array<std::string_view, 5> kTitles{"name", "student", "students", "姓名", "学生"};

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r";
  while (!text.empty() && kSpace.find(text.front()) != kSpace.npos) text.remove_prefix(1);
  while (!text.empty() && kSpace.find(text.back()) != kSpace.npos) text.remove_suffix(1);
  return text;
}

// In quotes "" stands for one.
std::string first_column(std::string_view line) {
  line = trimmed(line);
  if (!line.starts_with('"')) return std::string(trimmed(line.substr(0, line.find_first_of(",;\t"))));
  std::string name;
  for (std::size_t i = 1; i < line.size() && (line[i] != '"' || line.substr(i).starts_with("\"\"")); ++i) {
    if (line[i] == '"') ++i;
    name += line[i];
  }
  return std::string(trimmed(name));
}

bool is_title(std::string name) {
  std::ranges::transform(name, name.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return std::ranges::find(kTitles, name) != kTitles.end();
}

std::vector<std::string> numbered(std::size_t count) {
  if (count < 1 || count > kMostStudents)
    throw Error(fmt::format("a class of {}", count), fmt::format("a class has 1 to {} students", kMostStudents));
  std::vector<std::string> names;
  const std::size_t digits = count < 100 ? 2 : 3;
  for (std::size_t i = 1; i <= count; ++i) names.push_back(fmt::format("student-{:0{}}", i, digits));
  return names;
}

}  // namespace

std::vector<std::string> read_roster(const std::string& roster) {
  std::size_t count = 0;
  const auto [end, status] = std::from_chars(roster.data(), roster.data() + roster.size(), count);
  if (status == std::errc() && end == roster.data() + roster.size()) return numbered(count);
  const std::string bytes = read_text(roster, kMostFile);
  std::string_view text = bytes;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::vector<std::string> names;
  std::map<std::string, std::size_t> lines;
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::size_t length = std::min(text.find('\n'), text.size());
    const std::string name = first_column(text.substr(0, length));
    text.remove_prefix(std::min(length + 1, text.size()));
    const auto refuse = [&](const std::string& what, const std::string& hint) {
      throw Error(fmt::format("line {} of {}: {}", line, roster, what), hint);
    };
    if (line == 1 && is_title(name)) continue;
    if (!is_utf8(name)) refuse("it is no UTF-8", "save the roster as UTF-8");
    if (name.empty()) refuse("there is no name", "write one student a line, and no empty lines");
    if (name.size() > kMostName) refuse("the name is too long", fmt::format("at most {} bytes", kMostName));
    if (std::ranges::any_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }))
      refuse("the name has control characters", "save the roster as plain text");
    if (const auto [first, is_new] = lines.emplace(name, line); !is_new)
      refuse(fmt::format("{} stands in line {} too", name, first->second), "make the names different");
    if (names.size() == kMostStudents)
      refuse(fmt::format("there are more than {} students", kMostStudents), "start a lab for each group, with --runs");
    names.push_back(name);
  }
  if (names.empty()) throw Error(fmt::format("there is no student in {}", roster), "write one student a line");
  return names;
}

}  // namespace limn::lab
