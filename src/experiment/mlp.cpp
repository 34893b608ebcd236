#include "experiment/mlp.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "experiment/weights.hpp"

namespace limn {
namespace {

// What "auto" means: the one place where the defaults of the experiment are tuned.
namespace automatic {

constexpr std::int64_t kImageEpochs = 10, kSteps = 4000;  // small sets go round until they have had kSteps
constexpr std::int64_t kImageBatch = 128, kTableBatch = 32;

bool is_images(const Dataset& data) { return data.preprocessing.kind == "images"; }

std::string arch(const Dataset& data, std::int64_t outputs) {
  if (is_images(data))
    return fmt::format("dense 512 relu | dropout 0.2 | dense 256 relu | dropout 0.2 | dense {}", outputs);
  return fmt::format("dense 64 relu | dense 64 relu | dense {}", outputs);
}

std::string loss(const Dataset& data) { return data.task == Task::kClassify ? "cross-entropy" : "squared"; }

double rate(const Dataset& data, const std::string& optimizer) {
  if (optimizer == "adam") return is_images(data) ? 2e-3 : 1e-2;
  return optimizer == "sgd" ? 0.1 : 0.03;  // momentum and nesterov gather about ten gradients
}

// A fixed prior on the weights weighs the less, the more rows speak against it. Images have dropout instead.
double weight_decay(const Dataset& data) {
  return is_images(data) ? 0 : std::min(0.02, 2.0 / static_cast<double>(data.train.size()));
}

std::int64_t batch(const Dataset& data) {
  const auto wanted = is_images(data) ? kImageBatch : kTableBatch;
  return std::min<std::int64_t>(wanted, static_cast<std::int64_t>(data.train.size()));
}

std::int64_t epochs(const Dataset& data, std::int64_t steps_per_epoch) {
  const std::int64_t least = is_images(data) ? kImageEpochs : 1;
  return std::max(least, (kSteps + steps_per_epoch / 2) / steps_per_epoch);
}

}  // namespace automatic

template <class T>
const T& get(const SettingValues& values, const std::string& name) {
  return std::get<T>(values.at(name));
}

void resolve(Recipe& recipe, const Dataset& data) {
  const auto parameters = std::span(find_experiment(recipe.experiment).parameters);
  auto& settings = recipe.settings;
  for (const ParameterSpec& parameter : parameters)
    if (!settings.contains(parameter.name)) settings[parameter.name] = parse_value(parameter, parameter.initial);
  const auto rows = static_cast<std::int64_t>(data.train.size());
  if (rows == 0)
    throw Error(fmt::format("{} has no rows to train on", data.name), "name a set with more rows, or another split");

  const auto fill = [&](const std::string& name, SettingValue value) {
    const auto* text = std::get_if<std::string>(&settings[name]);
    if (text && *text == "auto") settings[name] = std::move(value);
  };
  const bool classes = data.task == Task::kClassify;
  auto& weights = settings["weights"];
  weights = pin_weights(std::get<std::string>(weights));
  if (settings["arch"] == SettingValue("auto"))
    if (auto arch = architecture_of_weights(std::get<std::string>(weights)); !arch.empty())
      settings["arch"] = std::move(arch);
  fill("arch", automatic::arch(data, classes ? static_cast<std::int64_t>(data.classes.size()) : 1));
  fill("loss", automatic::loss(data));
  fill("lr", automatic::rate(data, get<std::string>(settings, "optimizer")));
  fill("weight_decay", automatic::weight_decay(data));
  fill("batch", automatic::batch(data));
  if (get<std::int64_t>(settings, "batch") > rows)
    throw Error(fmt::format("batch {} is larger than the {} training rows of {}", get<std::int64_t>(settings, "batch"),
                            rows, data.name),
                fmt::format("choose a batch from 1 to {}", rows));
  if (!classes && get<std::string>(settings, "loss") == "cross-entropy")
    throw Error(fmt::format("cross-entropy needs classes, but the target of {} is a number", data.name),
                "choose loss=squared, or a target column with classes");
  if (!recipe.epochs && !recipe.steps) recipe.epochs = automatic::epochs(data, steps_per_epoch(recipe, data));
}

Settings settings(const SettingValues& values) {
  Settings s;
  s.arch = get<std::string>(values, "arch");
  s.loss = get<std::string>(values, "loss");
  s.init = get<std::string>(values, "init");
  s.optimizer = get<std::string>(values, "optimizer");
  s.schedule = get<std::string>(values, "schedule");
  s.lr = get<double>(values, "lr");
  s.momentum = get<double>(values, "momentum");
  s.beta2 = get<double>(values, "beta2");
  s.epsilon = get<double>(values, "epsilon");
  s.weight_decay = get<double>(values, "weight_decay");
  s.batch = get<std::int64_t>(values, "batch");
  return s;
}

std::vector<ParameterSpec> parameters() {
  using enum ParameterKind;
  return {
      {.name = "arch",
       .kind = kText,
       .label = {"architecture", "网络结构"},
       .help = {"layers from input to output, such as dense 64 relu | dropout 0.2 | dense 10; auto chooses by the data",
                "从输入到输出的各层，例如 dense 64 relu | dropout 0.2 | dense 10；auto 按数据选择"},
       .initial = "auto",
       .automatic = true,
       .fixed = true},
      {.name = "optimizer",
       .kind = kChoice,
       .label = {"optimiser", "优化器"},
       .help = {"the rule that turns gradients into steps", "把梯度变成更新步的规则"},
       .initial = "adam",
       .choices = {"sgd", "momentum", "nesterov", "adam"},
       .fixed = true},
      {.name = "lr",
       .label = {"learning rate", "学习率"},
       .help = {"how far one step goes; auto chooses by the optimiser and the data",
                "每一步走多远；auto 按优化器和数据选择"},
       .initial = "auto",
       .low = 0,
       .high = 1e12,
       .scale = Scale::kLog,
       .automatic = true},
      {.name = "momentum",
       .label = {"momentum", "动量"},
       .help = {"how much of the last step is kept by momentum and nesterov; Adam's beta1",
                "momentum 和 nesterov 保留上一步的比例；即 Adam 的 beta1"},
       .initial = "0.9",
       .low = 0,
       .high = 0.9999},
      {.name = "beta2",
       .label = {"beta2", "beta2"},
       .help = {"how slowly Adam forgets squared gradients", "Adam 遗忘梯度平方的快慢"},
       .initial = "0.999",
       .low = 0,
       .high = 0.999999},
      {.name = "epsilon",
       .label = {"epsilon", "epsilon"},
       .help = {"added to Adam's divisor, so that it is never zero", "加在 Adam 的除数上，使其不为零"},
       .initial = "1e-08",
       .low = 1e-12,
       .high = 1,
       .scale = Scale::kLog},
      {.name = "weight_decay",
       .label = {"weight decay", "权重衰减"},
       .help = {"L2: this much of every weight is added to its gradient; auto chooses by the data",
                "L2：每个权重的这一比例加到其梯度上；auto 按数据选择"},
       .initial = "auto",
       .low = 0,
       .high = 1,
       .automatic = true},
      {.name = "loss",
       .kind = kChoice,
       .label = {"loss", "损失函数"},
       .help = {"what training lowers; auto is cross-entropy for classes and squared for numbers",
                "训练所降低的量；auto 对类别取 cross-entropy，对数值取 squared"},
       .initial = "auto",
       .choices = {"auto", "cross-entropy", "squared"}},
      {.name = "init",
       .kind = kChoice,
       .label = {"initial weights", "权重初始化"},
       .help = {"how large the first weights are drawn", "初始权重的大小如何抽取"},
       .initial = "he",
       .choices = {"he", "glorot"},
       .fixed = true},
      {.name = "weights",
       .kind = kText,
       .label = {"weights to begin from", "起始权重"},
       .help = {"a safetensors file to begin from instead of drawing weights, such as limn export writes; none draws "
                "them",
                "从 safetensors 文件开始，而不是随机抽取权重，例如 limn export 写出的文件；none 表示随机抽取"},
       .initial = "none",
       .fixed = true},
      {.name = "schedule",
       .kind = kChoice,
       .label = {"schedule", "学习率调度"},
       .help = {"how the learning rate changes over the length of the recipe", "学习率在整个训练中如何变化"},
       .initial = "cosine",
       .choices = {"constant", "cosine"}},
      {.name = "batch",
       .kind = kInteger,
       .label = {"batch size", "批大小"},
       .help = {"training rows a step looks at; auto chooses by the data", "每一步所看的训练样本数；auto 按数据选择"},
       .initial = "auto",
       .low = 1,
       .high = 65536,
       .scale = Scale::kLog,
       .unit = "rows",
       .automatic = true},
      {.name = "split",
       .kind = kText,
       .label = {"split", "数据划分"},
       .help = {"parts for training, validation and test, such as 0.7/0.15/0.15; auto is the set's own, else these",
                "训练、验证、测试各占的比例，例如 0.7/0.15/0.15；auto 用数据集自带的划分"},
       .initial = "auto",
       .fixed = true},
      {.name = "target",
       .kind = kText,
       .label = {"target", "目标列"},
       .help = {"the column to predict; auto is the set's own, else the last one",
                "要预测的列；auto 用数据集自带的，否则为最后一列"},
       .initial = "auto",
       .automatic = true,
       .fixed = true},
  };
}

}  // namespace

Experiment mlp_experiment() {
  return {.name = "mlp",
          .title = {"A dense network", "全连接网络"},
          .help = {"learns classes or numbers from any table or set of images", "从任意表格或图像数据中学习分类或回归"},
          .parameters = parameters(),
          .resolve = resolve,
          .settings = settings};
}

}  // namespace limn
