#include "nn/parameters.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "base/random.hpp"

namespace limn {
namespace {

struct Weight {
  std::int64_t inputs, outputs;
  float* to;  // [inputs, outputs]
  Fan fan;
};
using Draw = void (*)(Random& random, const Weight& weight);

void draw_normal(Random& random, double deviation, const Weight& w) {
  for (std::int64_t i = 0; i < w.inputs * w.outputs; ++i) w.to[i] = static_cast<float>(deviation * random.normal());
}
void draw_uniform(Random& random, double limit, const Weight& w) {
  for (std::int64_t i = 0; i < w.inputs * w.outputs; ++i)
    w.to[i] = static_cast<float>(limit * (2 * random.uniform() - 1));
}
double root(double numerator, std::int64_t divisor) { return std::sqrt(numerator / static_cast<double>(divisor)); }

// Gram and Schmidt on normal vectors, in float64, each twice, after which nothing but rounding is left to take away
// (Giraud, Langou and Rozloznik 2005). All orthonormal sets are equally likely.
void draw_orthogonal(Random& random, const Weight& w) {
  const std::int64_t count = std::min(w.inputs, w.outputs), length = std::max(w.inputs, w.outputs);
  std::vector<double> all(static_cast<std::size_t>(count * length));
  for (std::int64_t i = 0; i < count; ++i) {
    double* const v = all.data() + i * length;
    for (std::int64_t k = 0; k < length; ++k) v[k] = random.normal();
    for (int twice = 0; twice < 2; ++twice)
      for (const double* u = all.data(); u != v; u += length) {
        const double along = std::inner_product(u, u + length, v, 0.0);
        for (std::int64_t k = 0; k < length; ++k) v[k] -= along * u[k];
      }
    const double size = std::sqrt(std::inner_product(v, v + length, v, 0.0));
    for (std::int64_t k = 0; k < length; ++k) v[k] /= size;
  }
  for (std::int64_t i = 0; i < count; ++i)
    for (std::int64_t k = 0; k < length; ++k)
      w.to[w.inputs < w.outputs ? i * length + k : k * count + i] = static_cast<float>(all[i * length + k]);
}

struct Initialiser {
  std::string_view name;
  Draw draw;
};
constexpr std::array kInitialisers = {
    Initialiser{"he", [](Random& r, const Weight& w) { draw_normal(r, root(2, w.fan.in), w); }},
    Initialiser{"glorot", [](Random& r, const Weight& w) { draw_uniform(r, root(6, w.fan.in + w.fan.out), w); }},
    Initialiser{"lecun", [](Random& r, const Weight& w) { draw_normal(r, root(1, w.fan.in), w); }},
    Initialiser{"orthogonal", draw_orthogonal},
    Initialiser{"uniform", [](Random& r, const Weight& w) { draw_uniform(r, root(1, w.fan.in), w); }},
    Initialiser{"normal", [](Random& r, const Weight& w) { draw_normal(r, 0.01, w); }},
    Initialiser{"zeros", [](Random&, const Weight& w) { std::fill_n(w.to, w.inputs * w.outputs, 0.0f); }},
};

}  // namespace

const Parameter& Parameters::add(std::string name, Shape shape, bool is_weight, float initial, Fan fan) {
  if (is_weight && fan.in == 0) fan = {shape.size() / shape[-1], shape[-1]};
  list.push_back({std::move(name), shape, size, is_weight, initial, fan});
  size += shape.size();
  return list.back();
}

void initialise(const Parameters& parameters, std::string_view rule, std::uint64_t seed, float* flat) {
  const auto* const initialiser = std::ranges::find(kInitialisers, rule, &Initialiser::name);
  if (initialiser == kInitialisers.end())
    throw Error(fmt::format("there is no initialiser \"{}\"", rule),
                fmt::format("take one of {}", fmt::join(initialiser_names(), ", ")));
  for (const Parameter& p : parameters.list) {
    float* to = flat + p.offset;
    if (!p.is_weight) {
      std::fill_n(to, p.shape.size(), p.initial);
      continue;
    }
    Random random(seed, "init/" + p.name);
    initialiser->draw(random, {p.shape.size() / p.shape[-1], p.shape[-1], to, p.fan});
  }
}

std::vector<std::string> initialiser_names() {
  std::vector<std::string> names;
  for (const Initialiser& initialiser : kInitialisers) names.emplace_back(initialiser.name);
  return names;
}

}  // namespace limn
