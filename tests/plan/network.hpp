// Whole training steps as functions, for tests of what a plan makes of them.
#pragma once
#include "autodiff/autodiff.hpp"
#include "graph/fn.hpp"
#include "nn/architecture.hpp"
#include "nn/loss.hpp"
#include "rule/rule.hpp"

namespace limn::testing {

// Inputs: theta, the rule's moments (states), x, y, lr, momentum, beta2, epsilon. Outputs: loss, gradient.
inline Fn training_fn(const Network& network, std::int64_t batch, std::string_view rule_name) {
  const Rule& rule = find_rule(rule_name);
  return trace([&](Fn& f) {
    const Shape flat{network.parameters().size};
    const Value theta = input(f.graph, "theta", flat);
    std::vector<Value> moments;
    for (const Moment& m : rule.moments) moments.push_back(input(f.graph, m.name, m.shape(flat.size())));
    const Value x = input(f.graph, "x", {batch, network.inputs()}), y = input(f.graph, "y", {batch}, DType::kIndex);
    Hyper hyper;
    hyper.lr = input(f.graph, "lr", {}), hyper.momentum = input(f.graph, "momentum", {});
    hyper.beta2 = input(f.graph, "beta2", {}), hyper.epsilon = input(f.graph, "epsilon", {});
    const Value loss = mean(softmax_cross_entropy(network.build(x, theta, {}, true).logits, y)),
                gradient = grad(loss, theta);
    f.output("loss", loss);
    f.output("gradient", gradient);
    const Update update = rule.update(theta, gradient, moments, hyper);
    f.state(theta, update.theta);
    for (std::size_t i = 0; i < moments.size(); ++i) f.state(moments[i], update.moments[i]);
  });
}

inline std::string deep(int layers, int units) {
  std::string text;
  for (int i = 1; i < layers; ++i) text += fmt::format("dense {} relu | ", units);
  return text + "dense 3";
}

}  // namespace limn::testing
