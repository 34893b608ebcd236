#include "train/selection.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "base/error.hpp"

namespace limn {
namespace {

constexpr std::int64_t kAll = -1;

template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

// Commas within brackets belong to a word.
std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  std::size_t begin = 0;
  int depth = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const char c = i < text.size() ? text[i] : ' ';
    depth += (c == '[' ? 1 : 0) - (c == ']' ? 1 : 0);
    const bool apart = c == ' ' || c == '\t' || c == '\n' || (c == ',' && depth <= 0) || i == text.size();
    if (!apart) continue;
    if (i > begin) words.push_back(text.substr(begin, i - begin));
    begin = i + 1;
  }
  return words;
}

class Selector {
 public:
  Selector(const Parameters& parameters, std::string_view word, float value, std::span<float> to)
      : parameters_(parameters), word_(word), value_(value), to_(to) {}

  void run() {
    const std::size_t bracket = word_.find('[');
    const std::string_view name = word_.substr(0, bracket);
    std::vector<std::int64_t> indices;
    if (bracket != word_.npos) indices = indices_of(word_.substr(bracket));
    const std::size_t dot = name.rfind('.');
    if (dot != name.npos && name.substr(dot + 1) == "unit") return unit(name.substr(0, dot), indices);
    bool found = false;
    for (const Parameter& p : parameters_.list) {
      if (p.name != name && !(indices.empty() && in_layer(p, name))) continue;
      found = true;
      set(p, indices.empty() ? std::vector<std::int64_t>(static_cast<std::size_t>(p.shape.rank()), kAll) : indices);
    }
    if (!found) refuse();
  }

 private:
  static bool in_layer(const Parameter& p, std::string_view layer) {
    return p.name.size() > layer.size() && p.name.starts_with(layer) && p.name[layer.size()] == '.';
  }

  [[noreturn]] void refuse() const {
    std::vector<std::string> names;
    for (const Parameter& p : parameters_.list) names.push_back(p.name + to_string(p.shape));
    throw Error(fmt::format("\"{}\" selects no parameter", word_),
                fmt::format("there are {}; write a layer, a parameter, some of its numbers as layer1.w[0,*], or a unit "
                            "as layer1.unit[0]",
                            fmt::join(names, ", ")));
  }

  std::vector<std::int64_t> indices_of(std::string_view text) const {  // "[3,*]"
    std::vector<std::int64_t> indices;
    if (text.size() < 3 || text.back() != ']') refuse();
    text = text.substr(1, text.size() - 2);
    for (std::size_t begin = 0; begin <= text.size();) {
      const std::size_t end = std::min(text.find(',', begin), text.size());
      const std::string_view part = text.substr(begin, end - begin);
      const auto given = number<std::int64_t>(part);
      if (part != "*" && (!given || *given < 0)) refuse();
      indices.push_back(part == "*" ? kAll : *given);
      begin = end + 1;
    }
    return indices;
  }

  void set(const Parameter& p, const std::vector<std::int64_t>& indices) {
    const int rank = p.shape.rank();
    if (static_cast<int>(indices.size()) != rank) refuse();
    for (int axis = 0; axis < rank; ++axis)
      if (indices[static_cast<std::size_t>(axis)] >= p.shape[axis]) refuse();
    for (std::int64_t i = 0; i < p.shape.size(); ++i) {
      bool selected = true;
      std::int64_t rest = i;
      for (int axis = rank - 1; axis >= 0; rest /= p.shape[axis], --axis) {
        const std::int64_t wanted = indices[static_cast<std::size_t>(axis)];
        selected = selected && (wanted == kAll || wanted == rest % p.shape[axis]);
      }
      if (selected) to_[static_cast<std::size_t>(p.offset + i)] = value_;
    }
  }

  void unit(std::string_view layer, const std::vector<std::int64_t>& indices) {
    if (indices.size() != 1) refuse();
    std::int64_t units = 0;
    std::string_view reader;  // the layer whose weights take what this one gives; norms lie between
    for (const Parameter& p : parameters_.list) {
      const std::string_view its = std::string_view(p.name).substr(0, p.name.rfind('.'));
      std::vector<std::int64_t> column(static_cast<std::size_t>(p.shape.rank()), kAll);
      column.back() = indices[0];
      if (its == layer) {
        if (p.name.ends_with(".w2"))
          throw Error(fmt::format("{} is a block, whose units are made by several weights", layer),
                      fmt::format("name what is meant, such as {}.w1[*,*,*,{}]", layer, indices[0]));
        units = p.shape[-1];
        set(p, column);
      } else if (units > 0 && reader.empty() && p.shape.rank() == 1 && p.shape[0] == units) {
        set(p, column);
      } else if (units > 0 && reader.empty()) {
        reader = its;
        read(p, indices[0], units);
      }
    }
    if (units == 0) refuse();
  }

  // The weights of p that take unit `index`: of planes before a dense layer those of all its places.
  void read(const Parameter& p, std::int64_t index, std::int64_t units) {
    if (p.shape.rank() == 4 && p.shape[2] == units) set(p, {kAll, kAll, index, kAll});
    if (p.shape.rank() != 2 || p.shape[0] % units != 0) return;
    for (std::int64_t row = index; row < p.shape[0]; row += units) set(p, {row, kAll});
  }

  const Parameters& parameters_;
  std::string_view word_;
  float value_;
  std::span<float> to_;
};

}  // namespace

void mark(const Parameters& parameters, std::string_view words, float value, std::span<float> to) {
  for (const std::string_view word : words_of(words)) Selector(parameters, word, value, to).run();
}

void mark_each(const Parameters& parameters, std::string_view words, std::span<float> to) {
  for (const std::string_view word : words_of(words)) {
    const std::size_t equals = word.find('=');
    const auto value = equals == word.npos ? std::nullopt : number<float>(word.substr(equals + 1));
    if (!value || !std::isfinite(*value) || *value < 0)
      throw Error(fmt::format("\"{}\" is not of the form NAME=FACTOR", word),
                  "write a factor of 0 or more behind each name: layer1=0.1 layer2.b=2");
    Selector(parameters, word.substr(0, equals), *value, to).run();
  }
}

}  // namespace limn
