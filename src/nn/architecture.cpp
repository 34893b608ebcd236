#include "nn/architecture.hpp"

#include <fmt/ranges.h>

#include "nn/activation.hpp"
#include "nn/layer_reader.hpp"

namespace limn {
namespace {

using Kind = LayerSpec::Kind;

constexpr const char* kExample = "write layers like: dense 128 relu | dropout 0.2 | dense 10";

void read_dense(LayerReader& words, LayerSpec& spec) {
  if (words.done()) words.fail(words.first(), "dense wants its number of units", kExample);
  spec.units = take_units(words, "units");
  if (words.take("tied")) {
    const Word tied = words.last();
    const auto layer = words.take_number<int>();
    if (!layer || *layer < 1)
      words.fail(tied, "tied wants the number of an earlier dense layer",
                 "write like: dense 64 relu | dense 784 tied 1");
    spec.tied = *layer;
  }
  take_activation(words, spec);
}
void print_dense(const LayerSpec& spec, std::string& to) {
  fmt::format_to(std::back_inserter(to), " {}", spec.units);
  if (spec.tied) fmt::format_to(std::back_inserter(to), " tied {}", spec.tied);
}

void read_dropout(LayerReader& words, LayerSpec& spec) {
  const auto rate = words.take_number<double>();
  if (!rate || !(*rate >= 0 && *rate < 1) || !words.done())
    words.fail(words.first(), fmt::format("{} wants one rate", words.first().text),
               "take a number from 0 up to, not including, 1");
  spec.rate = *rate;
}
void print_dropout(const LayerSpec& spec, std::string& to) { fmt::format_to(std::back_inserter(to), " {}", spec.rate); }

void read_norm(LayerReader& words, LayerSpec& spec) { take_activation(words, spec); }
void print_norm(const LayerSpec&, std::string&) {}

constexpr LayerWord kPlain[] = {
    {"dense", Kind::kDense, read_dense, print_dense},
    {"bn", Kind::kBatchNorm, read_norm, print_norm},
    {"ln", Kind::kLayerNorm, read_norm, print_norm},
    {"dropout", Kind::kDropout, read_dropout, print_dropout},
    {"spatial-dropout", Kind::kSpatialDropout, read_dropout, print_dropout},
};

const std::vector<LayerWord>& layer_words() {
  static const std::vector<LayerWord> all = [] {
    std::vector<LayerWord> words(std::begin(kPlain), std::end(kPlain));
    words.insert(words.end(), plane_words().begin(), plane_words().end());
    return words;
  }();
  return all;
}

LayerSpec read_layer(LayerReader words) {
  if (words.done()) words.fail(words.first(), "a layer is missing", kExample);
  const auto& all = layer_words();
  const auto found = std::ranges::find(all, words.first().text, &LayerWord::word);
  if (found == all.end()) {
    std::vector<std::string_view> names;
    for (const LayerWord& layer : all) names.push_back(layer.word);
    words.fail(words.first(), fmt::format("there is no layer \"{}\"", words.first().text),
               fmt::format("take one of {}", fmt::join(names, ", ")));
  }
  LayerSpec spec;
  spec.kind = found->kind, spec.activation = found->activation, spec.column = words.first().column;
  words.skip();
  found->read(words, spec);
  if (!words.done())
    words.fail(words.next(), fmt::format("\"{}\" is too much", words.next().text), "separate layers by |");
  return spec;
}

}  // namespace

std::int64_t take_units(LayerReader& words, const char* what) {
  constexpr std::int64_t kMost = 1 << 20;
  const Word word = words.next();
  const auto units = words.take_number<std::int64_t>();
  if (!units || *units < 1 || *units > kMost)
    words.fail(word, fmt::format("\"{}\" is no number of {}", word.text, what),
               fmt::format("take a whole number from 1 to {}", kMost));
  return *units;
}

void take_activation(LayerReader& words, LayerSpec& spec) {
  if (words.done()) return;
  if (!is_activation(words.next().text))
    words.fail(words.next(), fmt::format("there is no activation \"{}\"", words.next().text),
               "take one of " + activation_names());
  spec.activation = words.next().text;
  words.skip();
}

bool LayerSpec::has_parameters() const {
  switch (kind) {
    case Kind::kDropout:
    case Kind::kSpatialDropout:
    case Kind::kPool:
    case Kind::kGlobalPool:
    case Kind::kUpsample:
    case Kind::kPad: return false;
    default: return true;
  }
}
bool LayerSpec::is_of_planes() const { return kind >= Kind::kSpatialDropout; }

std::vector<LayerSpec> parse_architecture(std::string_view text) {
  std::vector<LayerSpec> layers;
  for (std::size_t begin = 0;;) {
    const std::size_t bar = std::min(text.find('|', begin), text.size());
    layers.push_back(read_layer(LayerReader(text, begin, bar)));
    if (bar == text.size()) return layers;
    begin = bar + 1;
  }
}

const LayerWord& word_of(LayerSpec::Kind kind) { return *std::ranges::find(layer_words(), kind, &LayerWord::kind); }

std::string to_text(const std::vector<LayerSpec>& layers) {
  std::vector<std::string> parts;
  for (const LayerSpec& layer : layers) {
    const LayerWord& word = word_of(layer.kind);
    std::string& part = parts.emplace_back(word.word);
    word.print(layer, part);
    if (layer.activation != word.activation) part += " " + layer.activation;
  }
  return fmt::format("{}", fmt::join(parts, " | "));
}

}  // namespace limn
