#include "data/encoding.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "data/scratch.hpp"

namespace limn {
namespace {

using testing::error_of;

std::vector<std::int32_t> all_rows(const Table& table) {
  std::vector<std::int32_t> rows(table.lines.size());
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

const char* const kFlats =
    "area,city,rooms,price\n"
    "10,Bern,1,100.5\n"
    "20,Aarau,2,200.5\n"
    "NA,Bern,2,150.5\n"
    "30,,3,NA\n"
    "1000,Chur,9,900.5\n";

TEST(Encoding, means_categories_and_deviations_come_from_the_training_rows_alone) {
  const auto table = parse_csv(kFlats, "flats.csv");
  const auto target = read_target(table, "");
  EXPECT_EQ(target.rows, (std::vector<std::int32_t>{0, 1, 2, 4}));
  std::vector<std::string> notes;
  const auto p = fit_table(table, target, std::vector<std::int32_t>{0, 1, 2}, notes);
  ASSERT_EQ(p.columns.size(), 3u);
  EXPECT_EQ(p.columns[0].mean, 15);                                                 // of 10 and 20
  EXPECT_EQ(p.columns[0].deviation, 5);                                             // over n
  EXPECT_EQ(p.columns[1].categories, (std::vector<std::string>{"Aarau", "Bern"}));  // not Chur
  EXPECT_EQ(p.target_mean, 150.5);
  EXPECT_NEAR(p.target_deviation, std::sqrt(5000.0 / 3), 1e-12);
  EXPECT_EQ(p.width(), 4);

  const auto rows = encode_table(table, p, all_rows(table));
  const auto at = [&](std::size_t row, std::size_t i) { return rows[row * 4 + i]; };
  EXPECT_EQ(at(0, 0), -1);
  EXPECT_EQ(at(2, 0), 0) << "missing becomes the mean";
  EXPECT_EQ(at(0, 1), 0);
  EXPECT_EQ(at(0, 2), 1);
  EXPECT_EQ(at(3, 1) + at(3, 2), 0) << "a missing category is all zero";
  EXPECT_EQ(at(4, 1) + at(4, 2), 0) << "an unseen category is all zero";
  EXPECT_EQ(at(4, 0), 197) << "(1000 - 15) / 5";
  const auto targets = encode_targets(table, p);
  EXPECT_NEAR(targets[1], std::sqrt(1.5), 1e-6);
  EXPECT_TRUE(std::isnan(targets[3]));
}

TEST(Encoding, a_target_is_classes_or_numbers_by_rule) {
  std::string counts = "x,y\n";  // 21 different integers, each twice
  for (int i = 0; i < 42; ++i) counts += fmt::format("1.{},{}\n", i, i % 21);
  struct Case {
    const char* name;
    std::string text;
    std::vector<std::string> classes;
  };
  const std::vector<Case> cases{
      {"text", "x,y\n1,b\n2,a\n3,b\n", {"a", "b"}},
      {"integers in their order, not as text", "x,y\n1,10\n2,9\n3,10\n4,9\n", {"9", "10"}},
      {"integers written as decimals", "x,y\n1,1.0\n2,0\n3,1\n4,0.0\n", {"0", "1"}},
      {"negative integers", "x,y\n1,-1\n2,1\n3,-1\n4,1\n", {"-1", "1"}},
      {"an integer that comes once", "x,y\n1,1\n2,2\n3,1\n", {}},
      {"decimals", "x,y\n1,1.5\n2,2\n3,1.5\n4,2\n", {}},
      {"many integers", counts, {}},
  };
  for (const auto& c : cases) {
    const auto target = read_target(parse_csv(c.text, "t.csv"), "y");
    EXPECT_EQ(target.classes, c.classes) << c.name;
    EXPECT_EQ(c.classes.empty() ? target.values.size() : target.labels.size(), target.rows.size()) << c.name;
  }
}

TEST(Encoding, constant_columns_become_zero_and_names_and_empty_columns_are_left_out) {
  std::string text = "id,constant,empty,tiny,x,y\n";
  for (int i = 0; i < 60; ++i) text += fmt::format("name{},0.1,,{},{},{}\n", i, 1e-300 * (i % 3), i, i % 2 ? "a" : "b");
  const auto table = parse_csv(text, "t.csv");
  const auto target = read_target(table, "");
  std::vector<std::string> notes;
  const auto p = fit_table(table, target, all_rows(table), notes);
  ASSERT_EQ(p.columns.size(), 3u);
  EXPECT_EQ(p.columns[0].name, "constant");
  EXPECT_EQ(p.columns[0].deviation, 1);
  ASSERT_EQ(notes.size(), 2u);
  EXPECT_NE(notes[0].find("'id'"), std::string::npos);
  EXPECT_NE(notes[1].find("'empty'"), std::string::npos);
  for (const float v : encode_table(table, p, all_rows(table))) EXPECT_TRUE(std::isfinite(v));
  for (std::size_t i = 0; i < 60; ++i) EXPECT_NEAR(encode_table(table, p, all_rows(table))[i * 3], 0, 1e-6);
}

TEST(Encoding, other_tables_are_encoded_by_name_in_any_order_and_without_a_target) {
  const auto table = parse_csv(kFlats, "flats.csv");
  std::vector<std::string> notes;
  const auto p = fit_table(table, read_target(table, "city"), std::vector<std::int32_t>{0, 1, 2}, notes);
  const auto other = parse_csv("price,extra,rooms,area\n150,z,2,20\n", "other.csv");
  const auto again = parse_csv("area,city,rooms,price\n20,?,2,150\n", "again.csv");
  EXPECT_EQ(encode_table(other, p, all_rows(other)), encode_table(again, p, all_rows(again)));
  EXPECT_EQ(encode_labels(other, p), std::vector<std::int32_t>{-1});
  EXPECT_EQ(encode_labels(again, p), std::vector<std::int32_t>{-1});
  EXPECT_EQ(encode_labels(table, p)[0], 1);
}

TEST(Encoding, json_brings_everything_back_bit_by_bit) {
  const auto table =
      parse_csv("w,\"q\"\"\xE5\x90\x8D\",c,y\n0.1,1e-300,a,0.3\n0.7,2e17,b,0.1\n0.35,3,a,0.2\n", "t.csv");
  for (const auto* name : {"y", "c"}) {
    const auto target = read_target(table, name);
    std::vector<std::string> notes;
    const auto p = fit_table(table, target, all_rows(table), notes);
    const auto q = Preprocessing::from_json(p.to_json());
    EXPECT_EQ(q.to_json(), p.to_json());
    EXPECT_EQ(q.target, p.target);
    EXPECT_EQ(q.classes, p.classes);
    EXPECT_EQ(q.target_mean, p.target_mean);
    EXPECT_EQ(q.target_deviation, p.target_deviation);
    ASSERT_EQ(q.columns.size(), p.columns.size());
    for (std::size_t i = 0; i < p.columns.size(); ++i) {
      EXPECT_EQ(q.columns[i].name, p.columns[i].name);
      EXPECT_EQ(q.columns[i].categories, p.columns[i].categories);
      EXPECT_EQ(q.columns[i].mean, p.columns[i].mean);
      EXPECT_EQ(q.columns[i].deviation, p.columns[i].deviation);
    }
    EXPECT_EQ(encode_table(table, q, all_rows(table)), encode_table(table, p, all_rows(table)));
  }
}

TEST(Encoding, stored_preprocessing_that_was_tampered_with_is_refused) {
  const std::string column = R"({"name":"a","mean":0.0,"deviation":1.0})";
  const auto table = [&](const std::string& columns, const std::string& rest) {
    return R"({"kind":"table","columns":[)" + columns + R"(],"target":"y",)" + rest + "}";
  };
  const std::string classes = R"("classes":["a","b"])";
  const auto image = [&](const std::string& more) {
    return R"({"kind":"images","sample":[28,28],"byte_scale":0.1,)" + more + "," + classes + "}";
  };
  for (const auto* more : {R"("channels":[{"mean":0.1,"deviation":0.3}])",
                           R"("figure":{"bright":false,"box":0.1,"down":13.7,"right":14.3})"}) {
    const auto text = Preprocessing::from_json(image(more)).to_json();
    EXPECT_NE(text.find(more), std::string::npos) << text;  // doubles come back bit by bit
    EXPECT_EQ(Preprocessing::from_json(text).to_json(), text);
  }
  EXPECT_NO_THROW(Preprocessing::from_json(table(column, classes)));
  const std::vector<std::string> cases{
      "",
      "{",
      "[]",
      "null",
      R"({"kind":"sound"})",
      R"({"kind":"table"})",
      table("", classes),
      table(R"({"name":"a","mean":0.0,"deviation":0.0})", classes),
      table(R"({"name":"a","mean":null,"deviation":1.0})", classes),
      table(R"({"name":"a","mean":1e999,"deviation":1.0})", classes),
      table(R"({"name":7,"mean":0.0,"deviation":1.0})", classes),
      table(R"({"name":"a","categories":[]})", classes),
      table(column, R"("classes":["a"])"),
      table(column, R"("target_mean":0.0,"target_deviation":-1.0)"),
      R"({"kind":"images","sample":[28],"byte_scale":0.1,"classes":["a","b"]})",
      R"({"kind":"images","sample":[0,28],"byte_scale":0.1,"classes":["a","b"]})",
      R"({"kind":"images","sample":[28,99999999],"byte_scale":0.1,"classes":["a","b"]})",
      R"({"kind":"images","sample":[28,28],"byte_scale":0.0,"classes":["a","b"]})",
      image(R"("channels":[{"mean":0.5,"deviation":0.0}])"),
      image(R"("channels":[{"mean":1e999,"deviation":1.0}])"),
      image(R"("channels":[{"mean":0.5,"deviation":1.0},{"mean":0.5,"deviation":1.0}])"),
      image(R"("channels":[{"mean":0.5}])"),
      image(R"("figure":{"bright":true,"box":-1.0,"down":1.0,"right":1.0})"),
      image(R"("figure":{"bright":1,"box":20.0,"down":1.0,"right":1.0})"),
      image(R"("figure":{"bright":true,"box":20.0,"down":1e9,"right":1.0})"),
  };
  for (const auto& text : cases) error_of([&] { Preprocessing::from_json(text); });
}

TEST(Encoding, useless_columns_and_targets_are_refused_with_a_reason) {
  std::string names = "x,y\n";
  for (int i = 0; i < 30; ++i) names += fmt::format("{},name{}\n", i, i);
  const auto texts_among = [](int texts) {  // and thirty numbers
    std::string rows;
    for (int i = 0; i < 30; ++i)
      rows += fmt::format("{},{}\n", i == 11 || (i > 11 && i < 11 + texts) ? "1.2.3" : "7.5", i % 2 ? "x" : "y");
    return rows;
  };
  const auto mixed = parse_csv("a,b\n1,x\n" + texts_among(3), "t.csv");
  std::vector<std::string> none;
  const auto categories = fit_table(mixed, read_target(mixed, ""), all_rows(mixed), none).columns[0].categories;
  EXPECT_EQ(categories, (std::vector<std::string>{"1", "1.2.3", "7.5"})) << "a tenth of texts: categories";
  std::string all_names = "who,y\n";
  for (int i = 0; i < 30; ++i) all_names += fmt::format("name{},{}\n", i, i % 2 ? "a" : "b");
  struct Case {
    const char* name;
    std::string text;
    const char* target;
    const char* says;
  };
  const std::vector<Case> cases{
      {"one column", "a\n1\n2\n", "", "one column only"},
      {"no such target", "a,b\n1,2\n3,4\n", "c", "its columns are: a, b"},
      {"no target value", "a,b\n1,\n3,NA\n", "", "holds no value"},
      {"one class", "a,b\n1,x\n3,x\n", "", "line 2, column 2 'b': holds 'x', and the target holds one value only"},
      {"one number", "a,b\n1,2.5\n3,2.5\n", "",
       "line 2, column 2 'b': holds '2.5', and the target holds one value only"},
      {"names as target", names, "", "30 different values"},
      {"infinite target", "a,b\n1,2.5\n3,inf\n4,1\n", "", "line 3, column 2 'b': holds 'inf'"},
      {"infinite column", "a,b\n1,x\n-inf,y\n", "", "line 3, column 1 'a': holds '-inf'"},
      {"too large for a double", "a,b\n1,x\n1e999,y\n", "", "line 3"},
      {"a text among numbers", "a,b\n1,x\n2,y\n" + texts_among(1), "",
       "line 15, column 1 'a': holds '1.2.3', not a number, as"},
      {"too large to standardise", "a,b\n1e300,x\n-1e300,y\n1e300,x\n", "", "too large"},
      {"nothing left", all_names, "", "no column to predict 'y' from"},
  };
  for (const auto& c : cases) {
    const auto error = error_of([&] {
      const auto table = parse_csv(c.text, "t.csv");
      const auto target = read_target(table, c.target);
      std::vector<std::string> notes;
      fit_table(table, target, target.rows, notes);
    });
    EXPECT_NE(error.find(c.says), std::string::npos) << c.name << ": " << error;
  }
}

TEST(Encoding, rows_that_do_not_fit_a_stored_preprocessing_are_refused) {
  const auto table = parse_csv("a,b,y\n1,u,p\n2,v,q\n3,u,p\n", "t.csv");
  std::vector<std::string> notes;
  const auto p = fit_table(table, read_target(table, ""), all_rows(table), notes);
  struct Case {
    const char* text;
    const char* says;
  };
  for (const auto& c :
       {Case{"b,y\nu,p\n", "no column 'a'"}, Case{"a,b,y\n1,u,p\ntwo,u,p\n", "line 3, column 1 'a': holds 'two'"},
        Case{"a,b,y\n1,u,other\n", "not a class"}, Case{"a,b,y\n1e300,u,p\n", "too far"}}) {
    const auto other = parse_csv(c.text, "new.csv");
    const auto error = error_of([&] {
      encode_table(other, p, all_rows(other));
      encode_labels(other, p);
    });
    EXPECT_NE(error.find(c.says), std::string::npos) << error;
  }
}

}  // namespace
}  // namespace limn
