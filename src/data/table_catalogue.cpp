// The tables of the catalogue: fetched ones first, then those that limn makes itself.
#include <fmt/format.h>

#include "data/catalogue.hpp"
#include "data/convert.hpp"

namespace limn {
namespace {

using enum CatalogueSource::Client;
using Sources = std::vector<CatalogueSource>;

Sources from_sklearn(const std::string& file, const std::string& header) {
  return {{.client = kDebian,
           .at = "python3-sklearn",
           .folder = kSklearnFolder,
           .files = {file},
           .convert = convert_sklearn,
           .header = header},
          {.client = kWeb, .at = kSklearnAddress, .files = {file}, .convert = convert_sklearn, .header = header}};
}

// A data frame of the R package modeldata: a database in Debian's package, a file of its own in the repository.
Sources from_modeldata(const std::string& object, const std::string& file) {
  return {{.client = kDebian,
           .at = "r-cran-modeldata",
           .folder = "./usr/lib/R/site-library/modeldata/data",
           .files = {"Rdata.rdx", "Rdata.rdb"},
           .convert = convert_r,
           .object = object},
          {.client = kWeb,
           .at = "https://raw.githubusercontent.com/tidymodels/modeldata/v1.1.0/data",
           .files = {file},
           .convert = convert_r,
           .object = object}};
}

// A data frame of an R package that has a file for each.
Sources from_r(const std::string& package, const std::string& version, const std::string& object) {
  const std::vector<std::string> files{object + ".rda"};
  return {{.client = kDebian,
           .at = "r-cran-" + package,
           .folder = fmt::format("./usr/lib/R/site-library/{}/data", package),
           .files = files,
           .convert = convert_r,
           .object = object},
          {.client = kWeb,
           .at = fmt::format("https://raw.githubusercontent.com/cran/{}/{}/data", package, version),
           .files = files,
           .convert = convert_r,
           .object = object}};
}

CatalogueEntry iris() {
  return {.name = "iris",
          .summary = "150 iris flowers by four lengths, 3 species",
          .summary_zh = "150 朵鸢尾花的四个长度，3 个品种",
          .train = 150,
          .sample = "4 numbers",
          .target = "species",
          .classes = {"setosa", "versicolor", "virginica"},
          .licence = "BSD-3-Clause (the package); the data: Fisher 1936, UCI repository, CC-BY-4.0",
          .home = "https://archive.ics.uci.edu/dataset/53",
          .sources = from_sklearn("iris.csv", "sepal_length,sepal_width,petal_length,petal_width,species"),
          .files = {{"iris.csv", 3858, "9cc1c345c71bcc9b486b74cbf6063fa66f4bb5e0f603a4b3c3471ec2e5e8e355",
                     "3ab392f13afaa1de"}}};
}

CatalogueEntry wine() {
  return {.name = "wine",
          .summary = "178 wines by 13 chemical measurements, 3 cultivars",
          .summary_zh = "178 种葡萄酒的 13 项化学测量值，3 个品种",
          .train = 178,
          .sample = "13 numbers",
          .target = "cultivar",
          .classes = {"class_0", "class_1", "class_2"},
          .licence = "BSD-3-Clause (the package); the data: UCI repository, CC-BY-4.0",
          .home = "https://archive.ics.uci.edu/dataset/109",
          .sources = from_sklearn("wine_data.csv",
                                  "alcohol,malic_acid,ash,alcalinity_of_ash,magnesium,total_phenols,flavanoids,"
                                  "nonflavanoid_phenols,proanthocyanins,color_intensity,hue,od280_od315,proline,"
                                  "cultivar"),
          .files = {{"wine.csv", 12356, "bafc97afa2272002ba7475929632cf1425754f8055d1be1b3b11bd63d110d866",
                     "b7566237caef9067"}}};
}

CatalogueEntry breast_cancer() {
  return {.name = "breast-cancer",
          .summary = "569 tumours by 30 measurements of cell nuclei, malignant or benign",
          .summary_zh = "569 个肿瘤细胞核的 30 项测量值，恶性或良性",
          .train = 569,
          .sample = "30 numbers",
          .target = "diagnosis",
          .classes = {"benign", "malignant"},
          .licence = "BSD-3-Clause (the package); the data: UCI repository, CC-BY-4.0",
          .home = "https://archive.ics.uci.edu/dataset/17",
          .sources = from_sklearn(
              "breast_cancer.csv",
              "mean_radius,mean_texture,mean_perimeter,mean_area,mean_smoothness,mean_compactness,mean_concavity,"
              "mean_concave_points,mean_symmetry,mean_fractal_dimension,radius_error,texture_error,perimeter_error,"
              "area_error,smoothness_error,compactness_error,concavity_error,concave_points_error,symmetry_error,"
              "fractal_dimension_error,worst_radius,worst_texture,worst_perimeter,worst_area,worst_smoothness,"
              "worst_compactness,worst_concavity,worst_concave_points,worst_symmetry,worst_fractal_dimension,"
              "diagnosis"),
          .files = {{"breast-cancer.csv", 123865, "518936fa92ca3d8a78c420aee22030c4e519ffcba3be15dd23e83f2fc22e20e5",
                     "030778bdc53ba279"}}};
}

CatalogueEntry diabetes() {
  const std::vector<std::string> files{"diabetes_data_raw.csv.gz", "diabetes_target.csv.gz"};
  const std::string header = "age,sex,bmi,blood_pressure,tc,ldl,hdl,tch,ltg,glucose,progression";
  return {.name = "diabetes",
          .summary = "442 patients by ten measurements; predict the progression of diabetes after a year",
          .summary_zh = "442 名患者的十项测量值；预测一年后糖尿病的进展",
          .task = "regress",
          .train = 442,
          .sample = "10 numbers",
          .target = "progression",
          .licence = "BSD-3-Clause (the package); the data: Efron, Hastie, Johnstone, Tibshirani 2004",
          .home = "https://www4.stat.ncsu.edu/~boos/var.select/diabetes.html",
          .sources =
              {{.client = kDebian,
                .at = "python3-sklearn",
                .folder = kSklearnFolder,
                .files = files,
                .convert = convert_diabetes,
                .header = header},
               {.client = kWeb, .at = kSklearnAddress, .files = files, .convert = convert_diabetes, .header = header}},
          .files = {{"diabetes.csv", 21420, "7136bdcba8366e9144c121805d8be8ea3edd44ec93de7a41e8c0c9cd05ac9237",
                     "72b2794211c733b5"}}};
}

CatalogueEntry penguins() {
  return {.name = "penguins",
          .summary = "344 penguins of the Palmer Archipelago by island, sex and four measurements, 3 species",
          .summary_zh = "帕默群岛 344 只企鹅的岛屿、性别和四项测量值，3 个物种",
          .train = 344,
          .sample = "2 categories, 4 numbers",
          .target = "species",
          .classes = {"Adelie", "Chinstrap", "Gentoo"},
          .licence = "MIT (the package); the data: CC0-1.0",
          .home = "https://allisonhorst.github.io/palmerpenguins/",
          .sources = from_modeldata("penguins", "penguins.rda"),
          .files = {{"penguins.csv", 13478, "6dcffdb7c9cc9caf67b443b2c9eb40f550851336574e9625872a9ce232e4a1f7",
                     "68a63f87bf4ee526"}}};
}

CatalogueEntry concrete() {
  return {.name = "concrete",
          .summary = "1030 mixtures of concrete; predict the compressive strength",
          .summary_zh = "1030 种混凝土配比；预测抗压强度",
          .task = "regress",
          .train = 1030,
          .sample = "8 numbers",
          .target = "compressive_strength",
          .licence = "MIT (the package); the data: Yeh 1998, UCI repository, CC-BY-4.0",
          .home = "https://archive.ics.uci.edu/dataset/165",
          .sources = from_modeldata("concrete", "concrete.RData"),
          .files = {{"concrete.csv", 40432, "c2690f237285ede14fa54fe05dbe6a83ce510f65de6a8c5f8cafd6cefd9f38e2",
                     "d5c148450dd4ce8c"}}};
}

CatalogueEntry ames() {
  return {.name = "ames",
          .summary = "2930 houses sold in Ames, Iowa, by 73 features; predict the price",
          .summary_zh = "美国艾奥瓦州埃姆斯市售出的 2930 座房屋的 73 项特征；预测价格",
          .task = "regress",
          .train = 2930,
          .sample = "33 numbers, 40 categories",
          .target = "Sale_Price",
          .licence = "MIT (the package); the data: De Cock 2011",
          .home = "https://doi.org/10.1080/10691898.2011.11889627",
          .sources = from_modeldata("ames", "ames.rda"),
          .files = {{"ames.csv", 1275872, "64c8523cc2eeb20faba580aefc8ef85bb9bed2d5d5315ab51f5dfccbfb737d01",
                     "5ddd3e81b7b6e571"}}};
}

CatalogueEntry letter() {
  std::vector<std::string> alphabet;
  for (char c = 'A'; c <= 'Z'; ++c) alphabet.emplace_back(1, c);
  return {.name = "letter",
          .summary = "20000 printed capital letters by 16 measurements of their shape, 26 classes",
          .summary_zh = "20000 个印刷大写字母的 16 项形状测量值，26 类",
          .train = 20000,
          .sample = "16 numbers",
          .target = "lettr",
          .classes = alphabet,
          .licence = "GPL-2 (the package); the data: UCI repository, CC-BY-4.0",
          .home = "https://archive.ics.uci.edu/dataset/59",
          .sources = from_r("mlbench", "2.1-3", "LetterRecognition"),
          .files = {{"letter.csv", 712666, "d0982cbc2106b8b52a811424b8171d50c1a96b05bc7ff4121ce7bd1087b6d226",
                     "922458e2df5e405c"}}};
}

CatalogueEntry satellite() {
  return {.name = "satellite",
          .summary = "6435 patches of land seen by a satellite, 3x3 pixels in 4 bands, 6 kinds of soil",
          .summary_zh = "卫星拍摄的 6435 块土地，3x3 像素、4 个波段，6 种土壤",
          .train = 6435,
          .sample = "36 numbers",
          .target = "classes",
          .classes = {"cotton crop", "damp grey soil", "grey soil", "red soil", "vegetation stubble",
                      "very damp grey soil"},
          .licence = "GPL-2 (the package); the data: Statlog, UCI repository, CC-BY-4.0",
          .home = "https://archive.ics.uci.edu/dataset/146",
          .sources = from_r("mlbench", "2.1-3", "Satellite"),
          .files = {{"satellite.csv", 838680, "3f92b8b64f70d4a8d6335d148b135cf6e362c4c6530581f45b9deedf60240303",
                     "e1113e09462c9adf"}}};
}

CatalogueEntry vehicle() {
  return {.name = "vehicle",
          .summary = "846 silhouettes of vehicles by 18 measurements of their shape, 4 kinds",
          .summary_zh = "846 个车辆轮廓的 18 项形状测量值，4 种车辆",
          .train = 846,
          .sample = "18 numbers",
          .target = "Class",
          .classes = {"bus", "opel", "saab", "van"},
          .licence = "GPL-2 (the package); the data: Statlog, UCI repository, CC-BY-4.0",
          .home = "https://archive.ics.uci.edu/dataset/149",
          .sources = from_r("mlbench", "2.1-3", "Vehicle"),
          .files = {{"vehicle.csv", 55273, "1b0dd064acd61cb3d180b360941d4eda993caa0703ad95f8d8d059c9ae091c04",
                     "48efeca70e0504ff"}}};
}

CatalogueEntry sonar() {
  return {.name = "sonar",
          .summary = "208 sonar echoes in 60 bands, off a mine (M) or a rock (R)",
          .summary_zh = "208 个声呐回波的 60 个频带，来自水雷 (M) 或岩石 (R)",
          .train = 208,
          .sample = "60 numbers",
          .target = "Class",
          .classes = {"M", "R"},
          .licence = "GPL-2 (the package); the data: Gorman and Sejnowski 1988, UCI repository, CC-BY-4.0",
          .home = "https://archive.ics.uci.edu/dataset/151",
          .sources = from_r("mlbench", "2.1-3", "Sonar"),
          .files = {{"sonar.csv", 86113, "84f7ee9194623d0ad0cd49ceece3a35406fa7fad85a05c70bd7f884f22b269cc",
                     "c949c47e49fb4933"}}};
}

CatalogueEntry ionosphere() {
  return {.name = "ionosphere",
          .summary = "351 radar returns from the ionosphere by 34 features, good or bad",
          .summary_zh = "电离层的 351 个雷达回波的 34 项特征，好或坏",
          .train = 351,
          .sample = "34 numbers",
          .target = "Class",
          .classes = {"bad", "good"},
          .licence = "GPL-2 (the package); the data: UCI repository, CC-BY-4.0",
          .home = "https://archive.ics.uci.edu/dataset/52",
          .sources = from_r("mlbench", "2.1-3", "Ionosphere"),
          .files = {{"ionosphere.csv", 76389, "6a7d004f3a54294154faee1fb6983c22d7aecc2b5b27945f93e4bad2b4b6e10b",
                     "008c14e9c9c97cf3"}}};
}

CatalogueEntry spam() {
  return {.name = "spam",
          .summary = "4601 e-mails by 57 frequencies of words and signs, spam or not",
          .summary_zh = "4601 封电子邮件的 57 项词频和符号频率，是否垃圾邮件",
          .train = 4601,
          .sample = "57 numbers",
          .target = "type",
          .classes = {"nonspam", "spam"},
          .licence = "GPL-2 (the package); the data: UCI repository, CC-BY-4.0",
          .home = "https://archive.ics.uci.edu/dataset/94",
          .sources = from_r("kernlab", "0.9-32", "spam"),
          .files = {{"spam.csv", 720933, "6d0a558fb9da113b5cbda2d9d0f5ee76307d0b397d64c81df25522034dc46bb0",
                     "afc22ff45d55db4d"}}};
}

CatalogueEntry toy(const std::string& name, std::int64_t size, const std::string& summary,
                   const std::string& summary_zh, std::vector<std::string> classes) {
  return {.name = name,
          .summary = summary,
          .summary_zh = summary_zh,
          .train = size,
          .sample = "2 numbers",
          .target = "class",
          .classes = std::move(classes),
          .licence = "Apache-2.0",
          .home = "made by limn from a fixed seed"};
}

CatalogueEntry waves() {
  auto entry = toy("waves", 1000, "a wavy surface over a square, with noise; predict its height",
                   "正方形上的波浪曲面，带噪声；预测高度", {});
  entry.task = "regress";
  entry.target = "height";
  return entry;
}

}  // namespace

std::vector<CatalogueEntry> table_entries() {
  return {
      iris(),
      wine(),
      breast_cancer(),
      penguins(),
      letter(),
      satellite(),
      vehicle(),
      sonar(),
      ionosphere(),
      spam(),
      concrete(),
      diabetes(),
      ames(),
      toy("xor", 500, "points of a square, true where exactly one coordinate is positive",
          "正方形中的点，恰有一个坐标为正时为真", {"false", "true"}),
      toy("moons", 1000, "two half moons that reach into each other, with noise", "两个互相嵌入的半月，带噪声",
          {"lower", "upper"}),
      toy("circles", 1000, "two rings, one inside the other, with noise", "一大一小两个同心圆环，带噪声",
          {"inner", "outer"}),
      toy("blobs", 1000, "four clouds of points that touch", "四团相接的点云", {"east", "north", "south", "west"}),
      waves(),
      toy("spirals", 1000, "two spirals of two turns each", "两条各转两圈的螺线", {"first", "second"}),
  };
}

}  // namespace limn
