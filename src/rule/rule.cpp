// The table of update rules: adding one is a function in a file of its family, its declaration, and its row here.
#include "rule/rule.hpp"

#include <fmt/ranges.h>

#include <algorithm>

#include "rule/family.hpp"

namespace limn {
namespace {

const Rule kRules[] = {
    {"sgd", {}, rule::sgd},
    {"momentum", {{"momentum"}}, rule::momentum},
    {"nesterov", {{"momentum"}}, rule::nesterov},
    {"adagrad", {{"adagrad.sum"}}, rule::adagrad, {.epsilon = 1e-10}},
    {"rmsprop", {{"rmsprop.square"}}, rule::rmsprop, {.beta2 = 0.99}},
    {"rmsprop-centred", {{"rmsprop.square"}, {"rmsprop.mean"}}, rule::rmsprop_centred, {.beta2 = 0.99}},
    {"adadelta", {{"adadelta.square"}, {"adadelta.step"}}, rule::adadelta, {.beta2 = 0.9, .epsilon = 1e-6}},
    {"adam", {{"adam.m"}, {"adam.v"}}, rule::adam},
    {"amsgrad", {{"amsgrad.m"}, {"amsgrad.v"}, {"amsgrad.max"}}, rule::amsgrad},
    {"adamax", {{"adamax.m"}, {"adamax.u"}}, rule::adamax},
    {"nadam", {{"nadam.m"}, {"nadam.v"}, {"nadam/product", 1, true}}, rule::nadam},
    {"radam", {{"radam.m"}, {"radam.v"}}, rule::radam},
    {"adamw", {{"adamw.m"}, {"adamw.v"}}, rule::adam, {}, true},
    {"lion", {{"lion.m"}}, rule::lion, {.beta2 = 0.99}, true},
    {"rprop", {{"rprop.gradient"}, {"rprop.step"}}, rule::rprop},
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
