// What the rooms of receipts share: receipt_slip.hpp.
#include "lab/receipt_slip.hpp"

#include <algorithm>
#include <cmath>

#include "lab/state.hpp"
#include "nn/norm.hpp"

namespace limn::lab {

using Json = nlohmann::json;

double Slip::sum() const {
  double sum = 0;
  for (const Term& term : terms) sum += term.product;
  return sum;
}

namespace {

Json to_json(const std::vector<Given>& of) {
  Json list = Json::array();
  for (const Given& g : of)
    list.push_back(
        {{"name", g.name}, {"step", g.step}, {"value", g.value}, {"hex", hex_float(static_cast<float>(g.value))}});
  return list;
}

}  // namespace

Json to_json(Slip slip, float value) {
  const double sum = slip.sum(), total = sum * slip.factor;
  double rest = 0;
  const std::size_t count = slip.terms.size();
  if (count > kShown + 1) {
    std::ranges::stable_sort(slip.terms,
                             [](const Term& a, const Term& b) { return std::abs(a.product) > std::abs(b.product); });
    for (std::size_t i = kShown; i < count; ++i) rest += slip.terms[i].product;
    slip.terms.resize(kShown);
  }
  Json terms = Json::array(), steps = Json::array(), factor = nullptr;
  for (const Term& term : slip.terms) {
    terms.push_back({{"of", to_json(term.of)}, {"product", term.product}});
    if (!term.name.empty()) terms.back()["name"] = term.name;
  }
  for (const Part& part : slip.steps)
    steps.push_back({{"name", part.name}, {"formula", part.formula}, {"value", part.value}, {"of", to_json(part.of)}});
  if (!slip.factor_name.empty()) factor = {{"name", slip.factor_name}, {"value", slip.factor}};
  const double difference = std::abs(total - static_cast<double>(value)), bound = slip.bound + kUnit * std::abs(total);
  return {{"formula", slip.formula}, {"terms", terms},
          {"count", count},          {"rest", rest},
          {"factor", factor},        {"steps", steps},
          {"total", total},          {"relative", difference / std::max(std::abs(total), 1e-30)},
          {"bound", bound},          {"agrees", difference <= bound}};
}

Name::Name(const std::string& text) {
  const std::size_t at = std::min(text.find('@'), text.size()), bracket = std::min(text.find('['), at);
  tensor = text.substr(0, bracket);
  if (at < text.size()) sample = text.substr(at + 1);
  if (const auto slash = tensor.find('/'); slash != std::string::npos) {
    state = tensor.substr(0, slash);
    tensor = tensor.substr(slash + 1);
  }
  if (tensor.starts_with("layer")) {
    layer = std::atoi(tensor.c_str() + 5);
    tensor = tensor.substr(tensor.find('.') + 1);
  }
  for (std::size_t i = bracket; i < at && text[i] != ']'; i = std::min(text.find_first_of(",]", i + 1), at))
    index.push_back(std::atoll(text.c_str() + i + 1));
}

Scene::Scene(Session& s, const Dataset& d, const std::function<Session&()>& before)
    : session(s), data(d), layers(layers_of(s.model().network)), before_(before) {}

std::int64_t Scene::size(int k) const {
  const Network& network = session.model().network;
  return k > 0 ? network.shapes()[network.place_of(k)].size() : network.inputs();
}

Session& Scene::before() const {
  if (!earlier_) {
    earlier_ = &before_();
    earlier_->change(session.settings());
  }
  return *earlier_;
}

Given given(const Session& session, const std::string& name) {
  return {name, session.cursor().step, session.quantity(name)};
}

std::vector<Given> used(Session& session, const std::string& name) {
  std::vector<Given> of{given(session, name)};
  const auto all = session.given();
  const auto alive = all.at("alive");
  if (!alive.empty() && alive[static_cast<std::size_t>(place_of(session, name).index)] == 0)
    of.push_back({"cut", -1, 0});
  return of;
}

double product(const std::vector<Given>& of) {
  double product = 1;
  for (const Given& g : of) product *= g.value;
  return product;
}

std::vector<Given> largest(std::vector<Given> all, std::size_t most) {
  std::ranges::stable_sort(all, [](const Given& a, const Given& b) { return std::abs(a.value) > std::abs(b.value); });
  if (all.size() > most) all.resize(most);
  return all;
}

Place place_of(const Session& session, const std::string& name) {
  const auto& list = session.model().network.parameters().list;
  const auto found = std::ranges::find(list, name.substr(0, name.find('[')), &Parameter::name);
  if (found == list.end())
    throw Error(fmt::format("there is no parameter \"{}\"", name), "write it like layer1.w[3,4]");
  const Name n(name);
  std::int64_t offset = 0;
  for (int i = 0; i < found->shape.rank(); ++i) offset = offset * found->shape[i] + n.at(static_cast<std::size_t>(i));
  return {&*found, found->offset + offset};
}

std::string rows_of_step(const Scene& scene) {
  const Settings& s = scene.session.settings();
  const Network& network = scene.session.model().network;
  const bool plain = (s.augment.empty() || s.augment == "none") && s.label_smoothing == 0 && !s.balanced_classes &&
                     network.statistics().size == 0 && std::ranges::none_of(network.layers(), &LayerSpec::drops);
  return plain ? "batch" : "step";
}

Spread Spread::of(const std::vector<double>& x) {
  Spread s;
  const auto n = static_cast<double>(x.size());
  double sizes = 0;
  for (const double v : x) s.mean += v / n, sizes += std::abs(v) / n;
  for (const double v : x) s.variance += (v - s.mean) * (v - s.mean) / n;
  s.mean_error = (units_of_sum(n) + 1) * kUnit * sizes;
  s.variance_error =
      (units_of_sum(n) + 5) * kUnit * s.variance + s.mean_error * (2 * std::sqrt(s.variance) + s.mean_error);
  return s;
}
double Spread::normal(double x) const { return (x - mean) / std::sqrt(variance + kNormEpsilon); }
double Spread::normal_error(double x) const {
  const double scale = 1 / std::sqrt(variance + kNormEpsilon);
  return scale * (mean_error + kUnit * std::abs(x - mean)) +
         std::abs(normal(x)) * (0.5 * variance_error * scale * scale + 6 * kUnit);
}

}  // namespace limn::lab
