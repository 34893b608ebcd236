#include "formula/formula.hpp"

#include <algorithm>
#include <set>

#include "formula/build.hpp"
#include "formula/token.hpp"

namespace limn {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Alphabetical, with numbers inside of names by their size: x2 before x10.
bool before(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    if (is_digit(a[0]) && is_digit(b[0])) {
      const auto number = [](std::string_view& s) {
        const auto zeros = std::min(s.find_first_not_of('0'), s.size());
        s.remove_prefix(zeros);
        const auto length = static_cast<std::size_t>(std::ranges::find_if_not(s, is_digit) - s.begin());
        const std::string_view digits = s.substr(0, length);
        s.remove_prefix(length);
        return digits;
      };
      const std::string_view left = number(a), right = number(b);
      if (left != right) return left.size() != right.size() ? left.size() < right.size() : left < right;
    } else {
      if (a[0] != b[0]) return static_cast<unsigned char>(a[0]) < static_cast<unsigned char>(b[0]);
      a.remove_prefix(1), b.remove_prefix(1);
    }
  }
  return a.size() < b.size();
}

class Variables {
 public:
  Variables(std::string_view text, const Constants& constants) : text_(text), constants_(constants) {}

  // Every name that is neither constant nor index is a variable.
  void collect(const Term& term, std::multiset<std::string, std::less<>> indices = {}) {
    if ((term.kind == Term::kName || term.kind == Term::kIndexed) && !indices.contains(term.name)) note(term);
    for (std::size_t i = 0; i < term.children.size(); ++i) {
      if (term.kind == Term::kLoop && i == 2) indices.insert(term.index);
      collect(term.children[i], indices);
    }
  }
  VariablePlaces places;

 private:
  void note(const Term& term) {
    const bool indexed = term.kind == Term::kIndexed;
    if (const auto constant = constants_.find(term.name); constant != constants_.end()) return;
    if (term.name == "pi" || term.name == "e") {
      if (indexed) throw FormulaError(text_, term.column, term.name + " is a number", "leave out the brackets");
      return;
    }
    const auto [place, is_new] = places.try_emplace(term.name, VariablePlace{indexed});
    if (!is_new && place->second.indexed != indexed)
      throw FormulaError(text_, term.column, fmt::format("{} is used with an index and without", term.name),
                         fmt::format("give one of them another name, or write {}[1]", term.name));
  }

  std::string_view text_;
  const Constants& constants_;
};

std::vector<std::string> in_order(const VariablePlaces& places) {
  std::vector<std::string> names;
  for (const auto& [name, place] : places) names.push_back(name);
  std::ranges::stable_sort(names, before);
  return names;
}

}  // namespace

Formula parse_formula(std::string_view text, const Constants& constants, std::int64_t dimension) {
  if (dimension < 0 || dimension > kLargestIndex)
    throw Error(fmt::format("a formula of {} variables", dimension),
                fmt::format("1 to {} are possible", kLargestIndex));
  const Term term = parse_syntax(text);
  Constants known = constants;
  if (dimension > 0) known.try_emplace("n", std::vector<double>{static_cast<double>(dimension)});
  Variables variables(text, known);
  variables.collect(term);
  VariablePlaces& places = variables.places;
  if (places.empty())
    throw FormulaError(text, 1, "there is no variable", "names that are no constants are variables, as x in (x-1)^2");

  const auto indexed = std::ranges::count_if(places, [](const auto& p) { return p.second.indexed; });
  const auto plain = static_cast<std::int64_t>(places.size()) - indexed;
  if (dimension > 0 && indexed != 1 && (indexed > 1 || dimension != plain))
    throw FormulaError(
        text, 1,
        indexed == 0 ? fmt::format("the formula has {} variable{}, not {}", plain, plain == 1 ? "" : "s", dimension)
                     : std::string("the dimension of several indexed variables"),
        "leave the dimension out, or write one indexed variable, x[i]");
  for (auto& [name, place] : places)
    if (place.indexed) place.size = dimension > 0 ? dimension : kLargestIndex;
  const auto order = in_order(places);
  const auto lay_out = [&] {
    std::int64_t n = 0;
    for (const std::string& name : order) places[name].first = n, n += places[name].size;
  };
  lay_out();
  if (indexed > 0 && dimension == 0) {  // built once to see the largest index
    build(term, text, known, places);
    for (auto& [name, place] : places) {
      if (place.indexed) place.size = place.largest;
      if (place.size == 0)
        throw FormulaError(text, 1, fmt::format("no component of {} is ever used", name), "is a sum empty?");
    }
    lay_out();
  }
  Formula formula;
  formula.graph = build(term, text, known, places);
  verify(formula.graph.fn);
  for (const std::string& name : order)
    for (std::int64_t i = 1; i <= places[name].size; ++i)
      formula.variables.push_back(places[name].indexed ? fmt::format("{}[{}]", name, i) : name);
  return formula;
}

}  // namespace limn
