#include "experiment/cnn.hpp"

#include "base/error.hpp"
#include "experiment/network.hpp"
#include "experiment/training.hpp"
#include "nn/ready.hpp"

namespace limn {
namespace {

constexpr std::int64_t kLargeSet = 20000;  // rows

void resolve(Recipe& recipe, const Dataset& data) {
  if (!is_images(data))
    throw Error(fmt::format("cnn wants images, and {} is a table", data.name),
                fmt::format("limn train mlp --data {}, or a set of images: `limn data list`", recipe.data));
  const bool is_large = static_cast<std::int64_t>(data.train.size()) >= kLargeSet;
  const std::int64_t outputs = target_outputs(data);
  resolve_network(recipe, data,
                  {.arch = ready_network("small-cnn", data.sample, outputs),
                   .loss = target_loss(data),
                   .adam_rate = 3e-3,
                   .outputs = outputs,
                   .batch = is_large ? 128 : 32,
                   .epochs = is_large ? 5 : 0});
  check_loss(recipe, data);
}

}  // namespace

Experiment cnn_experiment() {
  return {.name = "cnn",
          .title = {"A convolutional network", "卷积神经网络"},
          .help = {"learns classes or numbers from any set of images by convolutions",
                   "用卷积从任意图像数据中学习分类或回归"},
          .parameters = network_parameters(
              {"; images also by conv 32 3x3 relu, pool 2, global-pool, res 32 stride 2; or a ready network: " +
                   ready_network_names(),
               "；图像还可用 conv 32 3x3 relu、pool 2、global-pool、res 32 stride 2；或现成的网络：" +
                   ready_network_names()}),
          .resolve = resolve,
          .settings = training_settings};
}

}  // namespace limn
