// Receipts of what a row becomes on its way through the network: input, z, a, output, loss.
#include <algorithm>
#include <cmath>

#include "lab/receipt_slip.hpp"
#include "nn/norm.hpp"

namespace limn::lab {
namespace {

using Kind = LayerSpec::Kind;

Slip dense_z(const Scene& scene, const Rows& rows, const Name& n) {
  const LayerSpec& layer = scene.layer(n.layer);
  const std::int64_t j = n.at(0);
  const std::string in = rows.entering(n.layer);
  const std::size_t row = rows.asked();
  Slip slip{
      .formula = layer.tied ? fmt::format("z = b + Σ w·a, w of layer {} transposed", layer.tied) : "z = b + Σ w·a",
      .terms = {}};
  const auto bias = used(scene.session, fmt::format("layer{}.b[{}]", n.layer, j));
  slip.terms.push_back({bias, product(bias)});
  double sizes = std::abs(slip.terms[0].product);
  const auto width = static_cast<std::int64_t>(rows.of(in, row).size());
  for (std::int64_t i = 0; i < width; ++i) {
    auto of = used(scene.session, layer.tied ? fmt::format("layer{}.w[{},{}]", layer.tied, j, i)
                                             : fmt::format("layer{}.w[{},{}]", n.layer, i, j));
    of.insert(of.begin() + 1, rows.given(in, row, i));
    slip.terms.push_back({of, product(of)});
    sizes += std::abs(slip.terms.back().product);
  }
  slip.bound = (units_of_sum(static_cast<double>(width)) + 1) * kUnit * sizes;
  return slip;
}

// A unit's, or a channel's, numbers of all rows of a batch.
std::vector<double> of_batch(const Rows& rows, const std::string& tensor, std::pair<std::size_t, std::size_t> batch,
                             std::int64_t unit) {
  std::vector<double> values;
  for (std::size_t row = batch.first; row < batch.first + batch.second; ++row) {
    const auto part = rows.channel(tensor, row, unit);
    values.insert(values.end(), part.begin(), part.end());
  }
  return values;
}

Slip norm_z(const Scene& scene, const Rows& rows, const Name& n) {
  const bool of_row = scene.layer(n.layer).kind == Kind::kLayerNorm,
             running = !of_row && rows.mode() == Mode::kEvaluation;
  const std::int64_t j = n.at(0) % scene.units(n.layer);  // of planes the channel
  const std::size_t row = rows.asked();
  const std::string in = rows.entering(n.layer);
  const auto gamma = used(scene.session, fmt::format("layer{}.gamma[{}]", n.layer, j)),
             beta = used(scene.session, fmt::format("layer{}.beta[{}]", n.layer, j));
  const Given x = rows.given(in, row, n.at(0));
  Slip slip{.formula = "z = γ·x̂ + β, x̂ = (x − μ)/√(σ² + ε)", .terms = {}};
  Spread s;
  if (running) {
    const Given mean = given(scene.session, fmt::format("layer{}.mean[{}]", n.layer, j)),
                variance = given(scene.session, fmt::format("layer{}.variance[{}]", n.layer, j));
    s.mean = mean.value, s.variance = variance.value;
    slip.steps = {{"μ", "running mean", s.mean, {mean}}, {"σ²", "running variance", s.variance, {variance}}};
  } else {
    std::vector<double> values;
    const bool of_planes = rows.shape(in).rank() == 3;
    if (of_row) {
      const auto place = rows.of(in, row).subspan(static_cast<std::size_t>(n.at(0) - j),
                                                  static_cast<std::size_t>(scene.units(n.layer)));
      values.assign(place.begin(), place.end());
    } else {
      values = of_batch(rows, in, rows.batches()[batch_of(rows, row)], j);
    }
    s = Spread::of(values);
    const std::string over = fmt::format("over {} {}", values.size(),
                                         of_row ? (of_planes ? "channels of the place" : "units of the row")
                                                : (of_planes ? "places of the batch's planes" : "rows of the batch"));
    slip.steps = {{"μ", "mean of x " + over, s.mean, {x}}, {"σ²", "mean of (x − μ)² " + over, s.variance, {x}}};
  }
  const double normal = s.normal(x.value);
  slip.steps.push_back({"x̂", "(x − μ)/√(σ² + ε)", normal, {x, {"ε", -1, kNormEpsilon}}});
  std::vector<Given> of = gamma;
  of.insert(of.begin() + 1, {"x̂", -1, normal});
  slip.terms = {{of, product(of)}, {beta, product(beta)}};
  slip.bound = std::abs(product(gamma)) * s.normal_error(x.value) + kUnit * std::abs(beta[0].value);
  return slip;
}

std::vector<Given> inputs_of(const Rows& rows, const std::string& tensor, std::int64_t first) {
  std::vector<Given> all{rows.given(tensor, rows.asked(), first)}, others;
  for (std::size_t i = 0; i < rows.of(tensor, rows.asked()).size(); ++i)
    if (static_cast<std::int64_t>(i) != first)
      others.push_back(rows.given(tensor, rows.asked(), static_cast<std::int64_t>(i)));
  for (Given& g : largest(others, 9)) all.push_back(std::move(g));
  return all;
}

// How the prediction comes from the sums of the last layer.
const char* output_formula(const Rows& rows, std::size_t row) {
  const Loss& loss = *rows.session().model().loss;
  if (loss.of_counts) return "output = exp(z)";
  if (!loss.takes_logits) return "output = a";
  return rows.of("output", row).size() == 1 ? "output = 1/(1 + exp(−z))" : "output = exp(z)/Σ exp(z)";
}

}  // namespace

Account of_input(const Rows& rows, const Name& n) {
  const Dataset& data = rows.data();
  const Preprocessing& p = data.preprocessing;
  const std::int64_t i = n.at(0);
  const Given value = rows.given("input", rows.asked(), i);
  const std::int32_t row = rows.row(rows.asked());
  if (rows.mode() == Mode::kTraining && parse_augmentation(rows.session().settings().augment, p.kind == "images").any())
    return fmt::format("the sample is varied by augmentation ({}) in this epoch", rows.session().settings().augment);
  if (!data.bytes.empty()) {
    const double byte = data.bytes[static_cast<std::size_t>(row * data.sample.size() + i)];
    if (!p.channels.empty()) {
      const auto& [mean, deviation] =
          p.channels[static_cast<std::size_t>(i) / (static_cast<std::size_t>(data.sample.size()) / p.channels.size())];
      const double scaled = byte * static_cast<double>(data.byte_scale);
      return Slip{.formula = "x = (byte·scale − mean)/deviation of its channel",
                  .terms = {{{{"byte·scale", -1, scaled}}, scaled}, {{{"−mean", -1, -mean}}, -mean}},
                  .factor_name = "1/deviation",
                  .factor = 1 / deviation,
                  .bound = 4 * kUnit * (scaled + std::abs(mean)) / deviation};
    }
    return Slip{.formula = "x = byte·scale",
                .terms = {{{{"byte", -1, byte}}, byte}},
                .factor_name = "scale",
                .factor = data.byte_scale,
                .bound = kUnit * std::abs(value.value)};
  }
  std::int64_t at = 0;
  for (const ColumnEncoding& column : p.columns) {
    if (column.categories.empty()) {
      if (at++ != i) continue;
      const double raw = value.value * column.deviation + column.mean;
      return Slip{.formula = fmt::format("x = (raw − mean)/deviation of {}", column.name),
                  .terms = {{{{"raw", -1, raw}}, raw}, {{{"−mean", -1, -column.mean}}, -column.mean}},
                  .factor_name = "1/deviation",
                  .factor = 1 / column.deviation,
                  .bound = 4 * kUnit * (std::abs(raw) + std::abs(column.mean)) / column.deviation};
    }
    const auto count = static_cast<std::int64_t>(column.categories.size());
    if (i < at + count)
      return Slip{.formula = fmt::format("x = 1 where {} is {}, else 0", column.name,
                                         column.categories[static_cast<std::size_t>(i - at)]),
                  .terms = {{{{column.name, -1, value.value}}, value.value}}};
    at += count;
  }
  return Slip{.formula = "x as it stands in the data", .terms = {{{{"raw", -1, value.value}}, value.value}}};
}

// What enters a layer behind dropout.
Account of_entering(const Scene& scene, const Rows& rows, const Name& n) {
  const std::string name = rows.entering(n.layer);
  const std::size_t row = rows.asked();
  const std::string from = n.layer == 1 ? "input" : fmt::format("layer{}.a", n.layer - 1);
  if (name == from)
    return Slip{.formula = "what the layer before gives",
                .terms = {{{rows.given(from, row, n.at(0))}, rows.given(from, row, n.at(0)).value}}};
  Twin twin(rows, batch_of(rows, row), false);
  twin.give(from);
  const Given a = rows.given(from, row, n.at(0));
  const NodeId node = twin.node(fmt::format("layer{}.in", n.layer));
  const auto width = static_cast<std::size_t>(scene.units(n.layer - 1));
  const std::size_t at = twin.row(row) * width + static_cast<std::size_t>(n.at(0));
  const double before = twin.run->value(node)[at], bound = twin.run->rounding(node)[at];
  // The mask's factor is what 1 becomes.
  const NodeId source = twin.node(from);
  twin.run->give(source, Numbers(twin.count() * width, 1));
  const double kept = twin.run->value(node)[at];
  return Slip{.formula = "a/(1 − p) where dropout keeps it, else 0",
              .terms = {{{a, {kept == 0 ? "dropped" : "1/(1 − p)", -1, kept}}, before}},
              .bound = bound};
}

Account of_z(const Scene& scene, const Rows& rows, const Name& n) {
  switch (scene.layer(n.layer).kind) {
    case Kind::kDense: return dense_z(scene, rows, n);
    case Kind::kBatchNorm:
    case Kind::kLayerNorm: return norm_z(scene, rows, n);
    case Kind::kConv: return conv_z(scene, rows, n);
    default: return "what a block or a transposed convolution makes is not told term by term";
  }
}

Account of_head(const Rows& rows, const Name& n) {
  const std::size_t row = rows.asked();
  const ModelSpec& model = rows.session().model();
  const auto last = [&](const char* what) {
    return fmt::format("layer{}.{}", model.network.parameters().list.empty() ? 0 : [&] {
      int depth = 0;
      for (const LayerSpec& l : model.network.layers()) depth += l.has_parameters();
      return depth;
    }(), what);
  };
  Twin twin(rows, batch_of(rows, row), false);
  std::string tensor, from, formula;
  if (n.layer > 0) {
    tensor = fmt::format("layer{}.a", n.layer), from = fmt::format("layer{}.z", n.layer);
    int number = 0;
    for (const LayerSpec& l : model.network.layers())
      if (l.has_parameters() && ++number == n.layer) formula = fmt::format("a = {}(z)", l.activation);
  } else {
    tensor = n.tensor, from = last("z");
    formula = n.tensor == "loss" ? fmt::format("loss = {}", model.loss->formula) : output_formula(rows, row);
  }
  if (tensor == "weight") {
    const Given w = rows.given("weight", row, 0);
    return Slip{.formula = "what the row's class counts: rows/(classes · its rows)",
                .terms = {{{{"class weight", -1, w.value}}, w.value}}};
  }
  twin.give(from);
  const NodeId node = twin.node(tensor);
  const std::size_t width = rows.of(tensor, row).size(), at = twin.row(row) * width + static_cast<std::size_t>(n.at(0));
  auto of = inputs_of(rows, from, n.layer > 0 || n.tensor == "output" ? n.at(0) : 0);
  if (n.layer > 0 && formula.find("softmax") == std::string::npos) of.resize(1);
  if (tensor == "loss") {
    const NodeId y = twin.fn.find_input("y");
    of.push_back({"t", -1, twin.run->value(y)[twin.row(row) * (twin.run->value(y).size() / twin.count())]});
  }
  return Slip{.formula = formula,
              .terms = {{of, twin.run->value(node)[at], n.layer > 0 ? "a" : n.tensor}},
              .bound = twin.run->rounding(node)[at]};
}

// What is said of a number in the target's own unit.
Account of_prediction(const Rows& rows, const Name& n) {
  const Preprocessing& p = rows.data().preprocessing;
  const std::size_t row = rows.asked();
  const Given y = rows.given("output", row, 0);
  const bool counts = rows.session().model().target == TargetKind::kCounts, is_error = n.tensor == "error";
  Slip slip{.formula = fmt::format("{}{}", counts ? "y" : "y · deviation + mean", is_error ? " − target" : ""),
            .terms = {}};
  if (counts)
    slip.terms = {{{y}, y.value}};
  else
    slip.terms = {{{y, {"deviation", -1, p.target_deviation}}, y.value * p.target_deviation},
                  {{{"mean", -1, p.target_mean}}, p.target_mean}};
  if (is_error) {
    const double target = p.raw_target(rows.data().targets[static_cast<std::size_t>(rows.row(row))]);
    slip.bound = kUnit * std::abs(slip.sum());  // the prediction is rounded before
    slip.terms.push_back({{{"target", -1, target}}, -target, "−target"});
  }
  return slip;
}

}  // namespace limn::lab
