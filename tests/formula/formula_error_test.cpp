// Formulas that cannot be read: what is said, at which column, and that the caret stands below it.
#include <gtest/gtest.h>

#include "formula/formula.hpp"
#include "formula/token.hpp"

namespace limn {
namespace {

struct Bad {
  std::string formula;
  std::int64_t column;
  std::string says;  // is in what() or in the hint
};

const Constants kGiven{{"y", {1, 2, 3}}, {"k", {2}}};

std::string times(int n, const std::string& text) {
  std::string all;
  for (int i = 0; i < n; ++i) all += text;
  return all;
}

std::vector<Bad> table() {
  return {
      {"", 1, "there is no formula"},
      {"   ", 4, "there is no formula"},
      {"x +", 4, "not the end"},
      {"x + * y", 5, "not *"},
      {"* x", 1, "not *"},
      {"x y", 3, "operator is expected before y"},
      {"2 3 + x", 3, "operator is expected before 3"},
      {"x 2", 3, "operator is expected before 2"},
      {"(x + 1", 1, "never closed"},
      {"x + 1)", 6, "closes nothing"},
      {"(x + 1]", 7, ") is expected, not ]"},
      {"x]", 2, "closes nothing"},
      {"|x - 1", 1, "never closed"},
      {"x - 1|", 6, "never closed"},
      {"x - y|", 6, "closes nothing"},
      {"|(x| + 1)", 4, ") is expected, not |"},
      {"()", 2, "not )"},
      {"1,5*x", 2, "decimals are written with a point"},
      {"(1,5)*x", 3, "decimals are written with a point"},
      {"x = 3", 3, "compare with =="},
      {"x < 1 < 2", 7, "do not chain"},
      {"x and", 6, "not the end"},
      {"x # 2", 3, "character # is in no formula"},
      {"x; y", 2, "one expression"},
      {"x + ☃", 5, "☃"},
      {"π·x + ☃", 7, "☃"},
      {"x + \xff", 5, "UTF-8"},
      {std::string("x\0y", 3), 2, "control character"},
      {"1e999*x", 1, "too large"},
      {"f(x)", 1, "f is no function"},
      {"x(y+1)", 1, "x is no function"},
      {"1 + cosx(x)", 5, "cosx is no function"},
      {"sin x", 5, "wants brackets"},
      {"sin^2(x)", 4, "write sin(x)^2"},
      {"sin()", 1, "takes 1 argument, not 0"},
      {"x + sin(x, x)", 5, "takes 1 argument, not 2"},
      {"atan2(x)", 1, "takes 2 arguments, not 1"},
      {"min(x)", 1, "at least 2 arguments"},
      {"where(x > 0, 1)", 1, "takes 3 arguments, not 2"},
      {"sin(x", 4, "never closed"},
      {"sum x", 5, "wants brackets"},
      {"sum(x)", 6, "= is expected, not )"},
      {"sum(1=1..2, x)", 5, "an index is expected"},
      {"sum(i=1, x)", 8, ".. is expected"},
      {"sum(i=1..3 x)", 13, ", is expected"},
      {"sum(i=1..3, x", 4, "never closed"},
      {"sum(i=1..x, x)", 10, "bound depends on a variable"},
      {"sum(i=1..2.5, x)", 10, "no whole number"},
      {"sum(sin=1..2, x)", 5, "cannot be an index"},
      {"sum(i=1..2, sum(i=1..2, x))", 13, "has a meaning already"},
      {"sum(k=1..2, x)", 1, "has a meaning already"},
      {"sum(i=1..1e9, x)", 1, "a million"},
      {"sum(i=1..1000, sum(j=1..1001, x*i*j))", 16, "a million"},
      {"x[0]", 3, "there is no x[0]"},
      {"x + sum(i=1..3, z[i-1])", 19, "there is no z[0]"},
      {"x[1.5]", 3, "no whole number"},
      {"x[z]", 3, "depends on a variable"},
      {"x[1", 2, "never closed"},
      {"x[1,2]", 4, "one index is wanted"},
      {"x[1] + x", 8, "with an index and without"},
      {"x*y", 3, "y is a list of 3 numbers"},
      {"x*y[4]", 5, "indices go from 1 to 3"},
      {"pi[1]*x", 1, "pi is a number"},
      {"sum(i=1..3, i[1]*x)", 13, "leave out the brackets"},
      {"1/2x", 4, "write 1/(2*x) or 1/2*x"},
      {"x..2", 2, "ranges belong into sum"},
      {"3 + 4", 1, "there is no variable"},
      {"sum(i=3..2, x[i])", 1, "no component of x"},
      {times(101, "(") + "x", 101, "levels of nesting"},
      {times(200, "-") + "x", 100, "levels of nesting"},
      {"x" + times(200, "^2"), 200, "levels of nesting"},
      {times(101, "|") + "x", 101, "levels of nesting"},
      {times(10'001, "x+") + "1", 0, ""},
      {times(6'000, "x+") + "1", 0, ""},
  };
}

TEST(BadFormulas, AreRefusedWithTheColumnAndACaretBelowIt) {
  for (const Bad& bad : table()) {
    SCOPED_TRACE(bad.formula.substr(0, 80));
    try {
      parse_formula(bad.formula, kGiven);
      EXPECT_EQ(bad.column, 0) << "it was read";
      continue;
    } catch (const FormulaError& error) {
      const std::string said = error.what(), hint = error.hint();
      if (bad.column == 0) {
        EXPECT_NE(said.find("bytes"), std::string::npos) << said;
        continue;
      }
      EXPECT_EQ(error.column(), bad.column) << said << "\n" << hint;
      EXPECT_TRUE(said.starts_with(fmt::format("column {}: ", error.column()))) << said;
      EXPECT_NE((said + hint).find(bad.says), std::string::npos) << said << "\n" << hint;
      EXPECT_TRUE(hint.ends_with("^")) << hint;
    }
  }
}

TEST(BadFormulas, ShowTheTextWithACaretUnderTheCharacter) {
  try {
    parse_formula("π·x + ☃");
    FAIL();
  } catch (const FormulaError& error) {
    EXPECT_TRUE(error.hint().ends_with("\n  π·x + ☃\n        ^")) << error.hint();
  }
}

TEST(BadFormulas, AreShownInPartWhenTheyAreLong) {
  try {
    parse_formula(times(100, "x + ") + "*" + times(100, " + x"));
    FAIL();
  } catch (const FormulaError& error) {
    EXPECT_EQ(error.column(), 401);
    EXPECT_LT(error.hint().size(), 250U);
    const auto caret = error.hint().rfind('\n'), line = error.hint().rfind('\n', caret - 1);
    EXPECT_EQ(error.hint()[line + (error.hint().size() - 1 - caret)], '*') << error.hint();
  }
}

TEST(BadFormulas, SayWhenADimensionDoesNotFit) {
  EXPECT_THROW(parse_formula("x + y", {}, 3), FormulaError);
  EXPECT_THROW(parse_formula("x[1] + y[1]", {}, 2), FormulaError);
  EXPECT_THROW(parse_formula("x[5]", {}, 4), FormulaError);
  EXPECT_THROW(parse_formula("x[1]", {}, -1), Error);
  EXPECT_THROW(parse_formula("x[1]", {}, 2'000'000), Error);
}

}  // namespace
}  // namespace limn
