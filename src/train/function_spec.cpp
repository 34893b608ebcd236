#include "train/function_spec.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <ranges>

#include "base/error.hpp"

namespace limn {
namespace {

std::vector<double> numbers_of(std::string_view text, const char* what) {
  std::vector<double> numbers;
  const char *at = text.data(), *const end = at + text.size();
  while (true) {
    while (at != end && (*at == ' ' || *at == ',')) ++at;
    if (at == end) return numbers;
    double number = 0;
    const auto [next, error] = std::from_chars(at, end, number);
    if (error != std::errc() || !std::isfinite(number))
      throw Error(fmt::format("{} \"{}\" is no list of numbers", what, text), "write numbers with commas: -1.2, 1");
    numbers.push_back(number);
    at = next;
  }
}

// "n=10; y=1, 2, 3"
Constants constants_of(std::string_view text) {
  Constants constants;
  while (!text.empty()) {
    const std::string_view one = text.substr(0, text.find(';'));
    text.remove_prefix(std::min(text.size(), one.size() + 1));
    if (one.find_first_not_of(' ') == one.npos) continue;
    const std::size_t equals = one.find('=');
    if (equals == one.npos)
      throw Error(fmt::format("the constant \"{}\" has no value", one),
                  "write NAME=NUMBER, with semicolons between: n=10; a=1.5");
    std::string name(one.substr(0, equals));
    std::erase(name, ' ');
    constants[name] = numbers_of(one.substr(equals + 1), "the constant");
  }
  return constants;
}

// A text of letters, digits and hyphens is meant as a problem's name when it is one, or too long for a variable.
std::optional<Problem> problem_of(const std::string& text) {
  constexpr std::size_t kLongestVariable = 3;
  if (text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") != text.npos) return {};
  try {
    return find_problem(text);
  } catch (const Error&) {
    if (text.size() > kLongestVariable && text.find('-') == text.npos) throw;
    return {};
  }
}

}  // namespace

FunctionSpec function_of(const Settings& settings) {
  FunctionSpec spec;
  Constants constants;
  std::vector<double> start = numbers_of(settings.start, "the start");
  spec.formula = settings.function;
  if ((spec.problem = problem_of(settings.function))) {
    spec.formula = spec.problem->formula, constants = spec.problem->constants;
    if (start.empty()) start = spec.problem->start;
  }
  for (auto& [name, values] : constants_of(settings.constants)) constants[name] = std::move(values);
  const bool indexed = spec.formula.find("x[") != spec.formula.npos;
  Formula formula = parse_formula(spec.formula, constants, indexed ? static_cast<std::int64_t>(start.size()) : 0);
  spec.variables = std::move(formula.variables), spec.graph = std::move(formula.graph);
  if (start.empty()) start.assign(spec.variables.size(), 0);
  if (start.size() != spec.variables.size())
    throw Error(
        fmt::format("the start has {} numbers, the function has {} variables", start.size(), spec.variables.size()),
        fmt::format("give one number for each of {}", fmt::join(spec.variables | std::views::take(20), ", ")));
  spec.start = std::move(start);
  return spec;
}

}  // namespace limn
