#include "experiment/recipe.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <numeric>
#include <vector>

#include "base/error.hpp"
#include "experiment/experiment.hpp"
#include "rule/rule.hpp"

namespace limn {
namespace {

TEST(Recipe, HasOneCanonicalJson) {
  const Recipe a =
      recipe_from_json(R"({"experiment":"mlp","data":"iris","seed":7,"steps":100,"settings":{"lr":1e-3,"batch":8}})");
  const Recipe b = recipe_from_json(
      R"( {"settings":{"batch":8,"lr":0.0010},"steps":100,"seed":7,"data":"iris","experiment":"mlp"} )");
  const std::string canonical =
      R"({"data":"iris","experiment":"mlp","seed":7,"settings":{"batch":8,"lr":0.001},"steps":100})";
  EXPECT_EQ(to_json(a), canonical);
  EXPECT_EQ(to_json(b), canonical);
  EXPECT_EQ(to_json(recipe_from_json(canonical)), canonical);
  // printf '%s' CANONICAL | sha256sum | cut -c 1-12
  EXPECT_EQ(recipe_id(a), "7a9d18e132de");
}

TEST(Recipe, ChangesItsIdWithAnythingItSays) {
  const std::string base = R"({"experiment":"mlp","data":"iris","seed":7,"steps":100,"settings":{"lr":0.001}})";
  const auto id = recipe_id(recipe_from_json(base));
  for (const auto* other : {R"({"experiment":"mlp","data":"moons","seed":7,"steps":100,"settings":{"lr":0.001}})",
                            R"({"experiment":"mlp","data":"iris","seed":8,"steps":100,"settings":{"lr":0.001}})",
                            R"({"experiment":"mlp","data":"iris","seed":7,"steps":101,"settings":{"lr":0.001}})",
                            R"({"experiment":"mlp","data":"iris","seed":7,"epochs":100,"settings":{"lr":0.001}})",
                            R"({"experiment":"mlp","data":"iris","seed":7,"steps":100,"settings":{"lr":0.002}})"})
    EXPECT_NE(recipe_id(recipe_from_json(other)), id) << other;
}

TEST(Recipe, KeepsTheLargestSeed) {
  const Recipe recipe = recipe_from_json(R"({"experiment":"mlp","data":"iris","seed":18446744073709551615})");
  EXPECT_EQ(recipe.seed, 18446744073709551615u);
  EXPECT_NE(to_json(recipe).find("18446744073709551615"), std::string::npos);
}

TEST(Recipe, ThatIsWrongIsRefused) {
  const std::string deep(100'000, '[');
  for (const std::string& text : {
           std::string(),
           std::string("{"),
           std::string("[]"),
           std::string("3"),
           deep,
           std::string(R"({"data":"iris"})"),
           std::string(R"({"experiment":"mlp"})"),
           std::string(R"({"experiment":"mpl","data":"iris"})"),
           std::string(R"({"experiment":3,"data":"iris"})"),
           std::string(R"({"experiment":"mlp","data":"iris","sead":1})"),
           std::string(R"({"experiment":"mlp","data":"iris","seed":-1})"),
           std::string(R"({"experiment":"mlp","data":"iris","seed":1.5})"),
           std::string(R"({"experiment":"mlp","data":"iris","steps":0})"),
           std::string(R"({"experiment":"mlp","data":"iris","steps":1e30})"),
           std::string(R"({"experiment":"mlp","data":"iris","epochs":-3})"),
           std::string(R"({"experiment":"mlp","data":"iris","epochs":1,"steps":1})"),
           std::string(R"({"experiment":"mlp","data":"iris","settings":[]})"),
           std::string(R"({"experiment":"mlp","data":"iris","settings":{"lr":-1}})"),
           std::string(R"({"experiment":"mlp","data":"iris","settings":{"lr":null}})"),
           std::string(R"({"experiment":"mlp","data":"iris","settings":{"lrr":1}})"),
           std::string(R"({"experiment":"mlp","data":"iris","settings":{"batch":18446744073709551615}})"),
           std::string(R"({"experiment":"mlp","data":"iris","settings":{"optimizer":"adm"}})"),
       })
    EXPECT_THROW(recipe_from_json(text), Error) << text.substr(0, 80);
}

Dataset table_of(std::size_t rows, Task task) {
  Dataset data;
  data.name = "table";
  data.task = task;
  data.preprocessing.kind = "table";
  if (task == Task::kClassify) data.classes = data.preprocessing.classes = {"a", "b", "c"};
  data.train.resize(rows);
  std::iota(data.train.begin(), data.train.end(), 0);
  auto values = std::make_shared<std::vector<float>>(rows);  // one feature, 0 1 2 ...
  std::iota(values->begin(), values->end(), 0.0F);
  data.sample = Shape{1};
  data.values = *values;
  if (task == Task::kRegress) data.targets = *values;
  data.owner = std::move(values);
  return data;
}

TEST(Mlp, ResolvesEveryAutoByTheData) {
  const Experiment& mlp = find_experiment("mlp");
  Recipe recipe{"mlp", "table", 1, {}, {}, {}};
  mlp.resolve(recipe, table_of(105, Task::kClassify));
  EXPECT_EQ(to_json(recipe).find("\"arch\":\"auto\""), std::string::npos);
  EXPECT_EQ(recipe.settings["arch"], SettingValue(std::string("dense 64 relu | dense 64 relu | dense 3")));
  EXPECT_EQ(recipe.settings["loss"], SettingValue(std::string("cross-entropy")));
  const auto steps = total_steps(recipe, table_of(105, Task::kClassify));
  EXPECT_GE(steps, 3000);
  EXPECT_LE(steps, 5000);
  EXPECT_EQ(mlp.settings(recipe.settings).batch, std::get<std::int64_t>(recipe.settings["batch"]));

  Recipe numbers{"mlp", "table", 1, {}, 50, {{"lr", SettingValue(0.5)}}};
  mlp.resolve(numbers, table_of(10, Task::kRegress));
  EXPECT_EQ(numbers.settings["arch"], SettingValue(std::string("dense 64 relu | dense 64 relu | dense 1")));
  EXPECT_EQ(numbers.settings["loss"], SettingValue(std::string("squared")));
  EXPECT_EQ(numbers.settings["batch"], SettingValue(std::int64_t{10}));
  EXPECT_EQ(numbers.settings["weight_decay"], SettingValue(0.1)) << "ten rows, and neighbours differ";
  EXPECT_EQ(numbers.settings["lr"], SettingValue(0.5));
  EXPECT_EQ(total_steps(numbers, table_of(10, Task::kRegress)), 50);

  const auto once = to_json(recipe);
  mlp.resolve(recipe, table_of(105, Task::kClassify));
  EXPECT_EQ(to_json(recipe), once);
}

TEST(Mlp, TakesTheDefaultsOfItsRule) {
  const Experiment& mlp = find_experiment("mlp");
  for (const Rule& rule : rules()) {
    Recipe recipe{"mlp", "table", 1, {}, {}, {{"optimizer", SettingValue(std::string(rule.name))}}};
    mlp.resolve(recipe, table_of(105, Task::kClassify));
    const Settings s = mlp.settings(recipe.settings);
    EXPECT_EQ(s.momentum, rule.defaults.momentum) << rule.name;
    EXPECT_EQ(s.beta2, rule.defaults.beta2) << rule.name;
    EXPECT_EQ(s.epsilon, rule.defaults.epsilon) << rule.name;
    EXPECT_GT(s.lr, 0) << rule.name;
    EXPECT_EQ(s.batch, rule.name == "rprop" ? 105 : 32) << rule.name;
    const Settings plain;  // what nobody asked for is off
    EXPECT_TRUE(s.l1 == plain.l1 && s.max_norm == plain.max_norm && s.clip == plain.clip && s.freeze.empty() &&
                s.clip_value == plain.clip_value && s.early_stop == 0 && s.accumulate == 1 && s.warmup == 0 &&
                s.cut.empty() && s.lr_scale.empty() && s.bias_correction && !s.balanced_classes &&
                s.label_smoothing == 0);
  }
}

TEST(Mlp, RefusesWhatTheDataCannotDo) {
  const Experiment& mlp = find_experiment("mlp");
  Recipe large{"mlp", "table", 1, {}, {}, {{"batch", SettingValue(std::int64_t{11})}}};
  EXPECT_THROW(mlp.resolve(large, table_of(10, Task::kClassify)), Error);
  Recipe classes{"mlp", "table", 1, {}, {}, {{"loss", SettingValue(std::string("cross-entropy"))}}};
  EXPECT_THROW(mlp.resolve(classes, table_of(10, Task::kRegress)), Error);
  Recipe numbers{"mlp", "table", 1, {}, {}, {{"loss", SettingValue(std::string("huber"))}}};
  EXPECT_THROW(mlp.resolve(numbers, table_of(10, Task::kClassify)), Error);
  for (const auto& [name, value] : {std::pair{"schedule", SettingValue(std::string("plateau"))},
                                    std::pair{"early_stop", SettingValue(std::int64_t{3})}}) {
    Recipe blind{"mlp", "table", 1, {}, {}, {{name, value}}};
    EXPECT_THROW(mlp.resolve(blind, table_of(10, Task::kClassify)), Error) << name << " without validation rows";
  }
  for (const std::int64_t batch : {1, 9}) {
    Recipe alone{"mlp", "table", 1, {}, {}, {{"batch", SettingValue(batch)}}};
    alone.settings["arch"] = std::string("dense 8 | bn relu | dense 3");
    EXPECT_THROW(mlp.resolve(alone, table_of(10, Task::kClassify)), Error) << "a batch of one row with bn";
    alone.settings["arch"] = std::string("dense 8 relu | dense 3");
    EXPECT_NO_THROW(mlp.resolve(alone, table_of(10, Task::kClassify)));
  }
  Recipe none{"mlp", "table", 1, {}, {}, {}};
  EXPECT_THROW(mlp.resolve(none, table_of(0, Task::kRegress)), Error);
}

}  // namespace
}  // namespace limn
