// The words of one layer of an architecture text, read from left to right, and the table of what a layer is called.
#pragma once
#include <algorithm>
#include <charconv>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "nn/architecture.hpp"

namespace limn {

struct Word {
  std::string_view text;
  std::size_t column;  // from 1
};

class LayerReader {
 public:
  // The words of text[begin .. end).
  LayerReader(std::string_view text, std::size_t begin, std::size_t end) : text_(text), end_{"", begin + 1} {
    constexpr std::string_view kSpace = " \t\n";
    for (std::size_t i = text.find_first_not_of(kSpace, begin); i < end; i = text.find_first_not_of(kSpace, i)) {
      const std::size_t stop = std::min(text.find_first_of(kSpace, i), end);
      words_.push_back({text.substr(i, stop - i), i + 1});
      i = stop;
    }
  }

  bool done() const { return at_ >= words_.size(); }
  const Word& next() const { return done() ? end_ : words_[at_]; }  // "" where there is none
  const Word& first() const { return words_.empty() ? end_ : words_[0]; }
  const Word& last() const { return at_ == 0 ? end_ : words_[at_ - 1]; }  // taken
  void skip() { ++at_; }
  bool take(std::string_view word) { return next().text == word && ++at_ > 0; }
  template <class Number>
  std::optional<Number> take_number() {
    const auto value = number<Number>(next().text);
    if (value) ++at_;
    return value;
  }

  template <class Number>
  static std::optional<Number> number(std::string_view text) {
    Number value{};
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || stop != text.data() + text.size()) return {};
    return value;
  }

  [[noreturn]] void fail(const Word& at, const std::string& what, const std::string& hint) const {
    throw Error(fmt::format("architecture \"{}\", column {}: {}", text_, at.column, what), hint);
  }

 private:
  std::string_view text_;
  Word end_;
  std::vector<Word> words_;
  std::size_t at_ = 0;
};

struct LayerWord {
  std::string_view word;
  LayerSpec::Kind kind;
  void (*read)(LayerReader& words, LayerSpec& spec);          // what follows the word
  void (*print)(const LayerSpec& spec, std::string& append);  // the same, but the activation
  const char* activation = "linear";                          // where none is written
};
std::span<const LayerWord> plane_words();  // those of planes alone
const LayerWord& word_of(LayerSpec::Kind kind);

std::int64_t take_units(LayerReader& words, const char* what);  // Error: no number of them
void take_activation(LayerReader& words, LayerSpec& spec);      // if there is one; Error: another word

}  // namespace limn
