#include "formula/token.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "base/utf8.hpp"

namespace limn {
namespace {

constexpr std::size_t kMostBytes = 20'000;

// The text as characters, each a piece of it; what is no UTF-8 counts byte by byte.
std::vector<std::string_view> characters(std::string_view text) {
  std::vector<std::string_view> pieces;
  while (!text.empty()) {
    const std::size_t length = std::max<std::size_t>(utf8_length(text), 1);
    pieces.push_back(text.substr(0, length));
    text.remove_prefix(length);
  }
  return pieces;
}

// The line of the text and below it the caret; of a long text the characters around it.
std::string pointed_at(std::string_view text, std::int64_t column) {
  constexpr std::int64_t kBefore = 50, kBehind = 30;
  const auto all = characters(text.substr(0, kMostBytes));
  const auto n = static_cast<std::int64_t>(all.size());
  const std::int64_t at = std::clamp<std::int64_t>(column - 1, 0, n), from = std::max<std::int64_t>(at - kBefore, 0),
                     to = std::min(at + kBehind, n);
  std::string line = from > 0 ? "  ..." : "  ", caret(line.size() + static_cast<std::size_t>(at - from), ' ');
  for (std::int64_t i = from; i < to; ++i) {
    const std::string_view piece = all[static_cast<std::size_t>(i)];
    const auto first = static_cast<unsigned char>(piece[0]);
    line += first < 0x20 || first == 0x7F ? " " : utf8_length(piece) == 0 ? "?" : std::string(piece);
  }
  return line + (to < n ? "..." : "") + "\n" + caret + "^";
}

struct Spelling {
  std::string_view written, meant;
};
// Signs that people paste from documents, and what they stand for.
constexpr std::array kSpellings{
    Spelling{"\u2212", "-"},  Spelling{"\u2013", "-"},  Spelling{"\u00B7", "*"},  Spelling{"\u22C5", "*"},
    Spelling{"\u00D7", "*"},  Spelling{"\u00F7", "/"},  Spelling{"\u2264", "<="}, Spelling{"\u2265", ">="},
    Spelling{"\u2260", "!="}, Spelling{"\u2026", ".."}, Spelling{"\u00B2", "^2"}, Spelling{"\u00B3", "^3"},
};
constexpr std::array<std::string_view, 6> kDoubleSigns{"<=", ">=", "==", "!=", "..", "**"};
constexpr std::string_view kSigns = "+-*/^()[],|<>=";

bool is_digit(std::string_view c) { return c.size() == 1 && c[0] >= '0' && c[0] <= '9'; }
bool starts_name(std::string_view c) {
  if (c.size() == 1) return (c[0] >= 'a' && c[0] <= 'z') || (c[0] >= 'A' && c[0] <= 'Z') || c[0] == '_';
  const auto a = static_cast<unsigned char>(c[0]), b = static_cast<unsigned char>(c[1]);
  return c.size() == 2 && ((a == 0xCE && b >= 0x91) || (a == 0xCF && b <= 0x89));  // Greek letters
}
bool is_space(std::string_view c) {
  return c == " " || c == "\t" || c == "\n" || c == "\r" || c == "\u00A0" || c == "\u2009";
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text), all_(characters(text)) {}

  std::vector<Token> run() {
    while (i_ < all_.size()) next();
    list_.push_back({Token::kEnd, "", 0, column()});
    return std::move(list_);
  }

 private:
  std::int64_t column() const { return static_cast<std::int64_t>(i_) + 1; }
  std::string_view at(std::size_t i) const { return i < all_.size() ? all_[i] : std::string_view(); }
  [[noreturn]] void fail(const std::string& what, const std::string& advice) const {
    throw FormulaError(text_, column(), what, advice);
  }

  void next() {
    const std::string_view c = at(i_);
    if (is_space(c))
      ++i_;
    else if (is_digit(c) || (c == "." && is_digit(at(i_ + 1))))
      number();
    else if (starts_name(c))
      name();
    else
      sign();
  }

  void number() {
    std::string digits;
    std::size_t i = i_;
    const auto take_digits = [&] {
      while (is_digit(at(i))) digits += at(i++);
    };
    take_digits();
    if (at(i) == "." && at(i + 1) != "." && at(i + 1) != "\u2026") digits += at(i++), take_digits();  // but "1..n"
    if (at(i) == "e" || at(i) == "E") {
      const bool has_sign = at(i + 1) == "-" || at(i + 1) == "+";
      if (is_digit(at(i + (has_sign ? 2 : 1)))) {
        digits += 'e', ++i;
        if (has_sign) digits += at(i++);
        take_digits();
      }
    }
    double value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || !std::isfinite(value))
      fail(fmt::format("the number {} is too large or too small", digits), "numbers lie between 1e-300 and 1e300");
    list_.push_back({Token::kNumber, digits, value, column()});
    i_ = i;
  }

  void name() {
    std::string word;
    std::size_t i = i_;
    while (i < all_.size() && (starts_name(at(i)) || is_digit(at(i)))) word += at(i++);
    list_.push_back({Token::kName, word == "\u03C0" ? "pi" : word, 0, column()});
    i_ = i;
  }

  void sign() {
    const std::string_view c = at(i_);
    for (const Spelling& spelling : kSpellings)
      if (c == spelling.written) {
        const bool power = spelling.meant[0] == '^';
        list_.push_back({Token::kSign, std::string(power ? "^" : spelling.meant), 0, column()});
        if (power)
          list_.push_back(
              {Token::kNumber, std::string(spelling.meant.substr(1)), spelling.meant[1] - '0' + 0.0, column()});
        ++i_;
        return;
      }
    const std::string two = std::string(c) + std::string(at(i_ + 1));
    if (std::ranges::find(kDoubleSigns, two) != kDoubleSigns.end()) {
      list_.push_back({Token::kSign, two == "**" ? "^" : two, 0, column()});
      i_ += 2;
      return;
    }
    if (c.size() == 1 && kSigns.find(c[0]) != std::string_view::npos) {
      list_.push_back({Token::kSign, std::string(c), 0, column()});
      ++i_;
      return;
    }
    if (utf8_length(c) == 0) fail("a byte that is no character of UTF-8", "save or send the formula as UTF-8");
    const auto code = static_cast<unsigned char>(c[0]);
    fail(code < 0x20 ? std::string("a control character") : fmt::format("the character {} is in no formula", c),
         c == ";" || c == ":" ? "one formula is one expression; ranges are written 1..n"
                              : "formulas are made of numbers, names, + - * / ^ ( ) [ ] | , < > =");
  }

  std::string_view text_;
  std::vector<std::string_view> all_;
  std::size_t i_ = 0;
  std::vector<Token> list_;
};

}  // namespace

FormulaError::FormulaError(std::string_view text, std::int64_t column, const std::string& what,
                           const std::string& advice)
    : Error(fmt::format("column {}: {}", column, what), advice + "\n" + pointed_at(text, column)), column_(column) {}

std::vector<Token> tokens(std::string_view text) {
  if (text.size() > kMostBytes)
    throw FormulaError(text, 1, fmt::format("the formula has {} bytes", text.size()),
                       fmt::format("at most {} are read; sum(i=1..n, ...) and lists make it shorter", kMostBytes));
  return Lexer(text).run();
}

}  // namespace limn
