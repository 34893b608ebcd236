#include "data/csv.hpp"

#include <gtest/gtest.h>

#include "data/scratch.hpp"

namespace limn {
namespace {

using testing::error_of;
using testing::gzip;
using testing::Scratch;

// "names / row / row": cells in brackets, so that spaces and empty cells show.
std::string show(const Table& table) {
  std::string out;
  for (const auto& name : table.names) out.append("[").append(name).append("]");
  for (std::size_t row = 0; row < table.lines.size(); ++row) {
    out.append(fmt::format(" {}:", table.lines[row]));
    for (const auto& column : table.columns) out.append("[").append(column[row]).append("]");
  }
  return out;
}

TEST(Csv, every_usual_form_is_read) {
  struct Case {
    const char* name;
    std::string text;
    const char* table;
  };
  const std::vector<Case> cases{
      {"commas", "a,b\n1,2\n3,4\n", "[a][b] 2:[1][2] 3:[3][4]"},
      {"no line end at the end", "a,b\n1,2", "[a][b] 2:[1][2]"},
      {"CRLF", "a,b\r\n1,2\r\n", "[a][b] 2:[1][2]"},
      {"CR", "a,b\r1,2\r", "[a][b] 2:[1][2]"},
      {"BOM",
       "\xEF\xBB\xBF"
       "a,b\n1,2\n",
       "[a][b] 2:[1][2]"},
      {"BOM before a quote", "\xEF\xBB\xBF\"a\",b\n1,2\n", "[a][b] 2:[1][2]"},
      {"semicolons, commas inside", "a;b\n1,5;2,5x\n", "[a][b] 2:[1.5][2,5x]"},
      {"tabs", "a\tb\n1\t\n", "[a][b] 2:[1][]"},
      {"no header", "1,x\n2,y\n", "[column1][column2] 1:[1][x] 2:[2][y]"},
      {"a nameless column", ",b\n1,2\n", "[column1][b] 2:[1][2]"},
      {"spaces around", " a , b \n 1 ,\t2 \n", "[a][b] 2:[1][2]"},
      {"spaces around quotes", "a,b\n \"1\" , \" 2 \" \n", "[a][b] 2:[1][ 2 ]"},
      {"separators in quotes", "a,b\n\"x,y\",2\n", "[a][b] 2:[x,y][2]"},
      {"line ends in quotes", "a,b\n\"x\ny\",2\nz,3\n", "[a][b] 2:[x\ny][2] 4:[z][3]"},
      {"CR in quotes", "a,b\r\"x\ry\",2\rz,3\r", "[a][b] 2:[x\ry][2] 4:[z][3]"},
      {"doubled quotes", "a,b\n\"say \"\"hi\"\"\",\"\"\"\"\n", "[a][b] 2:[say \"hi\"][\"]"},
      {"a quote inside a bare cell", "a,b\n5\" pipe,2\n", "[a][b] 2:[5\" pipe][2]"},
      {"blank lines", "\na,b\n\n1,2\n   \n3,4\n\n", "[a][b] 4:[1][2] 6:[3][4]"},
      {"empty cells", "a,b,c\n,,\n1,,3\n", "[a][b][c] 2:[][][] 3:[1][][3]"},
      {"one column", "a\n1\n2\n", "[a] 2:[1] 3:[2]"},
      {"Chinese", "\xE5\x90\x8D,b\n\xE7\x94\xB2,2\n", "[\xE5\x90\x8D][b] 2:[\xE7\x94\xB2][2]"},
  };
  for (const auto& c : cases) EXPECT_EQ(show(parse_csv(c.text, "t.csv")), c.table) << c.name;
}

TEST(Csv, compressed_files_are_read_alike) {
  const Scratch scratch;
  const std::string text = "a,b\n1,2\n";
  EXPECT_EQ(show(read_csv(scratch.write("t.csv.gz", gzip(text)))), show(parse_csv(text, "t")));
}

TEST(Csv, bad_files_are_refused_and_the_line_is_named) {
  struct Case {
    const char* name;
    std::string text;
    const char* says;
  };
  const std::vector<Case> cases{
      {"empty", "", "is empty"},
      {"blank", "\n\n  \n", "is empty"},
      {"header only", "a,b\n", "no rows"},
      {"too few cells", "a,b\n1,2\n3\n", "line 3, column 2 'b': 1 cells, but the lines before it have 2"},
      {"too many cells", "a,b\n1,2\n3,4,5\n", "line 3, column 3: 3 cells"},
      {"too many after a quoted line end", "a,b\n\"x\ny\",2\n3,4,5\n", "line 4, column 3: 3 cells"},
      {"unclosed quote", "a,b\n1,\"2\n3,4\n", "line 2, column 2 'b': a quoted cell is never closed"},
      {"text after a quote", "a,b\n\"1\"x,2\n", "line 2, column 1 'a': text follows the closing quote of '1'"},
      {"duplicate names", "a,b,a\n1,2,3\n", "two columns are named 'a'"},
      {"a name like a made-up one", "column2,\n1,2\n", "two columns are named 'column2'"},
      {"a zero byte", std::string("a,b\n1,\0002\n", 9), "line 2, column 2: byte 3 of the line is zero"},
      {"latin1", "a,b\ncaf\xE9,2\n", "line 2, column 1: byte 4 of the line, 0xe9"},
      {"an overlong form", "a,b\n\xC0\xAF,2\n", "not UTF-8"},
      {"a surrogate", "a,b\n\xED\xA0\x80,2\n", "not UTF-8"},
      {"a sequence cut short", "a,b\n1,\xE7\x94", "not UTF-8"},
      {"UTF-16",
       std::string("\xFF\xFE"
                   "a\0,\0b\0",
                   8),
       "not UTF-8"},
  };
  for (const auto& c : cases) {
    const auto error = error_of([&] { parse_csv(c.text, "t.csv"); });
    EXPECT_NE(error.find(c.says), std::string::npos) << c.name << ": " << error;
    EXPECT_NE(error.find("t.csv"), std::string::npos) << c.name;
  }
}

TEST(Csv, flipped_and_cut_bytes_never_do_worse_than_an_error) {
  const std::string good = "name,\"a \"\"b\"\"\",c\r\nx,1.5,\"y\nz\"\n\xE7\x94\xB2,NA,-3e5\n";
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      auto text = good;
      text[i] = static_cast<char>(text[i] ^ (1 << bit));
      try {
        const auto table = parse_csv(text, "t.csv");
        for (const auto& column : table.columns) ASSERT_EQ(column.size(), table.lines.size());
      } catch (const Error&) {}
    }
    try {
      parse_csv(good.substr(0, i), "t.csv");
    } catch (const Error&) {}
  }
}

TEST(Csv, numbers_are_told_from_text) {
  struct Case {
    const char* cell;
    Number kind;
    double value;
  };
  const std::vector<Case> cases{
      {"0", Number::kFinite, 0},       {"-1.5e3", Number::kFinite, -1500},
      {"+2", Number::kFinite, 2},      {".5", Number::kFinite, 0.5},
      {"1e-400", Number::kFinite, 0},  {"0.1", Number::kFinite, 0.1},
      {"inf", Number::kInfinite, 0},   {"-Infinity", Number::kInfinite, 0},
      {"1e999", Number::kInfinite, 0}, {"", Number::kNone, 0},
      {"nan", Number::kNone, 0},       {"1,5", Number::kNone, 0},
      {"12abc", Number::kNone, 0},     {"0x10", Number::kNone, 0},
      {"+-2", Number::kNone, 0},       {"1 2", Number::kNone, 0},
      {"+", Number::kNone, 0},         {"--1", Number::kNone, 0},
  };
  for (const auto& c : cases) {
    double value = -99;
    EXPECT_EQ(parse_number(c.cell, value), c.kind) << c.cell;
    if (c.kind == Number::kFinite) {
      EXPECT_EQ(value, c.value) << c.cell;
    }
  }
}

TEST(Csv, missing_values_have_many_spellings) {
  for (const auto* cell : {"", "NA", "na", "NaN", "nan", "?", "null", "NULL", "N/A", "None", "#N/A", "<NA>", "-NaN",
                           "1.#IND", "-1.#QNAN"})
    EXPECT_TRUE(is_missing(cell)) << cell;
  for (const auto* cell : {"0", "nones", "n", "#", "<>", "nay", "??", "-", "nullx"}) EXPECT_FALSE(is_missing(cell)) << cell;
}

}  // namespace
}  // namespace limn
