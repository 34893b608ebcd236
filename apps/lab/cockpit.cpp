#include "lab/cockpit.hpp"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.hpp"
#include "lab/state.hpp"
#include "optim/minimiser.hpp"
#include "rule/rule.hpp"
#include "train/distribution.hpp"
#include "train/model.hpp"

namespace limn::lab {
namespace {

using Json = nlohmann::json;

struct Part {
  std::string name, symbol, formula;
  std::vector<double> values;  // of all parameters
};

// What is kept as long as the parameters, and what the step did, in the order in which a reader of the rule meets them.
std::vector<Part> parts_of(Session& session) {
  const auto doubles = [](std::span<const float> values) { return std::vector<double>(values.begin(), values.end()); };
  const auto given = session.given();
  std::vector<Part> parts{{"d", "g", "", doubles(given.at("gradient"))}};
  const std::string& optimizer = session.settings().optimizer;
  if (!find_method(optimizer))
    for (const Moment& moment : find_rule(optimizer).moments)
      if (!moment.is_scalar)
        parts.push_back({std::string(moment.name), std::string(moment.symbol), std::string(moment.formula),
                         doubles(given.at(fmt::format("moment/{}", moment.name)))});
  for (UpdatePart& part : session.last_update())
    parts.push_back({std::move(part.name), std::move(part.symbol), std::move(part.formula), std::move(part.values)});
  return parts;
}

// The number that stands there in the flat vector: "adam.m/layer1.w[3,4]", of gradients "layer1.dw[3,4]".
std::string name_of(const Part& part, const Parameter& p, std::int64_t at) {
  std::vector<std::int64_t> index;
  for (int axis = p.shape.rank() - 1; axis >= 0; at /= p.shape[axis], --axis)
    index.insert(index.begin(), at % p.shape[axis]);
  const std::size_t dot = p.name.rfind('.') + 1;
  const std::string name = part.name == "d" ? fmt::format("{}d{}", p.name.substr(0, dot), p.name.substr(dot))
                                            : fmt::format("{}/{}", part.name, p.name);
  return fmt::format("{}[{}]", name, fmt::join(index, ","));
}

Json to_json(const Part& part, std::span<const Parameter> of, std::int64_t offset, std::span<const double> values) {
  const Distribution d = distribution(values);
  Json quantiles = Json::array();
  for (std::size_t k = 0; k < d.quantiles.size(); ++k) {
    const std::int64_t at = offset + static_cast<std::int64_t>(d.quantiles[k]);
    const auto p = std::ranges::find_if(of, [&](const Parameter& q) { return at < q.offset + q.shape.size(); });
    const auto value = static_cast<double>(static_cast<float>(values[d.quantiles[k]]));
    quantiles.push_back({{"percent", kPercents[k]},
                         {"name", name_of(part, *p, at - p->offset)},
                         {"value", value},
                         {"hex", hex_float(value)}});
  }
  return {{"name", part.name},
          {"symbol", part.symbol},
          {"formula", part.formula},
          {"log", d.is_log},
          {"low", d.low},
          {"high", d.high},
          {"count", d.count},
          {"negative", d.negative},
          {"numbers", values.size()},
          {"zeros", d.zeros},
          {"nonfinite", d.nonfinite},
          {"quantiles", quantiles}};
}

}  // namespace

Json cockpit(Session& session, const std::string& tensor) {
  const std::vector<Parameter>& list = session.model().network.parameters().list;
  std::span<const Parameter> of = list;
  Json names = Json::array();
  for (const Parameter& p : list) names.push_back(p.name);
  if (!tensor.empty()) {
    const auto found = std::ranges::find(list, tensor, &Parameter::name);
    if (found == list.end())
      throw Error(
          fmt::format("there are no parameters \"{}\"", tensor),
          fmt::format("take one of {}, or none for all", fmt::join(names.get<std::vector<std::string>>(), ", ")));
    of = {&*found, 1};
  }
  if (session.last_update().empty()) throw Error("no step led here", "ask for it behind a step");
  const std::int64_t offset = of.front().offset, size = of.back().offset + of.back().shape.size() - offset;
  Json parts = Json::array();
  for (const Part& part : parts_of(session))
    parts.push_back(
        to_json(part, of, offset,
                std::span(part.values).subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(size))));
  return {{"tensor", tensor.empty() ? Json() : Json(tensor)}, {"tensors", names}, {"parts", parts}};
}

}  // namespace limn::lab
