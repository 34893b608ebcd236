// What an experiment lets its user set: typed, bounded, labelled and explained in both languages. The command line
// reads flags from it; a page can draw controls from it. It must not know what a parameter does.
#pragma once
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace limn {

enum class ParameterKind { kNumber, kInteger, kChoice, kText };
enum class Scale { kLinear, kLog };

struct Words {  // the same in English and Simplified Chinese
  std::string en, zh;
};

using SettingValue = std::variant<double, std::int64_t, std::string>;  // a number, an integer, a choice or a text
using SettingValues = std::map<std::string, SettingValue>;

struct ParameterSpec {
  std::string name;
  ParameterKind kind = ParameterKind::kNumber;
  Words label, help;
  std::string initial;           // the default as a user would write it
  double low = 0, high = 0;      // the range of a number or an integer, both ends allowed
  Scale scale = Scale::kLinear;  // how a control should move over the range
  std::string unit = {};         // "" for a bare number
  std::vector<std::string> choices = {};
  bool automatic = false;  // "auto" is allowed too: the data or another parameter decides
  bool fixed = false;      // cannot be changed once a training has begun
  bool branches = false;   // though fixed, a branch may begin with another
};

// Error: not of the kind, or out of the range; the hint says what is allowed.
SettingValue parse_value(const ParameterSpec& parameter, std::string_view text);
// As parse_value for a value that has a type already, as a recipe's JSON gives it.
SettingValue check_value(const ParameterSpec& parameter, const SettingValue& value);

std::string to_string(const SettingValue& value);
std::string allowed(const ParameterSpec& parameter);  // "a number from 0 to 1", "one of sgd, adam"

// The declared parameter. Error: there is none of this name; the hint names the closest and all others.
const ParameterSpec& find_parameter(std::span<const ParameterSpec> parameters, std::string_view name);
// The candidate with the fewest edits to `word`, or "" when none is near.
std::string closest(std::string_view word, std::span<const std::string> candidates);
// "did you mean X? the LABEL are: a, b, c"
std::string suggestion(std::string_view word, std::span<const std::string> candidates, std::string_view label);

// "NAME=VALUE" taken apart. Error: no '=' or no name.
std::pair<std::string, std::string> parse_assignment(std::string_view text);

}  // namespace limn
