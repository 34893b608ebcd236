#include "data/dataset.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "data/catalogue.hpp"
#include "data/scratch.hpp"

namespace limn {
namespace {

namespace fs = std::filesystem;
using testing::Environment;
using testing::error_of;
using testing::gzip;
using testing::idx;
using testing::Scratch;

std::string pixels(std::size_t n, int first = 0) {
  std::string s(n, '\0');
  for (std::size_t i = 0; i < n; ++i) s[i] = static_cast<char>(first + static_cast<int>(i * 7));
  return s;
}

std::string labels(std::size_t n, const std::vector<int>& cycle) {
  std::string s(n, '\0');
  for (std::size_t i = 0; i < n; ++i) s[i] = static_cast<char>(cycle[i % cycle.size()]);
  return s;
}

// A folder of 60 images to train and 12 to test, 3x2 pixels, labels 1, 4 and 7.
void write_folder(const Scratch& scratch, const std::string& name, bool compressed = false) {
  const auto put = [&](const std::string& file, const std::string& content) {
    scratch.write(name + "/" + file + (compressed ? ".gz" : ""), compressed ? gzip(content) : content);
  };
  put("train-images-idx3-ubyte", idx(0x803, {60, 3, 2}, pixels(360)));
  put("train-labels-idx1-ubyte", idx(0x801, {60}, labels(60, {4, 1, 7})));
  put("t10k-images-idx3-ubyte", idx(0x803, {12, 3, 2}, pixels(72, 3)));
  put("t10k-labels-idx1-ubyte", idx(0x801, {12}, labels(12, {7, 4})));
}

std::string flats(int rows) {
  std::string text = "area,city,price\n";
  for (int i = 0; i < rows; ++i) {
    text += fmt::format("{},{},{}\n", i % 9 == 0 ? std::string("NA") : std::to_string(20 + i), i % 3 ? "Bern" : "Chur",
                        1000.5 + 10 * i);
  }
  return text;
}

TEST(Dataset, a_folder_with_official_files_keeps_the_official_test_rows) {
  const Scratch scratch;
  write_folder(scratch, "set");
  const auto d = prepare({scratch.path("set")});
  EXPECT_EQ(d.size, 72);
  EXPECT_EQ(to_string(d.sample), "[3, 2]");
  EXPECT_EQ(d.classes, (std::vector<std::string>{"1", "4", "7"}));
  EXPECT_EQ(d.labels[0], 1);
  EXPECT_EQ(d.labels[60], 2);
  EXPECT_EQ(d.train.size(), 55u);
  EXPECT_EQ(d.valid.size(), 5u);
  ASSERT_EQ(d.test.size(), 12u);
  EXPECT_EQ(d.test.front(), 60);
  EXPECT_LT(std::max(d.train.back(), d.valid.back()), 60);
  EXPECT_EQ(d.bytes[360], 3) << "the first test image";

  const auto pooled = prepare({scratch.path("set"), "", "0.5/0.25/0.25"});
  EXPECT_EQ(pooled.train.size(), 36u);
  EXPECT_EQ(pooled.valid.size(), 18u);
  EXPECT_LT(pooled.test.front(), 60);
}

TEST(Dataset, the_digest_tells_contents_apart_and_nothing_else) {
  const Scratch scratch;
  write_folder(scratch, "plain");
  write_folder(scratch, "packed", true);
  write_folder(scratch, "other");
  scratch.write("other/t10k-labels-idx1-ubyte", idx(0x801, {12}, labels(12, {7, 1})));
  const auto digest = prepare({scratch.path("plain")}).digest;
  EXPECT_EQ(digest.size(), 64u);
  EXPECT_EQ(prepare({scratch.path("packed"), "", "0.5/0.25/0.25", 9}).digest, digest);
  EXPECT_NE(prepare({scratch.path("other")}).digest, digest);

  const auto a = prepare({scratch.write("a.csv", flats(40))});
  EXPECT_EQ(prepare({scratch.write("b.csv.gz", gzip(flats(40))), "area"}).digest, a.digest);
  EXPECT_NE(prepare({scratch.write("c.csv", flats(41))}).digest, a.digest);
  EXPECT_NE(prepare({scratch.write("d.csv", "x" + flats(40))}).digest, a.digest);
}

TEST(Dataset, a_table_is_standardised_by_its_training_rows) {
  const Scratch scratch;
  const auto d = prepare({scratch.write("flats.csv", flats(100) + "5,Bern,\n")});
  EXPECT_EQ(d.task, Task::kRegress);
  EXPECT_EQ(d.size, 100);
  ASSERT_EQ(d.notes.size(), 1u);
  EXPECT_EQ(d.train.size(), 70u);
  double sum = 0, squares = 0, target = 0, present = 0;
  for (const auto row : d.train) {
    const auto i = static_cast<std::size_t>(row);
    sum += d.values[i * 3];
    squares += d.values[i * 3] * d.values[i * 3];
    target += d.targets[i];
    present += row % 9 != 0;
    EXPECT_EQ(d.values[i * 3 + 1] + d.values[i * 3 + 2], 1);
    EXPECT_NEAR(d.targets[i] * d.preprocessing.target_deviation + d.preprocessing.target_mean, 1000.5 + 10 * row, 1e-3);
  }
  EXPECT_NEAR(sum, 0, 1e-4);
  EXPECT_NEAR(target, 0, 1e-4);
  EXPECT_NEAR(squares, present, 1e-3) << "missing ones are zero";
}

TEST(Dataset, a_run_reads_other_data_with_what_it_stored) {
  const Scratch scratch;
  const auto path = scratch.write("flats.csv", flats(60));
  const auto d = prepare({path, "city"});
  EXPECT_EQ(d.task, Task::kClassify);
  const auto same = prepare_with(Preprocessing::from_json(d.preprocessing.to_json()), path);
  EXPECT_TRUE(std::equal(d.values.begin(), d.values.end(), same.values.begin(), same.values.end()));
  EXPECT_EQ(same.labels, d.labels);
  EXPECT_EQ(same.test.size(), 60u);
  EXPECT_TRUE(same.train.empty());
  const auto fresh = prepare_with(d.preprocessing, scratch.write("new.tsv", "price\tarea\n1000.5\t25\n"));
  EXPECT_EQ(fresh.labels, std::vector<std::int32_t>{-1});

  write_folder(scratch, "set");
  const auto images = prepare({scratch.path("set")});
  const auto again = prepare_with(images.preprocessing, scratch.path("set/t10k-images-idx3-ubyte"));
  EXPECT_EQ(again.test.size(), 12u);
  EXPECT_EQ(again.labels[0], 2);
  fs::remove(scratch.path("set/t10k-labels-idx1-ubyte"));
  const auto unlabelled = prepare_with(images.preprocessing, scratch.path("set/t10k-images-idx3-ubyte"));
  EXPECT_EQ(unlabelled.labels, std::vector<std::int32_t>(12, -1));
  EXPECT_EQ(unlabelled.bytes[0], 3);
}

TEST(Dataset, images_are_normalised_by_their_training_rows_where_that_is_wanted) {
  const auto plain = prepare({"drawn-digits"}), d = prepare({.data = "drawn-digits", .normalize = true});
  EXPECT_TRUE(plain.preprocessing.channels.empty());
  EXPECT_EQ(d.digest, plain.digest);
  double sum = 0, squares = 0;
  for (const auto row : d.train)
    for (const auto byte : d.bytes.subspan(static_cast<std::size_t>(row) * 784, 784))
      sum += byte / 255.0, squares += byte / 255.0 * (byte / 255.0);
  const auto n = 784.0 * static_cast<double>(d.train.size());
  ASSERT_EQ(d.preprocessing.channels.size(), 1u);
  EXPECT_NEAR(d.preprocessing.channels[0].mean, sum / n, 1e-7);
  EXPECT_NEAR(d.preprocessing.channels[0].deviation, std::sqrt(squares / n - sum / n * (sum / n)), 1e-7);
  error_of([] { prepare({.data = "spirals", .normalize = true}); });
}

TEST(Dataset, toys_are_ready_at_once) {
  for (const auto* name : {"xor", "moons", "spirals"}) {
    const auto d = prepare({name});
    EXPECT_EQ(d.size, entry_named(name).train);
    EXPECT_EQ(d.classes, entry_named(name).classes);
    EXPECT_EQ(prepare({name, "", "auto", 2}).digest, d.digest);
    EXPECT_NE(prepare({name, "", "auto", 2}).train, d.train);
  }
}

TEST(Dataset, requests_that_cannot_be_met_are_refused_with_a_reason) {
  const Scratch scratch;
  write_folder(scratch, "good");
  for (const auto* name : {"no-labels", "mismatch", "one-class", "three"}) write_folder(scratch, name);
  fs::remove(scratch.path("no-labels/t10k-labels-idx1-ubyte"));
  scratch.write("mismatch/t10k-labels-idx1-ubyte", idx(0x801, {11}, labels(11, {1})));
  scratch.write("one-class/train-labels-idx1-ubyte", idx(0x801, {60}, labels(60, {4})));
  scratch.write("one-class/t10k-labels-idx1-ubyte", idx(0x801, {12}, labels(12, {4})));
  scratch.write("three/more-images-idx3-ubyte", idx(0x803, {1, 3, 2}, pixels(6)));
  scratch.write("alone/images-idx3-ubyte", idx(0x803, {1, 3, 2}, pixels(6)));
  fs::create_directory(scratch.path("empty"));
  fs::create_directory(scratch.path("folder.csv"));
  const auto csv = scratch.write("t.csv", flats(30));
  struct Case {
    const char* name;
    DataRequest request;
    const char* says;
  };
  const std::vector<Case> cases{
      {"nothing", {""}, "no data set and no file"},
      {"unknown", {"mnits"}, "mnist"},
      {"not there", {scratch.path("no.csv")}, "no file"},
      {"a name with a zero byte", {std::string("a\0b", 3)}, "no file"},
      {"other format", {scratch.write("t.xlsx", "PK\x03\x04")}, "no format that limn reads"},
      {"an empty file", {scratch.write("empty.bin", "")}, "no format that limn reads"},
      {"an empty csv", {scratch.write("empty.csv", "")}, "is empty"},
      {"an empty folder", {scratch.path("empty")}, "holds no pictures"},
      {"a folder named like a table", {scratch.path("folder.csv")}, "holds no pictures"},
      {"three images files", {scratch.path("three")}, "has 3 IDX images files"},
      {"labels for images", {scratch.path("good/t10k-labels-idx1-ubyte")}, "not IDX images"},
      {"labels missing", {scratch.path("no-labels")}, "no labels beside"},
      {"no labels at all", {scratch.path("alone")}, "no labels beside"},
      {"counts differ", {scratch.path("mismatch")}, "11 labels"},
      {"one class", {scratch.path("one-class")}, "every label"},
      {"gzip of nothing", {scratch.write("t.csv.gz", "\x1f\x8b")}, "cut short"},
      {"gzip cut short", {scratch.write("u.csv.gz", gzip(flats(50)).substr(0, 60))}, "cut short"},
      {"ragged", {scratch.write("r.csv", "a,b\n1,2\n3\n")}, "line 3"},
      {"unknown target", {csv, "rent"}, "area, city, price"},
      {"target of images", {scratch.path("good"), "label"}, "no column"},
      {"bad split", {csv, "", "0.7/0.7/0.7"}, "adds up to"},
      {"no split", {csv, "", "half"}, "not understood"},
      {"too few rows", {scratch.write("few.csv", flats(3))}, "too few"},
      {"header only", {scratch.write("header.csv", "a,b\n")}, "no rows"},
  };
  for (const auto& c : cases) {
    const auto error = error_of([&] { prepare(c.request); });
    EXPECT_NE(error.find(c.says), std::string::npos) << c.name << ": " << error;
  }
}

TEST(Dataset, data_of_another_kind_than_the_run_is_refused) {
  const Scratch scratch;
  write_folder(scratch, "set");
  write_folder(scratch, "labels");
  scratch.write("labels/t10k-labels-idx1-ubyte", idx(0x801, {12}, labels(12, {1, 2})));
  const auto csv = scratch.write("t.csv", flats(30));
  const auto wide = scratch.write("wide-images-idx3-ubyte", idx(0x803, {1, 4, 4}, pixels(16)));
  const auto images = prepare({scratch.path("set")}).preprocessing;
  const auto table = prepare({csv}).preprocessing;
  EXPECT_NE(error_of([&] { prepare_with(images, csv); }).find("holds a table"), std::string::npos);
  EXPECT_NE(error_of([&] { prepare_with(table, scratch.path("set")); }).find("holds images"), std::string::npos);
  EXPECT_NE(error_of([&] { prepare_with(images, wide); }).find("4x4"), std::string::npos);
  EXPECT_NE(error_of([&] { prepare_with(images, scratch.path("labels")); }).find("label 2"), std::string::npos);
  EXPECT_NE(error_of([&] { prepare_with(table, "xor"); }).find("no column 'area'"), std::string::npos);
}

#define LIMN_NEED(set) \
  if (!is_present(entry_named(set))) GTEST_SKIP() << set << " is not in " << data_folder() << " (limn data get " set ")"

TEST(RealData, mnist_is_the_published_set) {
  LIMN_NEED("mnist");
  const auto d = prepare({"mnist"});
  EXPECT_EQ(d.size, 70000);
  EXPECT_EQ(d.train.size(), 55000u);
  EXPECT_EQ(d.valid.size(), 5000u);
  EXPECT_EQ(d.test.size(), 10000u);
  // The first labels and the mean pixel of the 60,000 are printed in every introduction: 5 0 4 1 9, and 0.1307.
  EXPECT_EQ(std::vector(d.labels.begin(), d.labels.begin() + 5), (std::vector<std::int32_t>{5, 0, 4, 1, 9}));
  EXPECT_EQ(std::vector(d.labels.begin() + 60000, d.labels.begin() + 60005),
            (std::vector<std::int32_t>{7, 2, 1, 0, 4}));
  std::uint64_t sum = 0;
  for (const auto byte : d.bytes.first(60000 * 784)) sum += byte;
  EXPECT_NEAR(static_cast<double>(sum) / (60000.0 * 784 * 255), 0.1307, 5e-5);
  // By its folder it is the same set, although then its digest is computed.
  EXPECT_EQ(prepare({folder_of(entry_named("mnist")).string()}).digest, d.digest);
}

TEST(RealData, mnist_has_the_mean_the_deviation_and_the_box_that_everybody_uses) {
  LIMN_NEED("mnist");
  const auto p = prepare({.data = "mnist", .normalize = true}).preprocessing;
  ASSERT_EQ(p.channels.size(), 1u);
  EXPECT_NEAR(p.channels[0].mean, 0.1307, 0.0005);
  EXPECT_NEAR(p.channels[0].deviation, 0.3081, 0.0005);
  EXPECT_TRUE(p.figure.bright);
  EXPECT_NEAR(p.figure.box, 20, 0.3);
  EXPECT_NEAR(p.figure.down, 14, 0.3);  // "the center of mass ... at the center of the 28x28 field"
  EXPECT_NEAR(p.figure.right, 14, 0.3);
}

TEST(RealData, fashion_mnist_has_6000_and_1000_of_each_class) {
  LIMN_NEED("fashion-mnist");
  const auto d = prepare({"fashion-mnist"});
  std::vector<int> train(10), test(10), valid(10);
  for (std::size_t i = 0; i < 70000; ++i) ++(i < 60000 ? train : test)[static_cast<std::size_t>(d.labels[i])];
  for (const auto row : d.valid) ++valid[static_cast<std::size_t>(d.labels[static_cast<std::size_t>(row)])];
  EXPECT_EQ(train, std::vector<int>(10, 6000));
  EXPECT_EQ(test, std::vector<int>(10, 1000));
  EXPECT_EQ(valid, std::vector<int>(10, 500));
  EXPECT_EQ(d.classes[9], "Ankle boot");
  EXPECT_EQ(prepare({folder_of(entry_named("fashion-mnist")).string()}).digest, d.digest);
}

TEST(RealData, digits_are_8x8_with_values_up_to_one) {
  LIMN_NEED("digits");
  const auto d = prepare({"digits"});
  EXPECT_EQ(d.size, 1797);
  EXPECT_EQ(*std::max_element(d.bytes.begin(), d.bytes.end()) * d.byte_scale, 1.0f);
  EXPECT_EQ(std::vector(d.labels.begin(), d.labels.begin() + 10),
            (std::vector<std::int32_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST(RealData, iris_has_the_known_means) {
  LIMN_NEED("iris");
  const auto d = prepare({"iris"});
  EXPECT_EQ(d.size, 150);
  EXPECT_EQ(d.classes, (std::vector<std::string>{"setosa", "versicolor", "virginica"}));
  const std::vector<double> known{5.843333, 3.057333, 3.758, 1.199333};  // over all 150, as in every textbook
  for (std::size_t c = 0; c < 4; ++c) {
    double sum = 0;
    for (std::size_t i = 0; i < 150; ++i) sum += d.values[i * 4 + c];
    const auto& column = d.preprocessing.columns[c];
    EXPECT_NEAR(sum / 150 * column.deviation + column.mean, known[c], 1e-5);
  }
}

TEST(RealData, a_flipped_bit_in_the_cache_is_found) {
  for (const std::string name : {"iris", "digits"}) {
    const auto& entry = entry_named(name);
    if (!is_present(entry)) GTEST_SKIP() << name << " is not in " << data_folder() << " (limn data get " << name << ")";
    const Scratch scratch;
    const auto from = folder_of(entry);
    const Environment data("LIMN_DATA", scratch.folder().string());
    fs::copy(from, scratch.path(name));
    EXPECT_NO_THROW(prepare({name}));
    std::fstream file(folder_of(entry) / entry.files[0].name, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(70).put('9');
    file.close();
    EXPECT_NE(error_of([&] { prepare({name}); }).find("damaged"), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace limn
