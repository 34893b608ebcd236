#include "train/model.hpp"

#include <algorithm>

#include "autodiff/autodiff.hpp"
#include "nn/activation.hpp"
#include "train/fault.hpp"

namespace limn {
namespace {

// The forward part: what every function of a model begins with.
struct Forward {
  Value theta, used;  // the input, and what of it is not cut
  Value statistics;   // the input, or empty
  WeightedRows rows;  // the loss [batch], and how much each row counts; empty: all alike
  Value end;          // [batch, outputs]: what the loss takes
  Value output;       // [batch, outputs]: what it means
  Activations activations;

  Forward(Fn& fn, const ModelSpec& model, const Settings& settings, std::int64_t batch, Mode mode) {
    Graph& graph = fn.graph;
    const Network& network = model.network;
    theta = input(graph, "theta", {network.parameters().size});
    if (network.statistics().size > 0) statistics = input(graph, "statistics", {network.statistics().size});
    const Value x = input(graph, "x", {batch, network.inputs()});
    const Value y = model.target == TargetKind::kInputs   ? x
                    : model.target == TargetKind::kLabels ? input(graph, "y", {batch}, DType::kIndex)
                                                          : input(graph, "y", {batch, network.outputs()});
    used = without_cut(theta, switches_of(settings));
    activations = network.build(x, used, statistics, mode == Mode::kTraining);

    const Scope scope(graph, "loss");
    end = end_of(model, activations);
    LossInput in{end, y, model.target};
    in.delta = settings.delta, in.quantile = settings.quantile;
    if (mode == Mode::kTraining) {
      in.smoothing = settings.label_smoothing;
      if (settings.balanced_classes) in.class_weights = input(graph, "class_weights", {model.classes});
    }
    rows = model.loss->by_row(in);
    output = model.loss->prediction ? model.loss->prediction(end, model.target) : end;
  }
  void keep_statistics(Fn& fn) const {
    if (statistics) fn.state(statistics, activations.statistics);
  }
};

void check_counts(const Dataset& data) {
  const Preprocessing& p = data.preprocessing;
  for (const std::int32_t row : data.train)  // of data without answers the targets are not numbers
    if (data.targets[static_cast<std::size_t>(row)] * p.target_deviation + p.target_mean < -1e-4 * p.target_deviation)
      throw Error(fmt::format("{} has targets below 0, which are no counts", data.name), "take --set loss=squared");
}

// The gradient with every kernel turned around: a fault.
Value turned(const Network& network, Value slope) {
  std::vector<Value> parts;
  for (const Parameter& p : network.parameters().list) {
    const std::int64_t places = p.shape.rank() == 4 ? p.shape[0] * p.shape[1] : 1, each = p.shape.size() / places;
    for (std::int64_t i = places; i > 0; --i)
      parts.push_back(slice(slope, 0, p.offset + (i - 1) * each, p.offset + i * each));
  }
  return concat(parts, 0);
}

Value slope_of(const ModelSpec& model, Value loss, Value by) {
  const Value slope = grad(loss, by);
  if (has_fault("flipped-kernel")) return turned(model.network, slope);
  return has_fault("gradient-sign") ? -slope : slope;
}

}  // namespace

Value end_of(const ModelSpec& model, const Activations& activations) {
  const std::string& last = model.network.layers().back().activation;
  const bool belongs =
      model.loss->takes_logits && last == (model.target == TargetKind::kLabels ? "softmax" : "sigmoid");
  return belongs ? activations.logits : activations.output;
}

ModelSpec make_model(const Settings& settings, const Dataset& data) {
  const Loss& loss = find_loss(settings.loss);
  Network network(settings.arch, data.sample);
  const std::int64_t outputs = network.outputs();
  const auto classes = static_cast<std::int64_t>(data.classes.size());
  auto wants = [&](const std::string& end) {
    throw Error(fmt::format("the architecture ends with {} outputs, {} wants {}", outputs, data.name, end),
                "change the last layer of \"" + settings.arch + "\"");
  };
  if (settings.reconstruct) {
    if (!loss.for_inputs)
      throw Error(fmt::format("the loss {} cannot compare a row with itself", loss.name), "take --set loss=squared");
    if (loss.takes_logits && (data.preprocessing.kind != "images" || !data.preprocessing.channels.empty()))
      throw Error(fmt::format("{} wants numbers from 0 to 1, and those of {} are not", loss.name, data.name),
                  "take --set loss=squared");
    if (outputs != data.sample.size()) wants(fmt::format("{}, as many as a row has numbers", data.sample.size()));
    return {std::move(network), &loss, TargetKind::kInputs, 0};
  }
  if (data.task == Task::kRegress) {
    if (!loss.for_numbers)
      throw Error(fmt::format("{} has a number as its target", data.name), "take --set loss=squared");
    if (outputs != 1) wants("one");
    if (loss.of_counts) check_counts(data);
    return {std::move(network), &loss, loss.of_counts ? TargetKind::kCounts : TargetKind::kNumbers, 0};
  }
  if (!loss.for_classes)
    throw Error(fmt::format("the target of {} is a class, {} is for numbers", data.name, loss.name),
                "take --set loss=cross-entropy");
  const bool binary = classes == 2 && outputs == 1;
  if (!binary && outputs != classes)
    wants(classes == 2 ? "2 (one a class), or 1" : fmt::format("{} (one a class)", classes));
  return {std::move(network), &loss, binary ? TargetKind::kBinary : TargetKind::kLabels, classes};
}

Shape ModelSpec::row_shape(const std::string& name, std::size_t width) const {
  const auto size = static_cast<std::int64_t>(width);
  const auto found = std::ranges::find(network.names(), name.substr(0, name.find('.')));
  if (found == network.names().end()) return {size};
  const auto place = static_cast<std::size_t>(found - network.names().begin());
  const bool is_flat = network.layers()[place].kind == LayerSpec::Kind::kDense;
  const Shape& shape = name.ends_with(".in") && !is_flat ? network.entering(place) : network.shapes()[place];
  return shape.size() == size ? shape : Shape{size};
}

Fn training_step(const ModelSpec& model, const Settings& settings, std::int64_t batch) {
  return trace([&](Fn& fn) {
    const Forward forward(fn, model, settings, batch, Mode::kTraining);
    forward.keep_statistics(fn);
    const Value loss = forward.rows.weight ? weighted_mean(forward.rows) : mean(forward.rows.loss);
    const Value gradient = slope_of(model, loss, forward.used);
    fn.output("loss", loss);
    fn.output("gradient", gradient);
    add_update(fn, model.network.parameters(), settings, forward.theta, forward.used, gradient);
  });
}

Fn gradient_part(const ModelSpec& model, const Settings& settings, std::int64_t batch) {
  return trace([&](Fn& fn) {
    const Forward forward(fn, model, settings, batch, Mode::kTraining);
    forward.keep_statistics(fn);
    const Value gradient_sum = input(fn.graph, "gradient_sum", forward.theta.shape()),
                loss_sum = input(fn.graph, "loss_sum", {}), weight_sum = input(fn.graph, "weight_sum", {});
    const Value loss = sum(forward.rows.loss);
    fn.state(gradient_sum, gradient_sum + slope_of(model, loss, forward.used));
    fn.state(loss_sum, loss_sum + loss);
    fn.state(weight_sum,
             forward.rows.weight ? weight_sum + sum(forward.rows.weight) : weight_sum + static_cast<double>(batch));
  });
}

Fn update_part(const ModelSpec& model, const Settings& settings) {
  return trace([&](Fn& fn) {
    const Shape flat{model.network.parameters().size};
    const Value theta = input(fn.graph, "theta", flat), gradient_sum = input(fn.graph, "gradient_sum", flat),
                loss_sum = input(fn.graph, "loss_sum", {}), weight_sum = input(fn.graph, "weight_sum", {});
    const Value gradient = gradient_sum / weight_sum, zero = constant(fn.graph, 0);
    fn.output("loss", loss_sum / weight_sum);
    fn.output("gradient", gradient);
    add_update(fn, model.network.parameters(), settings, theta, without_cut(theta, switches_of(settings)), gradient);
    fn.state(gradient_sum, broadcast(zero, flat));
    fn.state(loss_sum, zero);
    fn.state(weight_sum, zero);
  });
}

Fn objective_part(const ModelSpec& model, const Settings& settings, std::int64_t batch, Part part) {
  return trace([&](Fn& fn) {
    const Forward forward(fn, model, settings, batch, Mode::kTraining);
    if (part == Part::kStatistics) return forward.keep_statistics(fn);
    const Value loss = sum(forward.rows.loss);
    if (part == Part::kHessian || part == Part::kGaussNewton) {
      const Value v = input(fn.graph, "v", forward.theta.shape());
      fn.output("product", part == Part::kHessian
                               ? hvp(loss, forward.used, v)
                               : ggn(loss, forward.end, forward.used, v, forward.activations.of_batch));
      return;
    }
    fn.output("loss", forward.rows.loss);
    if (part == Part::kGradient) fn.output("gradient", slope_of(model, loss, forward.used));
  });
}

Fn evaluation(const ModelSpec& model, const Settings& settings, std::int64_t batch) {
  return trace([&](Fn& fn) {
    const Forward forward(fn, model, settings, batch, Mode::kEvaluation);
    fn.output("loss", forward.rows.loss);
    fn.output("output", forward.output);
  });
}

Fn row_gradient(const ModelSpec& model, const Settings& settings, std::int64_t batch) {
  return trace([&](Fn& fn) {
    const Forward forward(fn, model, settings, batch, Mode::kEvaluation);
    fn.output("gradient", slope_of(model, sum(forward.rows.loss), forward.used));
  });
}

Fn inspection(const ModelSpec& model, const Settings& settings, std::int64_t batch, bool blame, Mode mode) {
  return trace([&](Fn& fn) {
    const Forward forward(fn, model, settings, batch, mode);
    fn.output("loss", forward.rows.loss);
    const auto& [z, a] = std::tie(forward.activations.z, forward.activations.a);
    fn.output("output", forward.output);
    if (forward.rows.weight) fn.output("weight", forward.rows.weight);
    for (std::size_t k = 0; k < z.size(); ++k) {
      if (mode == Mode::kTraining || (blame && model.network.has_planes()))
        fn.output(fmt::format("layer{}.in", k + 1), forward.activations.in[k]);
      fn.output(fmt::format("layer{}.z", k + 1), z[k]);
      fn.output(fmt::format("layer{}.a", k + 1), a[k]);
    }
    if (!blame) return;
    for (const auto& [name, value] : forward.activations.moved) fn.output(name + ".a", value);
    const auto delta = grad(sum(forward.rows.loss), z);
    for (std::size_t k = 0; k < z.size(); ++k) fn.output(fmt::format("layer{}.delta", k + 1), delta[k]);
  });
}

}  // namespace limn
