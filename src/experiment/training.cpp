#include "experiment/training.hpp"

#include <algorithm>
#include <functional>

#include "nn/parameters.hpp"
#include "optim/minimiser.hpp"
#include "rule/rule.hpp"
#include "rule/schedule.hpp"
#include "train/loss.hpp"

namespace limn {
namespace {

using enum ParameterKind;

template <class List, class Name>
std::vector<std::string> names(const List& list, Name name, std::vector<std::string> first = {}) {
  for (const auto& item : list) first.emplace_back(std::invoke(name, item));
  return first;
}

ParameterSpec number(std::string name, Words label, Words help, std::string initial, double low, double high) {
  return {.name = std::move(name),
          .label = std::move(label),
          .help = std::move(help),
          .initial = std::move(initial),
          .low = low,
          .high = high};
}
ParameterSpec automatic(ParameterSpec spec) { return spec.automatic = true, spec; }
ParameterSpec logarithmic(ParameterSpec spec) { return spec.scale = Scale::kLog, spec; }
ParameterSpec whole(ParameterSpec spec, std::string unit) {
  return spec.kind = kInteger, spec.unit = std::move(unit), spec;
}
ParameterSpec choice(std::string name, Words label, Words help, std::string initial, std::vector<std::string> choices) {
  return {.name = std::move(name),
          .kind = kChoice,
          .label = std::move(label),
          .help = std::move(help),
          .initial = std::move(initial),
          .choices = std::move(choices)};
}
ParameterSpec text(std::string name, Words label, Words help, std::string initial) {
  return {.name = std::move(name),
          .kind = kText,
          .label = std::move(label),
          .help = std::move(help),
          .initial = std::move(initial)};
}
ParameterSpec fixed(ParameterSpec spec) { return spec.fixed = true, spec; }

void append(std::vector<ParameterSpec>& to, std::vector<ParameterSpec> more) {
  std::ranges::move(more, std::back_inserter(to));
}

ParameterSpec branching(ParameterSpec spec) { return spec.branches = true, spec; }

std::vector<ParameterSpec> of_the_rule() {
  return {
      branching(
          fixed(choice("optimizer", {"optimiser", "优化器"},
                       {"the rule that turns gradients into steps; or a minimiser, which takes all rows a step: gd, "
                        "cg, bfgs, lbfgs, newton, newton-ls, newton-cg, hf, lm",
                        "把梯度变成更新步的规则；或每步使用全部样本的极小化方法：gd、cg、bfgs、lbfgs、newton、"
                        "newton-ls、newton-cg、hf、lm"},
                       "adam", names(methods(), &Method::name, names(rules(), &Rule::name))))),
      automatic(logarithmic(number("lr", {"learning rate", "学习率"},
                                   {"how far one step goes; auto chooses by the optimiser and the data",
                                    "每一步走多远；auto 按优化器和数据选择"},
                                   "auto", 0, 1e12))),
      automatic(number("momentum", {"momentum", "动量"},
                       {"how much of the last step is kept by momentum and nesterov; beta1 of adam, its kin and lion",
                        "momentum 和 nesterov 保留上一步的比例；即 adam 一族和 lion 的 beta1"},
                       "auto", 0, 0.9999)),
      automatic(number("beta2", {"beta2", "beta2"},
                       {"how slowly adam and its kin forget squared gradients; alpha of rmsprop, rho of adadelta",
                        "adam 一族遗忘梯度平方的快慢；即 rmsprop 的 alpha、adadelta 的 rho"},
                       "auto", 0, 0.999999)),
      automatic(logarithmic(number("epsilon", {"epsilon", "epsilon"},
                                   {"added to the divisor of adam and all adaptive rules, so that it is never zero",
                                    "加在 adam 等自适应规则的除数上，使其不为零"},
                                   "auto", 1e-12, 1))),
      choice("bias_correction", {"bias correction", "偏差修正"},
             {"whether adam, amsgrad and adamw scale up their averages, which begin at zero",
              "adam、amsgrad、adamw 是否放大从零开始的平均值"},
             "on", {"on", "off"}),
  };
}

std::vector<ParameterSpec> of_the_minimiser() {
  return {
      choice("line_search", {"line search", "线搜索"},
             {"how a minimiser finds the length of a step; suited is what suits it",
              "极小化方法如何确定步长；suited 选择与之相配的"},
             "suited", {"suited", "backtracking", "wolfe", "hager-zhang", "exact", "fixed"}),
      logarithmic(number("c1", {"c1", "c1"},
                         {"line search: the share of the decrease promised by the slope that a step must bring",
                          "线搜索：一步必须达到斜率所预示下降的这一比例"},
                         "0.0001", 1e-12, 0.49)),
      number("c2", {"c2", "c2"},
             {"line search: the share of the slope that a step may leave; above c1, or 0 to suit the method",
              "线搜索：一步之后允许剩下的斜率比例；大于 c1，0 表示与方法相配"},
             "0", 0, 0.9999),
      choice(
          "cg_update", {"cg update", "共轭梯度公式"},
          {"the factor of cg's last direction: Fletcher and Reeves, Polak and Ribiere, Hestenes and Stiefel, Dai and "
           "Yuan, Hager and Zhang",
           "cg 上一方向的系数：Fletcher-Reeves、Polak-Ribière、Hestenes-Stiefel、Dai-Yuan、Hager-Zhang"},
          "pr+", {"fr", "pr+", "hs", "dy", "hz"}),
      whole(number("cg_restart", {"cg restart", "共轭梯度重启"},
                   {"cg begins again from the gradient after so many steps; 0 by Powell's test",
                    "cg 每隔这么多步从梯度重新开始；0 表示按 Powell 判据"},
                   "0", 0, 1e9),
            "steps"),
      fixed(whole(number("memory", {"memory", "记忆长度"},
                         {"pairs of changes that lbfgs keeps", "lbfgs 保留的变化对数"}, "20", 1, 1000),
                  "pairs")),
      logarithmic(number("damping", {"damping", "阻尼"},
                         {"the first damping of hf and lm; 0 is chosen", "hf 和 lm 的初始阻尼；0 为自动选择"}, "0", 0,
                         1e12)),
      logarithmic(number("radius", {"radius", "信赖域半径"},
                         {"the first trust radius of newton; 0 is chosen", "newton 的初始信赖域半径；0 为自动选择"},
                         "0", 0, 1e12)),
      whole(number("inner_steps", {"inner steps", "内层步数"},
                   {"the most steps of the conjugate gradients within a step of newton-cg or hf",
                    "newton-cg 或 hf 的一步之内共轭梯度的最多步数"},
                   "250", 1, 1e6),
            "steps"),
      logarithmic(number("gradient_tolerance", {"gradient tolerance", "梯度容差"},
                         {"a minimiser stops when no number of the gradient is larger; 0 is never",
                          "梯度的每个数都不大于此值时极小化方法停止；0 为从不"},
                         "0.000001", 0, 1e6)),
      number("batch_growth", {"batch growth", "批大小增长"},
             {"a minimiser's batch grows by this factor at every step, up to all rows",
              "极小化方法的批大小每一步乘以此数，直到全部样本"},
             "1", 1, 1000),
  };
}

std::vector<ParameterSpec> of_the_schedule() {
  return {
      choice("schedule", {"schedule", "学习率调度"},
             {"how the learning rate changes over the length of the recipe; range rises to it, to see where the loss "
              "falls",
              "学习率在整个训练中如何变化；range 由小升到 lr，用来看损失在哪里下降"},
             "cosine", names(schedules(), std::identity{})),
      whole(number("warmup", {"warm-up", "预热"},
                   {"steps in which the learning rate rises, before the schedule begins",
                    "学习率先上升的步数，之后才开始调度"},
                   "0", 0, 1e9),
            "steps"),
      number("drop", {"drop", "下降倍数"},
             {"what a drop leaves of the learning rate: schedules step, exponential and plateau",
              "每次下降后学习率剩下的比例：用于 step、exponential 和 plateau"},
             "0.1", 1e-6, 1),
      whole(number("drop_every", {"drop every", "下降间隔"},
                   {"steps from drop to drop: schedules step and exponential; 0 is a third of the length",
                    "两次下降之间的步数：用于 step 和 exponential；0 表示总长的三分之一"},
                   "0", 0, 1e12),
            "steps"),
      number("power", {"power", "幂次"}, {"of the schedule polynomial", "polynomial 调度的幂次"}, "2", 0, 100),
      whole(number("patience", {"patience", "耐心"},
                   {"evaluations without a lower validation loss before the schedule plateau drops the rate",
                    "验证损失连续多少次不下降，plateau 才降低学习率"},
                   "5", 1, 1e6),
            "evaluations"),
  };
}

std::vector<ParameterSpec> of_the_restraints() {
  return {
      automatic(number("weight_decay", {"weight decay", "权重衰减"},
                       {"this much of every weight is added to its gradient (L2); adamw and lion shrink the weights "
                        "apart from it; auto chooses by the data",
                        "每个权重的这一比例加到其梯度上（L2）；adamw 和 lion 则单独缩小权重；auto 按数据选择"},
                       "auto", 0, 1)),
      number("l1", {"L1", "L1"},
             {"this much of the sign of every weight is added to its gradient, which draws weights to zero",
              "每个权重的符号乘以此数后加到其梯度上，使权重趋向零"},
             "0", 0, 1),
      number(
          "max_norm", {"max norm", "最大范数"},
          {"the largest length of the weights that enter a unit; 0 is any", "进入一个单元的权重的最大长度；0 为不限"},
          "0", 0, 1e6),
      number("clip", {"gradient clip", "梯度裁剪"},
             {"the largest length of the whole gradient; 0 is any", "整个梯度的最大长度；0 为不限"}, "0", 0, 1e12),
      number("clip_value", {"gradient clip by value", "按值裁剪梯度"},
             {"the largest size of each number of the gradient; 0 is any", "梯度中每个数的最大绝对值；0 为不限"}, "0",
             0, 1e12),
  };
}

std::vector<ParameterSpec> of_the_training() {
  return {
      choice("loss", {"loss", "损失函数"},
             {"what training lowers; auto is cross-entropy for classes and squared for numbers",
              "训练所降低的量；auto 对类别取 cross-entropy，对数值取 squared"},
             "auto", names(losses(), &Loss::name, {"auto"})),
      number("label_smoothing", {"label smoothing", "标签平滑"},
             {"cross-entropy: this much of every label is spread over all classes",
              "cross-entropy：每个标签的这一部分均摊到所有类别"},
             "0", 0, 0.9),
      choice("class_weights", {"class weights", "类别权重"},
             {"cross-entropy: balanced lets rare classes count as much as frequent ones",
              "cross-entropy：balanced 让稀少的类别与常见的类别同等重要"},
             "none", {"none", "balanced"}),
      logarithmic(number("delta", {"delta", "delta"},
                         {"huber: the error, in deviations of the target, from which it counts linearly",
                          "huber：误差超过目标标准差的这一倍后按线性计算"},
                         "1", 1e-6, 1e6)),
      number("quantile", {"quantile", "分位数"},
             {"the quantile of the target that the loss quantile makes the network predict",
              "损失 quantile 让网络预测的目标分位数"},
             "0.5", 0.001, 0.999),
      fixed(choice("init", {"initial weights", "权重初始化"},
                   {"how large the first weights are drawn", "初始权重的大小如何抽取"}, "he", initialiser_names())),
      fixed(text("weights", {"weights to begin from", "起始权重"},
                 {"a safetensors file to begin from instead of drawing weights, such as limn export writes; none draws "
                  "them",
                  "从 safetensors 文件开始，而不是随机抽取权重，例如 limn export 写出的文件；none 表示随机抽取"},
                 "none")),
      automatic(whole(logarithmic(number("batch", {"batch size", "批大小"},
                                         {"training rows a step looks at; auto chooses by the data",
                                          "每一步所看的训练样本数；auto 按数据选择"},
                                         "auto", 1, 1 << 30)),
                      "rows")),
      whole(number("accumulate", {"accumulate", "梯度累积"},
                   {"batches a step takes the mean gradient of, for steps larger than memory",
                    "每一步取多少批的平均梯度，使一步可以大于内存"},
                   "1", 1, 65536),
            "batches"),
      whole(
          number("early_stop", {"early stopping", "提前停止"},
                 {"evaluations without a lower validation loss before training stops and takes the best weights; 0 is "
                  "never",
                  "验证损失连续多少次不下降就停止，并采用最好的权重；0 为从不"},
                 "0", 0, 1e6),
          "evaluations"),
      text(
          "freeze", {"freeze", "冻结"},
          {"parameters that do not change: layer1 layer2.b layer1.w[0,*]", "不变的参数：layer1 layer2.b layer1.w[0,*]"},
          ""),
      text("cut", {"cut", "置零"},
           {"weights that are zero and stay so: layer1.w[3,4] layer1.unit[0]",
            "为零且保持为零的权重：layer1.w[3,4] layer1.unit[0]"},
           ""),
      text("lr_scale", {"learning rate by parameter", "分组学习率"},
           {"factors of the learning rate: layer1=0.1 layer2.b=2", "学习率的倍数：layer1=0.1 layer2.b=2"}, ""),
      text(
          "augment", {"augmentation", "数据增强"},
          {"varies the training samples anew in every epoch, images by shift 2 crop 4 rotate 10 scale 0.1 elastic 34 4 "
           "flip noise 0.1 cutout 8, tables by noise 0.1",
           "每个轮次重新变化训练样本：图像可用 shift 2 crop 4 rotate 10 scale 0.1 elastic 34 4 flip noise 0.1 cutout "
           "8，"
           "表格可用 noise 0.1"},
          "none"),
      fixed(choice("normalize", {"normalisation", "归一化"},
                   {"of images: channels takes away each channel's mean over the training images and divides by its "
                    "deviation, behind augmentation; pixels are from 0 to 1 before",
                    "用于图像：channels 在数据增强之后减去训练图像各通道的均值再除以标准差；之前像素取值 0 到 1"},
                   "none", {"none", "channels"})),
      fixed(text("split", {"split", "数据划分"},
                 {"parts for training, validation and test, such as 0.7/0.15/0.15; auto is the set's own, else these",
                  "训练、验证、测试各占的比例，例如 0.7/0.15/0.15；auto 用数据集自带的划分"},
                 "auto")),
      fixed(automatic(text("target", {"target", "目标列"},
                           {"the column to predict; auto is the set's own, else the last one",
                            "要预测的列；auto 用数据集自带的，否则为最后一列"},
                           "auto"))),
  };
}

}  // namespace

std::vector<ParameterSpec> optimizer_parameters() {
  std::vector<ParameterSpec> list = of_the_rule();
  append(list, of_the_minimiser());
  return list;
}

std::vector<ParameterSpec> training_parameters() {
  std::vector<ParameterSpec> list = optimizer_parameters();
  append(list, of_the_schedule());
  append(list, of_the_restraints());
  append(list, of_the_training());
  return list;
}

Settings optimizer_settings(const SettingValues& values) {
  Settings s;
  const auto take = [&]<class T>(const char* name, T& to) { to = std::get<T>(values.at(name)); };
  take("optimizer", s.optimizer);
  take("lr", s.lr), take("momentum", s.momentum), take("beta2", s.beta2), take("epsilon", s.epsilon);
  take("line_search", s.line_search), take("c1", s.c1), take("c2", s.c2);
  take("cg_update", s.cg_update), take("cg_restart", s.cg_restart), take("memory", s.memory);
  take("inner_steps", s.inner_steps), take("damping", s.damping), take("radius", s.radius);
  take("gradient_tolerance", s.gradient_tolerance);
  s.bias_correction = std::get<std::string>(values.at("bias_correction")) == "on";
  return s;
}

Settings training_settings(const SettingValues& values) {
  Settings s = optimizer_settings(values);
  const auto take = [&]<class T>(const char* name, T& to) { to = std::get<T>(values.at(name)); };
  take("arch", s.arch), take("loss", s.loss), take("init", s.init);
  take("label_smoothing", s.label_smoothing), take("delta", s.delta), take("quantile", s.quantile);
  s.balanced_classes = std::get<std::string>(values.at("class_weights")) == "balanced";
  take("weight_decay", s.weight_decay), take("l1", s.l1), take("max_norm", s.max_norm);
  take("clip", s.clip), take("clip_value", s.clip_value);
  take("freeze", s.freeze), take("cut", s.cut), take("lr_scale", s.lr_scale);
  take("schedule", s.schedule), take("warmup", s.warmup), take("drop_every", s.drop_every);
  take("drop", s.drop), take("power", s.power), take("patience", s.patience), take("early_stop", s.early_stop);
  take("batch_growth", s.batch_growth), take("batch", s.batch), take("accumulate", s.accumulate),
      take("augment", s.augment);
  return s;
}

}  // namespace limn
