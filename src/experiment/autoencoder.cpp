#include "experiment/autoencoder.hpp"

#include <algorithm>

#include "experiment/network.hpp"
#include "experiment/training.hpp"

namespace limn {
namespace {

// In three layers to a code of at most 30 numbers for images (Hinton and Salakhutdinov 2006), of 2 for tables, which
// can be drawn.
std::string arch(const Dataset& data) {
  const std::int64_t n = data.sample.size();
  if (!is_images(data)) return fmt::format("dense 16 tanh | dense 2 | dense 16 tanh | dense {}", n);
  const std::int64_t outer = std::clamp<std::int64_t>(n / 2, 4, 256), inner = outer / 2;
  return fmt::format(
      "dense {0} tanh | dense {1} tanh | dense {2} | dense {1} tanh | dense {0} tanh | dense {3} sigmoid", outer, inner,
      std::min<std::int64_t>(30, inner / 2), n);
}

void resolve(Recipe& recipe, const Dataset& data) { resolve_network(recipe, data, {arch(data), "squared", 0}); }

Settings settings(const SettingValues& values) {
  Settings s = training_settings(values);
  s.reconstruct = true;
  return s;
}

}  // namespace

Experiment autoencoder_experiment() {
  return {.name = "autoencoder",
          .title = {"An autoencoder", "自编码器"},
          .help = {"learns to reconstruct the rows of any table or set of images from a code of fewer numbers",
                   "学习用更少的数（编码）重建任意表格的行或图像"},
          .parameters = network_parameters(),
          .has_page = false,
          .resolve = resolve,
          .settings = settings};
}

}  // namespace limn
