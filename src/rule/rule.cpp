// The table of update rules: adding one is a function in a file of its family, its declaration, and its row here.
#include "rule/rule.hpp"

#include <fmt/ranges.h>

#include <algorithm>

#include "rule/family.hpp"

namespace limn {
namespace {

constexpr const char *kMean = "β₁·m + (1 − β₁)·g", *kSquare = "β₂·v + (1 − β₂)·g²", *kAdam = "θ ← θ − η·m̂/(√v̂ + ε)";

const Rule kRules[] = {
    {"sgd", "θ ← θ − η·g", {}, rule::sgd},
    {"momentum", "θ ← θ − η·v", {{"momentum", "v", "β₁·v + g"}}, rule::momentum},
    {"nesterov", "θ ← θ − η·(g + β₁·v)", {{"momentum", "v", "β₁·v + g"}}, rule::nesterov},
    {"adagrad", "θ ← θ − η·g/(√s + ε)", {{"adagrad.sum", "s", "s + g²"}}, rule::adagrad, {.epsilon = 1e-10}},
    {"rmsprop", "θ ← θ − η·g/(√v + ε)", {{"rmsprop.square", "v", kSquare}}, rule::rmsprop, {.beta2 = 0.99}},
    {"rmsprop-centred",
     "θ ← θ − η·g/(√(v − m²) + ε)",
     {{"rmsprop.square", "v", kSquare}, {"rmsprop.mean", "m", "β₂·m + (1 − β₂)·g"}},
     rule::rmsprop_centred,
     {.beta2 = 0.99}},
    {"adadelta",
     "θ ← θ − η·Δ",
     {{"adadelta.square", "v", kSquare}, {"adadelta.step", "u", "β₂·u + (1 − β₂)·Δ²"}},
     rule::adadelta,
     {.beta2 = 0.9, .epsilon = 1e-6},
     false,
     rule::adadelta_lines},
    {"adam", kAdam, {{"adam.m", "m", kMean}, {"adam.v", "v", kSquare}}, rule::adam, {}, false, rule::adam_lines},
    {"amsgrad",
     kAdam,
     {{"amsgrad.m", "m", kMean}, {"amsgrad.v", "v", kSquare}, {"amsgrad.max", "v_max", "max(v_max, v)"}},
     rule::amsgrad,
     {},
     false,
     rule::amsgrad_lines},
    {"adamax",
     "θ ← θ − η·m̂/u",
     {{"adamax.m", "m", kMean}, {"adamax.u", "u", "max(β₂·u, |g| + ε)"}},
     rule::adamax,
     {},
     false,
     rule::adamax_lines},
    {"nadam",
     "θ ← θ − η·m̂/(√v̂ + ε)",
     {{"nadam.m", "m", kMean}, {"nadam.v", "v", kSquare}, {"nadam/product", "Πμ", "Πμ·μ", 1, true}},
     rule::nadam,
     {},
     false,
     rule::nadam_lines},
    {"radam",
     "θ ← θ − η·step",
     {{"radam.m", "m", kMean}, {"radam.v", "v", kSquare}},
     rule::radam,
     {},
     false,
     rule::radam_lines},
    {"adamw", kAdam, {{"adamw.m", "m", kMean}, {"adamw.v", "v", kSquare}}, rule::adam, {}, true, rule::adam_lines},
    {"lion",
     "θ ← θ − η·sign(c)",
     {{"lion.m", "m", "β₂·m + (1 − β₂)·g"}},
     rule::lion,
     {.beta2 = 0.99},
     true,
     rule::lion_lines},
    {"rprop",
     "θ ← θ − Δ·sign(g′)",
     {{"rprop.gradient", "g′", "0 where g′·g < 0, else g"},
      {"rprop.step", "Δ", "Δ·1.2 where g′·g > 0, Δ·0.5 where g′·g < 0, at first η"}},
     rule::rprop},
};

}  // namespace

std::span<const Rule> rules() { return kRules; }

const Rule& find_rule(std::string_view name) {
  const auto it = std::ranges::find(kRules, name, &Rule::name);
  if (it != std::end(kRules)) return *it;
  std::vector<std::string_view> names;
  for (const Rule& rule : kRules) names.push_back(rule.name);
  throw Error(fmt::format("there is no optimizer \"{}\"", name), fmt::format("take one of {}", fmt::join(names, ", ")));
}

Update update_with_decay(const Rule& rule, Value theta, Value gradient, std::span<const Value> moments,
                         const Hyper& hyper, Value mask, Value decay) {
  const Value pull = decay * (mask * theta);
  if (rule.decoupled) return rule.update(theta - hyper.lr * pull, gradient, moments, hyper);
  return rule.update(theta, gradient + pull, moments, hyper);
}

}  // namespace limn
