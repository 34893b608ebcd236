#include "experiment/network.hpp"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.hpp"
#include "experiment/training.hpp"
#include "experiment/weights.hpp"
#include "nn/architecture.hpp"
#include "nn/ready.hpp"
#include "optim/minimiser.hpp"
#include "rule/rule.hpp"
#include "train/loss.hpp"

namespace limn {
namespace {

// What "auto" means: with the defaults of each experiment the one place where they are tuned.
namespace automatic {

constexpr std::int64_t kImageEpochs = 10, kSteps = 4000;  // small sets go round until they have had kSteps
constexpr std::int64_t kImageBatch = 128, kTableBatch = 32, kMostRows = 65536, kMostBatch = 1 << 30, kIterations = 300;

// The rates that suit a rule's steps: those that divide by the size of the gradient move by about lr in every
// parameter; momentum and nesterov gather about ten gradients; adadelta finds its own and lr only scales it; rprop's is
// its first step.
double rate(const Dataset& data, std::string_view optimizer, double adam) {
  if (find_method(optimizer)) return 0;  // its own
  struct Row {
    std::string_view name;
    double images, table;
  };
  static constexpr Row kRows[] = {{"sgd", 0.1, 0.1},      {"momentum", 0.03, 0.03}, {"nesterov", 0.03, 0.03},
                                  {"adagrad", 0.02, 0.1}, {"adadelta", 1, 1},       {"lion", 3e-4, 1e-3},
                                  {"rprop", 1e-3, 1e-2},  {"rmsprop", 1e-3, 3e-3},  {"rmsprop-centred", 1e-3, 3e-3}};
  for (const Row& row : kRows)
    if (row.name == optimizer) return is_images(data) ? row.images : row.table;
  return adam > 0 ? adam : is_images(data) ? 2e-3 : 1e-2;
}

// rprop compares the signs of gradients, which the noise of small batches would flip: it takes all rows it can. So do
// minimisers, whose line searches compare values.
std::int64_t batch(const Dataset& data, std::string_view optimizer) {
  if (find_method(optimizer)) return std::min<std::int64_t>(kMostBatch, static_cast<std::int64_t>(data.train.size()));
  const auto wanted = optimizer == "rprop" ? kMostRows : is_images(data) ? kImageBatch : kTableBatch;
  return std::min<std::int64_t>(wanted, static_cast<std::int64_t>(data.train.size()));
}

// The least batch from this one on that leaves no row alone, which batch normalisation could not normalise.
std::int64_t without_single_row(std::int64_t batch, std::int64_t rows) {
  while (batch > 1 && rows % batch == 1) ++batch;
  return batch;
}

std::int64_t epochs(const Dataset& data, std::int64_t steps_per_epoch, std::string_view optimizer) {
  if (find_method(optimizer)) return std::max<std::int64_t>(1, kIterations / steps_per_epoch);
  const std::int64_t least = is_images(data) ? kImageEpochs : 1;
  if (is_images(data) && optimizer == "rprop")
    return 10 * kImageEpochs;  // a step of all rows costs as much as an epoch
  return std::max(least, (kSteps + steps_per_epoch / 2) / steps_per_epoch);
}

}  // namespace automatic

template <class T>
const T& get(const SettingValues& values, const std::string& name) {
  return std::get<T>(values.at(name));
}

// Batch normalisation has nothing to normalise in a batch of one row.
void check_batches(const std::string& arch, std::int64_t batch, const Dataset& data) {
  const auto rows = static_cast<std::int64_t>(data.train.size());
  if ((batch > 1 && rows % batch != 1) || Network(arch, data.sample).statistics().size == 0) return;
  throw Error(fmt::format("batch normalisation needs 2 rows a batch, but {} rows in batches of {} leave one alone",
                          rows, batch),
              fmt::format("choose another batch, such as {}", batch > 1 ? batch + 1 : 32));
}

// What a minimiser would ignore is refused, unless it is what runs without it mean.
void check_meaning(const SettingValues& settings, const HyperDefaults& hyper,
                   std::span<const ParameterSpec> parameters) {
  const auto optimizer = get<std::string>(settings, "optimizer");
  const auto refuse = [&](const std::string& name, const std::string& usual) {
    throw Error(fmt::format("{} has no meaning to optimizer={}, which finds its steps itself", name, optimizer),
                fmt::format("leave it out, or take --set {}={}; rules such as optimizer=adam have it", name, usual));
  };
  const std::pair<const char*, double> hypers[] = {
      {"momentum", hyper.momentum}, {"beta2", hyper.beta2}, {"epsilon", hyper.epsilon}};
  for (const auto& [name, usual] : hypers)
    if (get<double>(settings, name) != usual) refuse(name, "auto");
  if (get<double>(settings, "lr") != 0 && optimizer != "gd") refuse("lr", "auto");
  for (const char* name : {"bias_correction", "schedule", "warmup", "drop", "drop_every", "power", "l1", "max_norm",
                           "clip", "clip_value", "lr_scale", "accumulate"}) {
    const ParameterSpec& parameter = find_parameter(parameters, name);
    if (std::string_view(name) == "schedule" && settings.at(name) == SettingValue("constant")) continue;
    if (settings.at(name) != parse_value(parameter, parameter.initial)) refuse(name, parameter.initial);
  }
}

}  // namespace

void resolve_network(Recipe& recipe, const Dataset& data, const NetworkDefaults& defaults) {
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
  auto& weights = settings["weights"];
  weights = pin_weights(std::get<std::string>(weights));
  if (settings["arch"] == SettingValue("auto"))
    if (auto arch = architecture_of_weights(std::get<std::string>(weights)); !arch.empty())
      settings["arch"] = std::move(arch);
  fill("arch", defaults.arch);
  if (defaults.outputs > 0)
    if (auto ready = ready_network(get<std::string>(settings, "arch"), data.sample, defaults.outputs); !ready.empty())
      settings["arch"] = std::move(ready);
  fill("loss", defaults.loss);
  const std::string optimizer = get<std::string>(settings, "optimizer");
  fill("lr", automatic::rate(data, optimizer, defaults.adam_rate));
  const HyperDefaults hyper = find_method(optimizer) ? HyperDefaults() : find_rule(optimizer).defaults;
  fill("momentum", hyper.momentum);
  fill("beta2", hyper.beta2);
  fill("epsilon", hyper.epsilon);
  fill("weight_decay", defaults.weight_decay);
  const bool is_usual = !find_method(optimizer) && optimizer != "rprop";
  fill("batch", is_usual && defaults.batch > 0 ? automatic::without_single_row(std::min(defaults.batch, rows), rows)
                                               : automatic::batch(data, optimizer));
  if (get<std::int64_t>(settings, "batch") > rows)
    throw Error(fmt::format("batch {} is larger than the {} training rows of {}", get<std::int64_t>(settings, "batch"),
                            rows, data.name),
                fmt::format("choose a batch from 1 to {}", rows));
  if (find_method(optimizer)) check_meaning(settings, hyper, parameters);
  check_batches(get<std::string>(settings, "arch"), get<std::int64_t>(settings, "batch"), data);
  const bool watches =
      get<std::string>(settings, "schedule") == "plateau" || get<std::int64_t>(settings, "early_stop") > 0;
  if (watches && data.valid.empty())
    throw Error(fmt::format("early stopping and the plateau schedule need validation rows, {} has none", data.name),
                "keep some with --set split=0.7/0.15/0.15, or take another schedule and early_stop=0");
  if (!recipe.epochs && !recipe.steps)
    recipe.epochs = is_usual && defaults.epochs > 0 ? defaults.epochs
                                                    : automatic::epochs(data, steps_per_epoch(recipe, data), optimizer);
}

std::vector<ParameterSpec> network_parameters(const Words& more) {
  std::vector<ParameterSpec> list = training_parameters();
  list.insert(list.begin(),
              {.name = "arch",
               .kind = ParameterKind::kText,
               .label = {"architecture", "网络结构"},
               .help = {"layers from input to output, such as dense 64 relu | dropout 0.2 | dense 10; auto chooses by "
                        "the data" +
                            more.en,
                        "从输入到输出的各层，例如 dense 64 relu | dropout 0.2 | dense 10；auto 按数据选择" + more.zh},
               .initial = "auto",
               .automatic = true,
               .fixed = true});
  return list;
}

bool is_images(const Dataset& data) { return data.preprocessing.kind == "images"; }
std::int64_t target_outputs(const Dataset& data) {
  return data.task == Task::kClassify ? static_cast<std::int64_t>(data.classes.size()) : 1;
}
std::string target_loss(const Dataset& data) { return data.task == Task::kClassify ? "cross-entropy" : "squared"; }

void check_loss(const Recipe& recipe, const Dataset& data) {
  const auto& name = get<std::string>(recipe.settings, "loss");
  const bool classes = data.task == Task::kClassify;
  const Loss& loss = find_loss(name);
  if (classes ? loss.for_classes : loss.for_numbers) return;
  std::vector<std::string_view> fitting;
  for (const Loss& other : losses())
    if (classes ? other.for_classes : other.for_numbers) fitting.push_back(other.name);
  throw Error(fmt::format("{} {}, but the target of {} is a {}", name, classes ? "is for numbers" : "needs classes",
                          data.name, classes ? "class" : "number"),
              fmt::format("choose loss={}, or another target column", fmt::join(fitting, ", or loss=")));
}

}  // namespace limn
