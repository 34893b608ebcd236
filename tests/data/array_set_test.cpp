#include "data/array_set.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "data/dataset.hpp"
#include "data/npy_bytes.hpp"
#include "data/scratch.hpp"

namespace limn {
namespace {

using testing::error_of;
using testing::npy;
using testing::raw;
using testing::Scratch;
using testing::zip;

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

// 60 rows of three numbers and a class.
std::vector<float> features(int rows = 60) {
  std::vector<float> all;
  for (int i = 0; i < rows; ++i)
    for (int c = 0; c < 3; ++c) all.push_back(0.1f * static_cast<float>(i) + static_cast<float>(i % 3 == c));
  return all;
}
std::vector<std::int64_t> classes(int rows = 60) {
  std::vector<std::int64_t> all;
  for (int i = 0; i < rows; ++i) all.push_back(i % 3);
  return all;
}
std::string x_npy(int rows = 60) { return npy("<f4", fmt::format("({}, 3)", rows), raw(features(rows))); }
std::string y_npy(int rows = 60) { return npy("<i8", fmt::format("({},)", rows), raw(classes(rows))); }

TEST(ArraySet, a_table_is_the_same_from_an_archive_from_two_files_and_from_text) {
  const Scratch scratch;
  std::string csv = "x0,x1,x2,y\n";
  const auto x = features();
  for (std::size_t i = 0; i < 60; ++i) csv += fmt::format("{},{},{},{}\n", x[3 * i], x[3 * i + 1], x[3 * i + 2], i % 3);
  const auto text = prepare({scratch.write("t.csv", csv)});
  scratch.write("two-labels.npy", y_npy());
  for (const auto& path : {scratch.write("t.npz", zip({{"x.npy", x_npy()}, {"y.npy", y_npy(), true}})),
                           scratch.write("capitals.npz", zip({{"Y.npy", y_npy()}, {"X.npy", x_npy(), true}})),
                           scratch.write("two.npy", x_npy())}) {
    const auto d = prepare({path});
    EXPECT_EQ(d.digest, text.digest) << path;
    EXPECT_TRUE(std::equal(d.values.begin(), d.values.end(), text.values.begin(), text.values.end()));
    EXPECT_EQ(d.labels, text.labels);
    EXPECT_EQ(d.train, text.train);
    EXPECT_EQ(d.preprocessing.target, "y");
  }
}

TEST(ArraySet, without_labels_the_last_column_or_the_named_one_is_the_target) {
  const Scratch scratch;
  const auto path = scratch.write("t.npy", x_npy());
  EXPECT_EQ(prepare({path}).preprocessing.target, "x2");
  EXPECT_EQ(prepare({path, "x0"}).preprocessing.target, "x0");
  EXPECT_EQ(prepare({path}).task, Task::kRegress);
}

TEST(ArraySet, an_official_split_is_kept) {
  const Scratch scratch;
  const auto path = scratch.write(
      "t.npz",
      zip({{"x_train.npy", x_npy()}, {"y_train.npy", y_npy()}, {"x_test.npy", x_npy(9)}, {"y_test.npy", y_npy(9)}}));
  const auto d = prepare({path});
  EXPECT_EQ(d.size, 69);
  ASSERT_EQ(d.test.size(), 9u);
  EXPECT_EQ(d.test.front(), 60);
  EXPECT_EQ(d.train.size(), 55u);
  const auto again = prepare_with(d.preprocessing, path);
  EXPECT_EQ(again.train.size(), 60u);
  EXPECT_EQ(again.test, d.test);

  const auto y = npy("<f4", "(60,)", raw(std::vector<float>(features(20))));
  const auto numbers = scratch.write(
      "n.npz", zip({{"x_train.npy", x_npy()}, {"y_train.npy", y}, {"x_test.npy", x_npy()}, {"y_test.npy", y}}));
  EXPECT_EQ(prepare({numbers}).task, Task::kRegress);
  EXPECT_EQ(prepare({numbers}).test.size(), 60u);
}

// 40 images of 2x3 pixels and two channels of meaning: pixel p of channel c of image i is f(i, c, p).
template <class T, class F>
std::string pictures(int channels, bool last, F f) {
  std::vector<T> all;
  for (int i = 0; i < 40; ++i)
    for (int a = 0; a < (last ? 6 : channels); ++a)
      for (int b = 0; b < (last ? channels : 6); ++b) all.push_back(last ? f(i, b, a) : f(i, a, b));
  return raw(all);
}
std::string labels40() {
  return npy("|u1", "(40,)", raw(std::vector<std::uint8_t>(40, 0)).replace(0, 20, std::string(20, '\7')));
}

TEST(ArraySet, images_of_bytes_are_read_with_their_channels_first) {
  const auto f = [](int i, int c, int p) { return static_cast<std::uint8_t>(i + 50 * c + p); };
  const Scratch scratch;
  struct Case {
    const char* shape;
    int channels;
    bool last;
    std::vector<std::int64_t> sample;
  };
  for (const auto& c : std::vector<Case>{{"(40, 2, 3)", 1, false, {2, 3}},
                                         {"(40, 2, 3, 1)", 1, true, {2, 3}},
                                         {"(40, 1, 3, 2)", 1, false, {3, 2}},
                                         {"(40, 2, 3, 4)", 4, true, {4, 2, 3}},
                                         {"(40, 4, 2, 6)", 4, false, {4, 2, 6}}}) {
    const int area = c.sample.back() == 6 ? 12 : 6;
    std::string x;
    if (area == 6) {
      x = pictures<std::uint8_t>(c.channels, c.last, f);
    } else {
      x = std::string(40 * 4 * 12, '\5');
    }
    const auto d = prepare({scratch.write("p.npz", zip({{"x.npy", npy("|u1", c.shape, x)}, {"y.npy", labels40()}}))});
    EXPECT_EQ(d.preprocessing.sample, c.sample) << c.shape;
    EXPECT_EQ(d.classes, (std::vector<std::string>{"0", "7"}));
    EXPECT_EQ(d.labels[0], 1);
    ASSERT_EQ(d.bytes.size(), static_cast<std::size_t>(40 * c.channels * area));
    EXPECT_TRUE(d.values.empty());
    if (area != 6) continue;
    for (int i = 0; i < 40; ++i)
      for (int k = 0; k < c.channels; ++k)
        for (int p = 0; p < 6; ++p)
          ASSERT_EQ(d.bytes[static_cast<std::size_t>((i * c.channels + k) * 6 + p)], f(i, k, p)) << c.shape;
  }
}

TEST(ArraySet, images_of_floats_are_taken_as_they_are) {
  const Scratch scratch;
  const auto f = [](int i, int c, int p) { return 0.5 * i - c + 0.25 * p; };
  const auto wide = prepare({scratch.write(
      "p.npz", zip({{"x.npy", npy("<f8", "(40, 2, 3, 3)", pictures<double>(3, true, f))}, {"y.npy", labels40()}}))});
  EXPECT_EQ(to_string(wide.sample), "[3, 2, 3]");
  EXPECT_TRUE(wide.bytes.empty());
  EXPECT_EQ(wide.values[(7 * 3 + 2) * 6 + 5], static_cast<float>(f(7, 2, 5)));
  const auto narrow =
      scratch.write("q.npz", zip({{"x.npy", npy("<f8", "(40, 2, 3, 3)", pictures<double>(3, true, f))}}));
  const auto same = prepare_with(Preprocessing::from_json(wide.preprocessing.to_json()), narrow);
  EXPECT_TRUE(std::equal(same.values.begin(), same.values.end(), wide.values.begin(), wide.values.end()));
  const auto changed = [&](int i, int c, int p) { return f(i, c, p) + (i == 3); };
  const auto other =
      prepare({scratch.write("r.npz", zip({{"x.npy", npy("<f8", "(40, 2, 3, 3)", pictures<double>(3, true, changed))},
                                           {"y.npy", labels40()}}))});
  EXPECT_NE(other.digest, wide.digest);
}

TEST(ArraySet, arrays_that_do_not_go_together_are_refused) {
  const auto infinite = npy("<f4", "(1, 1, 1)", raw<float>({std::numeric_limits<float>::infinity()}));
  struct Case {
    const char* name;
    std::string content;
    const char* says;
  };
  const std::vector<Case> cases{
      {"nothing", zip({}), "no x"},
      {"other names", zip({{"a.npy", x_npy()}, {"b.npy", y_npy()}}), "no x, but: a.npy, b.npy"},
      {"a member that is no array", zip({{"x", "text"}}), "does not begin"},
      {"names that differ in capitals", zip({{"x.npy", x_npy()}, {"X.npy", x_npy()}}), "capitals"},
      {"fewer labels", zip({{"x.npy", x_npy()}, {"y.npy", y_npy(9)}}), "y has the shape (9), but x (60, 3)"},
      {"labels of two columns", zip({{"x.npy", x_npy()}, {"y.npy", x_npy()}}), "y has the shape"},
      {"a single number", zip({{"x.npy", npy("<f4", "()", "abcd")}}), "x has the shape ()"},
      {"a row", zip({{"x.npy", y_npy()}}), "x has the shape (60)"},
      {"five axes", zip({{"x.npy", npy("|u1", "(1, 1, 1, 1, 1)", "a")}}), "x has the shape"},
      {"no samples", zip({{"x.npy", npy("<f4", "(0, 3)", "")}}), "x has the shape (0, 3)"},
      {"training alone", zip({{"x_train.npy", x_npy()}, {"y_train.npy", y_npy()}}), "x_test and y_test"},
      {"two types",
       zip({{"x_train.npy", x_npy()},
            {"y_train.npy", y_npy()},
            {"x_test.npy", npy("<f8", "(1, 3)", std::string(24, '\0'))},
            {"y_test.npy", y_npy(1)}}),
       "differ in type or shape"},
      {"two widths",
       zip({{"x_train.npy", x_npy()},
            {"y_train.npy", y_npy()},
            {"x_test.npy", npy("<f4", "(1, 2)", std::string(8, '\0'))},
            {"y_test.npy", y_npy(1)}}),
       "differ in type or shape"},
      {"two channels", zip({{"x.npy", npy("|u1", "(1, 2, 2, 2)", "abcdefgh")}}), "1, 3 or 4 channels"},
      {"whole numbers for pixels", zip({{"x.npy", npy("<i4", "(1, 1, 1)", "abcd")}}), "uint8, float32 or float64"},
      {"pixels that are not finite", zip({{"x.npy", infinite}}), "not finite"},
      {"an image too wide", zip({{"x.npy", npy("|u1", "(1, 1, 5000)", std::string(5000, 'a'))}}), "too large"},
      {"a label of 256", zip({{"x.npy", npy("|u1", "(1, 1, 1)", "a")}, {"y.npy", npy("<i4", "(1,)", raw<int>({256}))}}),
       "y[0] is 256"},
      {"a label of 0.5",
       zip({{"x.npy", npy("|u1", "(1, 1, 1)", "a")}, {"y.npy", npy("<f4", "(1,)", raw<float>({0.5f}))}}), "y[0] is 0.5"},
      {"a label that is no number",
       zip({{"x.npy", npy("|u1", "(1, 1, 1)", "a")}, {"y.npy", npy("<f4", "(1,)", raw<float>({std::nanf("")}))}}),
       "y[0] is nan"},
  };
  for (const auto& c : cases) {
    const auto error = error_of([&] {
      const auto set = parse_npz(bytes_of(c.content), "t.npz");
      if (set.images()) images_of(set);
    });
    EXPECT_NE(error.find(c.says), std::string::npos) << c.name << ": " << error;
    EXPECT_NE(error.find("t.npz"), std::string::npos) << c.name << ": " << error;
  }
  const Scratch scratch;
  EXPECT_NE(error_of([&] {
              prepare({scratch.write("p.npz", zip({{"x.npy", npy("|u1", "(4, 1, 1)", "abcd")}}))});
            }).find("no labels"),
            std::string::npos);
  EXPECT_NE(error_of([&] {
              std::filesystem::create_directory(scratch.folder() / "d.npy");
              prepare({scratch.path("d.npy")});
            }).find("holds no pictures"),
            std::string::npos);
  EXPECT_NE(error_of([&] { prepare({scratch.path("none.npz")}); }).find("no file"), std::string::npos);
}

TEST(ArraySet, tables_of_too_many_cells_are_refused_before_they_are_made) {
  ArraySet set{.name = "t.npy", .x = parse_npy(bytes_of(x_npy()), "t"), .y = {}};
  set.x.shape = {1 << 20, 65};
  EXPECT_NE(error_of([&] { table_of(set); }).find("1048576 rows of 65 columns"), std::string::npos);
}

}  // namespace
}  // namespace limn
