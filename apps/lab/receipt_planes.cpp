// Receipts of planes: a convolution's sums term by term, what pools and their like pass on, and the derivatives by
// windows. Source: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning" (2016).
#include <algorithm>
#include <cmath>

#include "autodiff/autodiff.hpp"
#include "lab/receipt_slip.hpp"

namespace limn::lab {
namespace {

// Where a window stands: for a place that it makes, and a place within it, the place that it reads; none in padding.
struct Reach {
  const Window& window;
  Shape in;  // [height, width, channels]

  std::optional<std::int64_t> at(std::int64_t y, std::int64_t x, std::int64_t dy, std::int64_t dx,
                                 std::int64_t channel) const {
    const std::int64_t row = y * window.stride[0] + dy * window.dilation[0] - window.low[0],
                       column = x * window.stride[1] + dx * window.dilation[1] - window.low[1];
    if (row < 0 || row >= in[0] || column < 0 || column >= in[1]) return {};
    return (row * in[1] + column) * in[2] + channel;
  }
};

}  // namespace

Account conv_z(const Scene& scene, const Rows& rows, const Name& n) {
  const LayerSpec& layer = scene.layer(n.layer);
  const Window& window = layer.window;
  const std::string in = rows.entering(n.layer);
  const Reach reach{window, rows.shape(in)};
  const Shape out = rows.shape(fmt::format("layer{}.z", n.layer));
  const std::int64_t unit = n.at(0) % out[2], x = n.at(0) / out[2] % out[1], y = n.at(0) / (out[1] * out[2]);
  const std::int64_t of_group = reach.in[2] / window.groups, first = unit / (layer.units / window.groups) * of_group;
  Slip slip{.formula = layer.has_bias ? "z = b + Σ w·a" : "z = Σ w·a", .terms = {}};
  double sizes = 0;
  const auto add = [&](const std::vector<Given>& of) {
    slip.terms.push_back({of, product(of)});
    sizes += std::abs(slip.terms.back().product);
  };
  if (layer.has_bias) add(used(scene.session, fmt::format("layer{}.b[{}]", n.layer, unit)));
  for (std::int64_t dy = 0; dy < window.size[0]; ++dy)
    for (std::int64_t dx = 0; dx < window.size[1]; ++dx)
      for (std::int64_t c = 0; c < of_group; ++c)
        if (const auto at = reach.at(y, x, dy, dx, first + c)) {
          auto of = used(scene.session, fmt::format("layer{}.w[{},{},{},{}]", n.layer, dy, dx, c, unit));
          of.insert(of.begin() + 1, rows.given(in, rows.asked(), *at));
          add(of);
        }
  slip.bound = (units_of_sum(static_cast<double>(slip.terms.size())) + 1) * kUnit * sizes;
  return slip;
}

// All that lies between two layers which learn passes numbers on: each is a sum of what entered, times what the
// derivative says.
Account of_moved(const Rows& rows, const Name& n) {
  const Network& network = rows.session().model().network;
  const std::string name = n.layer > 0 ? fmt::format("layer{}.in", n.layer) : n.tensor;
  const std::size_t own = static_cast<std::size_t>(std::ranges::find(network.names(), name.substr(0, name.find('.'))) -
                                                   network.names().begin());
  const std::size_t last = n.layer > 0 ? own : own + 1;
  std::size_t begin = last;  // of the layers in between
  while (begin > 0 && !network.layers()[begin - 1].has_parameters()) --begin;
  std::vector<LayerSpec> between(network.layers().begin() + static_cast<std::ptrdiff_t>(begin),
                                 network.layers().begin() + static_cast<std::ptrdiff_t>(last));
  if (rows.mode() == Mode::kEvaluation) std::erase_if(between, &LayerSpec::drops_out);
  const std::string from = begin == 0 ? "input" : network.names()[begin - 1] + ".a";

  const std::size_t row = rows.asked();
  Twin twin(rows, batch_of(rows, row), true);
  twin.give(from);
  const Value to = twin.value_of(name), source = twin.value_of(from);
  const std::size_t width = rows.of(name, row).size(), at = twin.row(row) * width + static_cast<std::size_t>(n.at(0));
  const Value one = input(twin.fn.graph, "one", to.shape());
  Numbers chosen(static_cast<std::size_t>(to.size()));
  chosen[at] = 1;
  twin.run->give(one.id(), chosen);
  const Value slope = grad(sum(to * one), source);
  const Numbers slopes = twin.run->value(slope.id());
  Slip slip{.formula = between.empty() ? "what the layer before gives" : to_text(between), .terms = {}};
  const std::size_t entering = rows.of(from, row).size(), begins = twin.row(row) * entering;
  for (std::size_t i = 0; i < entering; ++i) {
    if (slopes[begins + i] == 0) continue;
    std::vector<Given> of{rows.given(from, row, static_cast<std::int64_t>(i))};
    if (slopes[begins + i] != 1) of.push_back({"factor", -1, slopes[begins + i]});
    slip.terms.push_back({of, product(of)});
  }
  slip.bound = twin.run->rounding(to.id())[at];
  return slip;
}

void add_conv_parts(const Scene& scene, const Rows& rows, const Name& n, double weight, Slip& slip) {
  const std::string delta = fmt::format("layer{}.delta", n.layer), in = rows.entering(n.layer);
  const LayerSpec& layer = scene.layer(n.layer);
  const Window& window = layer.window;
  const Reach reach{window, rows.shape(in)};
  const Shape out = rows.shape(delta);
  const std::int64_t unit = n.index.back(), group = unit / (layer.units / window.groups);
  const std::int64_t channel = group * (reach.in[2] / window.groups) + n.at(2);
  const Numbers errors = rounding_of(scene, rows, delta);
  const double growth =
      (units_of_sum(static_cast<double>(rows.count()) * static_cast<double>(out[0] * out[1])) + 6) * kUnit;
  for (std::size_t row = 0; row < rows.count(); ++row) {
    const auto blame = rows.of(delta, row), entered = rows.of(in, row);
    double part = 0;
    for (std::int64_t y = 0; y < out[0]; ++y)
      for (std::int64_t x = 0; x < out[1]; ++x) {
        const auto at = n.tensor == "db" ? std::optional<std::int64_t>{0} : reach.at(y, x, n.at(0), n.at(1), channel);
        if (!at) continue;
        const auto place = static_cast<std::size_t>((y * out[1] + x) * out[2] + unit);
        const double a = n.tensor == "db" ? 1 : entered[static_cast<std::size_t>(*at)], product = a * blame[place];
        part += product;
        slip.bound += (growth * std::abs(product) + 2 * std::abs(a) * errors[row * blame.size() + place]) / weight;
      }
    slip.terms.push_back({{{fmt::format("{} of row {}", n.tensor == "db" ? "Σ δ" : "Σ a·δ", row), -1, part}}, part});
  }
}

}  // namespace limn::lab
