#include "nn/architecture.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "nn/activation.hpp"
#include "nn/layer.hpp"

namespace limn {
namespace {

constexpr std::int64_t kMaxUnits = 1 << 20, kMaxParameters = std::int64_t{1} << 31;

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
    const char* example = "write layers like: dense 128 relu | dropout 0.2 | dense 10";
    if (words.empty()) fail(column, "a layer is missing", example);
    LayerSpec spec;
    if (words[0].text == "dense") {
      if (words.size() < 2) fail(words[0].column, "dense wants its number of units", example);
      const auto units = number<std::int64_t>(words[1]);
      if (!units || *units < 1 || *units > kMaxUnits)
        fail(words[1].column, fmt::format("\"{}\" is no number of units", words[1].text),
             fmt::format("take a whole number from 1 to {}", kMaxUnits));
      spec.units = *units;
      if (words.size() > 2) spec.activation = words[2].text;
      if (!is_activation(spec.activation))
        fail(words[2].column, fmt::format("there is no activation \"{}\"", spec.activation),
             "take one of " + activation_names());
      if (words.size() > 3)
        fail(words[3].column, fmt::format("\"{}\" is too much", words[3].text), "separate layers by |");
    } else if (words[0].text == "dropout") {
      const auto rate = words.size() == 2 ? number<double>(words[1]) : std::nullopt;
      if (!rate || !(*rate >= 0 && *rate < 1))
        fail(words[0].column, "dropout wants one rate", "take a number from 0 up to, not including, 1");
      spec.kind = LayerSpec::Kind::kDropout;
      spec.rate = *rate;
    } else {
      fail(words[0].column, fmt::format("there is no layer \"{}\"", words[0].text), "take dense or dropout");
    }
    return spec;
  }

  std::string_view text_;
};

}  // namespace

std::vector<LayerSpec> parse_architecture(std::string_view text) { return Parser(text).run(); }

std::string to_text(const std::vector<LayerSpec>& layers) {
  std::vector<std::string> parts;
  for (const LayerSpec& layer : layers) {
    if (layer.kind == LayerSpec::Kind::kDropout)
      parts.push_back(fmt::format("dropout {}", layer.rate));
    else
      parts.push_back(
          fmt::format("dense {}{}", layer.units, layer.activation == "linear" ? "" : " " + layer.activation));
  }
  return fmt::format("{}", fmt::join(parts, " | "));
}

Network::Network(std::string_view architecture, std::int64_t inputs)
    : layers_(parse_architecture(architecture)), inputs_(inputs) {
  std::int64_t width = inputs;
  int number = 0;
  for (const LayerSpec& layer : layers_) {
    if (layer.kind != LayerSpec::Kind::kDense) continue;
    ++number;
    parameters_.add(fmt::format("layer{}.w", number), {width, layer.units}, true);
    parameters_.add(fmt::format("layer{}.b", number), {layer.units}, false);
    width = layer.units;
    if (parameters_.size > kMaxParameters)
      throw Error(fmt::format("\"{}\" has more than {} parameters", architecture, kMaxParameters), "take fewer units");
  }
  if (number == 0 || layers_.back().kind != LayerSpec::Kind::kDense)
    throw Error(fmt::format("\"{}\" does not end with a dense layer", architecture),
                "end with one unit per class or target: ... | dense 10");
  outputs_ = width;
}

void Network::initial_statistics(float* flat) const {
  for (const Parameter& p : statistics_.list) std::fill_n(flat + p.offset, p.shape.size(), p.initial);
}

Activations Network::build(Value x, Value theta, Value statistics, bool training) const {
  LIMN_CHECK(statistics || statistics_.size == 0, "the statistics are missing");
  Graph& graph = x.graph();
  Activations result;
  result.statistics = statistics;
  auto parameter = [&](std::size_t i) {
    const Parameter& p = parameters_.list[i];
    return reshape(slice(theta, 0, p.offset, p.offset + p.shape.size()), p.shape);
  };
  Value a = x;
  int dense_layers = 0, dropouts = 0;
  for (const LayerSpec& layer : layers_) {
    if (layer.kind == LayerSpec::Kind::kDropout) {
      const auto stream = fmt::format("dropout{}", ++dropouts);
      const Scope scope(graph, stream);
      if (training) a = dropout(a, layer.rate, stream);
      continue;
    }
    const Scope scope(graph, fmt::format("layer{}", dense_layers + 1));
    const Value z = dense(a, parameter(2 * dense_layers), parameter(2 * dense_layers + 1));
    ++dense_layers;
    a = activate(layer.activation, z);
    result.z.push_back(z);
    result.a.push_back(a);
  }
  result.output = result.a.back();
  result.logits = result.z.back();
  return result;
}

}  // namespace limn
