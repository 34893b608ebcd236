#include "nn/parameters.hpp"

#include <algorithm>
#include <cmath>

#include "base/random.hpp"

namespace limn {

const Parameter& Parameters::add(std::string name, Shape shape, bool is_weight, float initial) {
  list.push_back({std::move(name), shape, size, is_weight, initial});
  size += shape.size();
  return list.back();
}

void initialise(const Parameters& parameters, std::string_view rule, std::uint64_t seed, float* flat) {
  if (rule != "he" && rule != "glorot")
    throw Error(fmt::format("there is no initialiser \"{}\"", rule), "take he or glorot");
  for (const Parameter& p : parameters.list) {
    float* to = flat + p.offset;
    const std::int64_t n = p.shape.size();
    if (!p.is_weight) {
      std::fill_n(to, n, p.initial);
      continue;
    }
    Random random(seed, "init/" + p.name);
    const auto inputs = static_cast<double>(p.shape[0]), outputs = static_cast<double>(p.shape[-1]);
    const double deviation = std::sqrt(2 / inputs), limit = std::sqrt(6 / (inputs + outputs));
    for (std::int64_t i = 0; i < n; ++i)
      to[i] = static_cast<float>(rule == "he" ? deviation * random.normal() : limit * (2 * random.uniform() - 1));
  }
}

}  // namespace limn
