#include "experiment/mlp.hpp"

#include <algorithm>

#include "data/noise.hpp"
#include "experiment/network.hpp"
#include "experiment/training.hpp"
#include "nn/architecture.hpp"

namespace limn {
namespace {

std::string arch(const Dataset& data) {
  const std::string hidden =
      is_images(data) ? "dense 512 relu | dropout 0.2 | dense 256 relu | dropout 0.2" : "dense 64 relu | dense 64 relu";
  return fmt::format("{} | dense {}", hidden, target_outputs(data));
}

// A fixed prior on the weights weighs the less, the more rows speak against it, and the more, the noisier they are:
// docs/decisions/0004-weight-decay-by-noise.md. Images have dropout instead.
double weight_decay(const Dataset& data) {
  if (is_images(data) || data.train.empty()) return 0;
  const auto rows = static_cast<double>(data.train.size());
  return data.task == Task::kClassify ? std::min(0.02, 2 / rows) : std::min(0.1, 45 * noise_share(data) / rows);
}

void resolve(Recipe& recipe, const Dataset& data) {
  const std::int64_t outputs = target_outputs(data);
  resolve_network(
      recipe, data,
      {.arch = arch(data), .loss = target_loss(data), .weight_decay = weight_decay(data), .outputs = outputs});
  const auto& text = std::get<std::string>(recipe.settings.at("arch"));
  if (Network(text, data.sample).has_planes())
    throw Error(fmt::format("mlp is a dense network, and \"{}\" has layers of planes", text),
                fmt::format("limn train cnn --data {}", recipe.data));
  check_loss(recipe, data);
}

}  // namespace

Experiment mlp_experiment() {
  return {.name = "mlp",
          .title = {"A dense network", "全连接网络"},
          .help = {"learns classes or numbers from any table or set of images", "从任意表格或图像数据中学习分类或回归"},
          .parameters = network_parameters(),
          .resolve = resolve,
          .settings = training_settings};
}

}  // namespace limn
