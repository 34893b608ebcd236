#include "experiment/parameter.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/error.hpp"
#include "base/utf8.hpp"

namespace limn {
namespace {

[[noreturn]] void refuse(const ParameterSpec& parameter, std::string_view text) {
  throw Error(fmt::format("{} cannot be {}", parameter.name, text.empty() ? "empty" : fmt::format("'{}'", text)),
              fmt::format("{} is {}", parameter.name, allowed(parameter)));
}

template <class Number>
Number parse_number(const ParameterSpec& parameter, std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) refuse(parameter, text);
  return value;
}

}  // namespace

std::string to_string(const SettingValue& value) {
  return std::visit([](const auto& v) { return fmt::format("{}", v); }, value);
}

std::string allowed(const ParameterSpec& parameter) {
  const auto range = fmt::format("from {:g} to {:g}", parameter.low, parameter.high);
  const char* automatic = parameter.automatic ? ", or auto" : "";
  switch (parameter.kind) {
    case ParameterKind::kNumber: return fmt::format("a number {}{}", range, automatic);
    case ParameterKind::kInteger:
      return fmt::format("a whole number from {} to {}{}", static_cast<std::int64_t>(parameter.low),
                         static_cast<std::int64_t>(parameter.high), automatic);
    case ParameterKind::kChoice: return fmt::format("one of {}", fmt::join(parameter.choices, ", "));
    case ParameterKind::kText: return fmt::format("a text: {}", parameter.help.en);
  }
  return "";
}

SettingValue check_value(const ParameterSpec& parameter, const SettingValue& value) {
  const auto refuse_it = [&]() { refuse(parameter, to_string(value)); };
  if (const auto* text = std::get_if<std::string>(&value)) {
    if (!is_utf8(*text))
      throw Error(fmt::format("{} holds a byte that is not UTF-8", parameter.name),
                  "write it in UTF-8: runs keep it so");
    if (parameter.automatic && *text == "auto") return value;
    if (parameter.kind == ParameterKind::kText && text->size() <= 10'000) return value;
    if (parameter.kind != ParameterKind::kChoice || std::ranges::count(parameter.choices, *text) == 0) refuse_it();
    return value;
  }
  if (parameter.kind != ParameterKind::kNumber && parameter.kind != ParameterKind::kInteger) refuse_it();
  const auto* whole = std::get_if<std::int64_t>(&value);
  if (parameter.kind == ParameterKind::kInteger && !whole) refuse_it();
  const double number = whole ? static_cast<double>(*whole) : std::get<double>(value);
  if (!(number >= parameter.low && number <= parameter.high)) refuse_it();  // NaN is refused as well
  if (parameter.kind == ParameterKind::kInteger) return value;
  return number;
}

SettingValue parse_value(const ParameterSpec& parameter, std::string_view text) {
  const bool number = parameter.kind == ParameterKind::kNumber || parameter.kind == ParameterKind::kInteger;
  if (!number || (parameter.automatic && text == "auto")) return check_value(parameter, std::string(text));
  if (parameter.kind == ParameterKind::kInteger) {
    const auto whole = parse_number<std::int64_t>(parameter, text);
    return check_value(parameter, whole);
  }
  return check_value(parameter, parse_number<double>(parameter, text));
}

std::string closest(std::string_view word, std::span<const std::string> candidates) {
  std::string best;
  std::size_t fewest = std::max<std::size_t>(2, word.size() / 2) + 1;
  for (const std::string& candidate : candidates) {
    std::vector<std::size_t> row(candidate.size() + 1);  // Levenshtein, one row at a time
    for (std::size_t j = 0; j < row.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= word.size(); ++i) {
      std::size_t diagonal = row[0];
      row[0] = i;
      for (std::size_t j = 1; j < row.size(); ++j) {
        const std::size_t change = diagonal + (word[i - 1] == candidate[j - 1] ? 0 : 1);
        diagonal = row[j];
        row[j] = std::min({change, row[j] + 1, row[j - 1] + 1});
      }
    }
    if (row.back() < fewest) {
      fewest = row.back();
      best = candidate;
    }
  }
  return best;
}

std::string suggestion(std::string_view word, std::span<const std::string> candidates, std::string_view label) {
  const auto near = closest(word, candidates);
  return fmt::format("{}the {} are: {}", near.empty() ? "" : fmt::format("did you mean {}? ", near), label,
                     fmt::join(candidates, ", "));
}

const ParameterSpec& find_parameter(std::span<const ParameterSpec> parameters, std::string_view name) {
  const auto found = std::ranges::find(parameters, name, &ParameterSpec::name);
  if (found != parameters.end()) return *found;
  std::vector<std::string> names;
  for (const ParameterSpec& parameter : parameters) names.push_back(parameter.name);
  throw Error(fmt::format("there is no parameter '{}'", name), suggestion(name, names, "parameters"));
}

std::pair<std::string, std::string> parse_assignment(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == text.npos || equals == 0)
    throw Error(fmt::format("'{}' is not of the form NAME=VALUE", text), "write for example --set lr=0.01");
  return {std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))};
}

}  // namespace limn
