#include "train/model.hpp"

#include "autodiff/autodiff.hpp"
#include "rule/rule.hpp"

namespace limn {
namespace {

struct Heads {
  Value loss;    // [batch]
  Value output;  // [batch, outputs]
};

Value target_input(const ModelSpec& model, Graph& graph, std::int64_t batch) {
  if (model.target == TargetKind::kLabels) return input(graph, "y", {batch}, DType::kIndex);
  return input(graph, "y", {batch, model.network.outputs()});
}

// A last softmax or logistic belongs to the cross-entropy, which takes what stands before it.
Heads heads(const ModelSpec& model, const Activations& activations, Value y) {
  const Scope scope(y.graph(), "loss");
  if (!model.cross_entropy) {
    const Value targets = model.target == TargetKind::kLabels ? one_hot(y, model.network.outputs()) : y;
    return {squared_error(activations.output, targets), activations.output};
  }
  const std::string& last = model.network.layers().back().activation;
  const bool binary = model.target == TargetKind::kBinary;
  const Value logits = last == (binary ? "sigmoid" : "softmax") ? activations.logits : activations.output;
  if (binary) return {logistic_cross_entropy(logits, y), sigmoid(logits)};
  return {softmax_cross_entropy(logits, y), softmax(logits)};
}

}  // namespace

Fn training_step(const ModelSpec& model, const Settings& settings, std::int64_t batch, bool decay) {
  const Rule& rule = find_rule(settings.optimizer);
  return trace([&](Fn& fn) {
    Graph& graph = fn.graph;
    const Shape flat{model.network.parameters().size};
    const Value theta = input(graph, "theta", flat);
    std::vector<Value> moments;
    for (const Moment& m : rule.moments) moments.push_back(input(graph, m.name, m.shape(flat.size())));
    const Value mask = input(graph, "decay_mask", flat), x = input(graph, "x", {batch, model.network.inputs()});
    const Value y = target_input(model, graph, batch);
    const Hyper hyper{input(graph, "lr", {}), input(graph, "momentum", {}), input(graph, "beta2", {}),
                      input(graph, "epsilon", {})};
    const Value weight_decay = input(graph, "weight_decay", {});

    const Value loss = mean(heads(model, model.network.build(x, theta, {}, true), y).loss);
    const Value gradient = grad(loss, theta);
    fn.output("loss", loss);
    fn.output("gradient", gradient);
    const Scope scope(graph, "update");
    const Update update = decay ? update_with_decay(rule, theta, gradient, moments, hyper, mask, weight_decay)
                                : rule.update(theta, gradient, moments, hyper);
    fn.state(theta, update.theta);
    for (std::size_t i = 0; i < moments.size(); ++i) fn.state(moments[i], update.moments[i]);
  });
}

Fn evaluation(const ModelSpec& model, std::int64_t batch) {
  return trace([&](Fn& fn) {
    const Value theta = input(fn.graph, "theta", {model.network.parameters().size});
    const Value x = input(fn.graph, "x", {batch, model.network.inputs()}), y = target_input(model, fn.graph, batch);
    const Heads result = heads(model, model.network.build(x, theta, {}, false), y);
    fn.output("loss", result.loss);
    fn.output("output", result.output);
  });
}

}  // namespace limn
