#include "nn/architecture.hpp"

#include <fmt/ranges.h>

#include <charconv>
#include <optional>

#include "nn/activation.hpp"

namespace limn {
namespace {

constexpr std::int64_t kMaxUnits = 1 << 20;
constexpr const char* kExample = "write layers like: dense 128 relu | dropout 0.2 | dense 10";

struct Word {
  std::string_view text;
  std::size_t column;  // from 1
};

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::vector<LayerSpec> run() {
    std::vector<LayerSpec> layers;
    std::size_t begin = 0;
    for (;;) {
      const std::size_t bar = std::min(text_.find('|', begin), text_.size());
      layers.push_back(layer(words(begin, bar), begin + 1));
      if (bar == text_.size()) return layers;
      begin = bar + 1;
    }
  }

 private:
  [[noreturn]] void fail(std::size_t column, const std::string& what, const std::string& hint) const {
    throw Error(fmt::format("architecture \"{}\", column {}: {}", text_, column, what), hint);
  }

  std::vector<Word> words(std::size_t begin, std::size_t end) const {
    std::vector<Word> words;
    for (std::size_t i = begin; i < end;) {
      if (text_[i] == ' ' || text_[i] == '\t' || text_[i] == '\n') {
        ++i;
        continue;
      }
      std::size_t stop = i;
      while (stop < end && text_[stop] != ' ' && text_[stop] != '\t' && text_[stop] != '\n') ++stop;
      words.push_back({text_.substr(i, stop - i), i + 1});
      i = stop;
    }
    return words;
  }

  template <class Number>
  std::optional<Number> number(const Word& word) const {
    Number value{};
    const auto [end, error] = std::from_chars(word.text.data(), word.text.data() + word.text.size(), value);
    if (error != std::errc() || end != word.text.data() + word.text.size()) return {};
    return value;
  }

  LayerSpec layer(const std::vector<Word>& words, std::size_t column) const {
    if (words.empty()) fail(column, "a layer is missing", kExample);
    LayerSpec spec;
    std::size_t used = 0;
    if (words[0].text == "dense")
      used = dense(words, spec);
    else if (words[0].text == "dropout")
      used = dropout(words, spec);
    else if (words[0].text == "bn")
      spec.kind = LayerSpec::Kind::kBatchNorm, used = activation(words, 1, spec);
    else if (words[0].text == "ln")
      spec.kind = LayerSpec::Kind::kLayerNorm, used = activation(words, 1, spec);
    else
      fail(words[0].column, fmt::format("there is no layer \"{}\"", words[0].text), "take dense, dropout, bn or ln");
    if (words.size() > used)
      fail(words[used].column, fmt::format("\"{}\" is too much", words[used].text), "separate layers by |");
    return spec;
  }

  // What a layer's word is followed by. Each returns how many words it has used.
  std::size_t dense(const std::vector<Word>& words, LayerSpec& spec) const {
    if (words.size() < 2) fail(words[0].column, "dense wants its number of units", kExample);
    const auto units = number<std::int64_t>(words[1]);
    if (!units || *units < 1 || *units > kMaxUnits)
      fail(words[1].column, fmt::format("\"{}\" is no number of units", words[1].text),
           fmt::format("take a whole number from 1 to {}", kMaxUnits));
    spec.units = *units;
    if (words.size() < 3 || words[2].text != "tied") return activation(words, 2, spec);
    const auto layer = words.size() > 3 ? number<int>(words[3]) : std::nullopt;
    if (!layer || *layer < 1)
      fail(words[2].column, "tied wants the number of an earlier dense layer",
           "write like: dense 64 relu | dense 784 tied 1");
    spec.tied = *layer;
    return activation(words, 4, spec);
  }
  std::size_t dropout(const std::vector<Word>& words, LayerSpec& spec) const {
    const auto rate = words.size() == 2 ? number<double>(words[1]) : std::nullopt;
    if (!rate || !(*rate >= 0 && *rate < 1))
      fail(words[0].column, "dropout wants one rate", "take a number from 0 up to, not including, 1");
    spec.kind = LayerSpec::Kind::kDropout;
    spec.rate = *rate;
    return 2;
  }
  std::size_t activation(const std::vector<Word>& words, std::size_t at, LayerSpec& spec) const {
    if (words.size() <= at) return at;
    spec.activation = words[at].text;
    if (!is_activation(spec.activation))
      fail(words[at].column, fmt::format("there is no activation \"{}\"", spec.activation),
           "take one of " + activation_names());
    return at + 1;
  }

  std::string_view text_;
};

}  // namespace

std::vector<LayerSpec> parse_architecture(std::string_view text) { return Parser(text).run(); }

std::string to_text(const std::vector<LayerSpec>& layers) {
  std::vector<std::string> parts;
  for (const LayerSpec& layer : layers) {
    std::string& part = parts.emplace_back();
    switch (layer.kind) {
      case LayerSpec::Kind::kDense:
        part = fmt::format("dense {}{}", layer.units, layer.tied ? fmt::format(" tied {}", layer.tied) : "");
        break;
      case LayerSpec::Kind::kDropout: part = fmt::format("dropout {}", layer.rate); break;
      case LayerSpec::Kind::kBatchNorm: part = "bn"; break;
      case LayerSpec::Kind::kLayerNorm: part = "ln"; break;
    }
    if (layer.activation != "linear") part += " " + layer.activation;
  }
  return fmt::format("{}", fmt::join(parts, " | "));
}

}  // namespace limn
