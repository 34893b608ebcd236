// Which room has the receipt of a number; and where there is none, why.
#include "lab/receipt.hpp"

#include <algorithm>

#include "lab/receipt_slip.hpp"

namespace limn::lab {
namespace {

using Json = nlohmann::json;

bool is_gradient(const Name& n) {
  return n.state.empty() && n.layer > 0 && n.tensor.starts_with("d") && n.tensor != "dead";
}

// What is neither kept nor a parameter, but said of a step: "step/", "rate/", and lines of the rule's formula.
bool is_of_step(const Scene& scene, const Name& n) {
  if (n.state == "step" || n.state == "rate") return true;
  const auto kept = [&](const TensorView& view) { return view.name.starts_with(n.state + "/"); };
  const std::string own = scene.session.settings().optimizer + ".";
  return n.state.starts_with(own) && std::ranges::none_of(scene.session.state(), kept);
}

Account told(const Scene& scene, const std::string& name, const std::optional<Rows>& rows) {
  const Name n = rows ? rows->flat(Name(name)) : Name(name);
  if (rows) {
    if (n.tensor == "input") return of_input(*rows, n);
    if (n.tensor.find('.') != n.tensor.npos || (n.tensor == "in" && scene.session.model().network.has_planes()))
      return of_moved(*rows, n);
    if (n.tensor == "in") return of_entering(scene, *rows, n);
    if (n.tensor == "z") return of_z(scene, *rows, n);
    if (n.tensor == "delta") return of_delta(scene, *rows, n);
    if (n.tensor == "prediction" || n.tensor == "error") return of_prediction(*rows, n);
    if (n.tensor.starts_with("d")) return of_row_gradient(scene, *rows, n);
    return of_head(*rows, n);
  }
  const bool of_split = name.starts_with("valid.") || name.starts_with("test.") || name.starts_with("train.");
  if (of_split && name != "train.loss") return of_metric(scene, name);
  if (n.state.empty() && (n.tensor == "dead" || n.tensor == "saturated")) return of_units(scene, n);
  if (name.ends_with(".digest")) return of_whole_step(scene, name);
  if (!scene.has_before())
    return fmt::format("drawn by the initialiser {} from the seed: no step was taken yet",
                       scene.session.settings().init);
  if (name == "train.loss" || is_gradient(n)) return of_gradient(scene, n);
  if (n.state.empty() && (n.tensor == "mean" || n.tensor == "variance")) return of_statistic(scene, n, name);
  if (name == "step.lr" || name == "step.evaluations") return of_whole_step(scene, name);
  if (is_of_step(scene, n)) return of_step(scene, n, name);
  return of_parameter(scene, n, name);
}

}  // namespace

Json receipt(Session& session, const Dataset& data, const std::function<Session&()>& before, const std::string& name,
             float value) {
  const Scene scene(session, data, before);
  const Name n(name);
  std::optional<Rows> rows;
  if (n.sample.starts_with("step/"))
    if (const std::string why = too_large(session, Mode::kTraining); !why.empty())
      return {{"receipt", nullptr}, {"why", why}};
  if (!n.sample.empty()) rows.emplace(session, data, n.sample);
  Account answer = told(scene, name, rows);
  if (const auto* why = std::get_if<std::string>(&answer)) return {{"receipt", nullptr}, {"why", *why}};
  Json slip = to_json(std::get<Slip>(std::move(answer)), value);
  const Claim claim{value, slip.at("total").get<double>(), slip.at("bound").get<double>()};
  if (rows && n.tensor == "delta")
    slip["central"] = central_of_delta(*rows, rows->flat(n), claim);
  else if (is_gradient(n))
    slip["central"] = rows ? central_of_gradient(*rows, n, claim)
                           : central_of_gradient({scene.before(), data, rows_of_step(scene)}, n, claim);
  else
    slip["central"] = nullptr;
  return {{"receipt", std::move(slip)}};
}

}  // namespace limn::lab
