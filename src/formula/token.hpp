// The words of a formula's text: numbers, names and signs, each with its column. Knows nothing of what they mean.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace limn {

// A formula that cannot be read. what(): "column 7: ..."; hint(): what to do, the text, and a caret under the
// character.
class FormulaError : public Error {
 public:
  // `column`: of the character in `text`, from 1; one behind the last character is its end.
  FormulaError(std::string_view text, std::int64_t column, const std::string& what, const std::string& advice);
  std::int64_t column() const { return column_; }

 private:
  std::int64_t column_;
};

struct Token {
  enum Kind : std::uint8_t { kNumber, kName, kSign, kEnd };
  Kind kind = kEnd;
  std::string text;  // a sign in ASCII: "-" for U+2212, "<=" for U+2264
  double number = 0;
  std::int64_t column = 1;  // in characters, from 1
};

// The last token is the end. A superscript digit is the two tokens "^" and its number. Error: a character that no
// formula has, bytes that are no UTF-8, a number out of range, a text of more than 20,000 bytes.
std::vector<Token> tokens(std::string_view text);

}  // namespace limn
