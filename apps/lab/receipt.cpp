#include "lab/receipt.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "data/augment.hpp"
#include "lab/state.hpp"

namespace limn::lab {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kShown = 5;  // terms, the largest first; up to one more is shown rather than summed

struct Given {
  std::string name;  // of a quantity; else step is -1
  std::int64_t step = -1;
  float value = 0;
};
struct Term {
  std::vector<Given> of;
  double product = 0;
};
struct Slip {
  std::string formula;
  std::vector<Term> terms;
  std::string factor_name;  // what the sum of the terms is multiplied by; empty: nothing
  double factor = 1;
};

// "layer2.w[3,4]@train/17" in its parts.
struct Name {
  std::string tensor, sample;
  int layer = 0;  // 0: no layer's
  std::vector<std::int64_t> index;

  explicit Name(const std::string& text) {
    const std::size_t bracket = std::min(text.find('['), text.size()), at = std::min(text.find('@'), text.size());
    tensor = text.substr(0, std::min(bracket, at));
    if (at < text.size()) sample = text.substr(at);
    if (tensor.starts_with("layer")) {
      layer = std::atoi(tensor.c_str() + 5);
      tensor = tensor.substr(tensor.find('.') + 1);
    }
    for (std::size_t i = bracket; i < at && text[i] != ']'; i = std::min(text.find_first_of(",]", i + 1), at))
      index.push_back(std::atoll(text.c_str() + i + 1));
  }
};

std::optional<double> activated(const std::string& name, double z) {
  const double below = std::expm1(z);
  if (name == "linear") return z;
  if (name == "relu") return z > 0 ? z : 0;
  if (name == "leaky_relu") return z > 0 ? z : 0.01 * z;
  if (name == "tanh") return std::tanh(z);
  if (name == "sigmoid") return 1 / (1 + std::exp(-z));
  if (name == "elu") return z > 0 ? z : below;
  if (name == "selu") return 1.0507009873554805 * (z > 0 ? z : 1.6732632423543772 * below);
  if (name == "swish") return z / (1 + std::exp(-z));
  if (name == "gelu") return z * 0.5 * std::erfc(-z / std::sqrt(2.0));
  return {};
}

// On the side of a kink at 0 that the engine takes.
std::optional<double> slope(const std::string& name, double z) {
  const double h = 1e-6, a = z > 0 ? z : z - h;
  const auto low = activated(name, a), high = activated(name, a + h);
  return low && high ? std::optional((*high - *low) / h) : std::nullopt;
}

struct Source {
  Session& session;
  const Dataset& data;
  const std::function<Session&()>& before;
  std::vector<LayerSpec> layers;

  Given given(const std::string& name) const { return {name, session.cursor().step, session.quantity(name)}; }
  const LayerSpec* dense(int layer) const {
    if (layer < 1 || layer > static_cast<int>(layers.size())) return nullptr;
    const LayerSpec& spec = layers[static_cast<std::size_t>(layer - 1)];
    return spec.kind == LayerSpec::Kind::kDense && spec.tied == 0 ? &spec : nullptr;
  }
  std::int64_t units(int layer) const {
    return layer > 0 ? layers[static_cast<std::size_t>(layer - 1)].units : data.sample.size();
  }
  // What a layer is given of a sample, "input" or the layer before's "a".
  static std::string entering(int layer) { return layer == 1 ? "input" : fmt::format("layer{}.a", layer - 1); }
  // A mean over the batch of what each of its samples says alone: nothing else has a part in the loss.
  bool is_plain_mean() const {
    const Settings& s = session.settings();
    return s.accumulate == 1 && !parse_augmentation(s.augment, true).any() && s.label_smoothing == 0 &&
           !s.balanced_classes && s.arch.find("dropout") == std::string::npos &&
           std::ranges::all_of(layers, [](const LayerSpec& l) { return l.kind == LayerSpec::Kind::kDense; });
  }
};

std::optional<Slip> of_z(const Source& from, const Name& n, std::int64_t inputs) {
  if (!from.dense(n.layer)) return {};
  const std::int64_t j = n.index.at(0);
  const Given bias = from.given(fmt::format("layer{}.b[{}]", n.layer, j));
  Slip slip{"z = b + Σ w·a", {{{bias}, bias.value}}, "", 1};
  const auto row = from.session.inspect(from.data, std::array{from.session.sample_row(n.sample.substr(1))}, false);
  const auto& a = row.at(Source::entering(n.layer));
  for (std::int64_t i = 0; i < inputs; ++i) {
    const Given w = from.given(fmt::format("layer{}.w[{},{}]", n.layer, i, j));
    const Given in{fmt::format("{}[{}]{}", Source::entering(n.layer), i, n.sample), w.step,
                   a[static_cast<std::size_t>(i)]};
    slip.terms.push_back({{w, in}, static_cast<double>(w.value) * in.value});
  }
  return slip;
}

std::optional<Slip> of_a(const Source& from, const Name& n) {
  const std::string& f = from.layers.at(static_cast<std::size_t>(n.layer - 1)).activation;
  const Given z = from.given(fmt::format("layer{}.z[{}]{}", n.layer, n.index.at(0), n.sample));
  const auto a = activated(f, z.value);
  return a ? std::optional(Slip{fmt::format("a = {}(z)", f), {{{z}, *a}}, "", 1}) : std::nullopt;
}

std::optional<Slip> of_delta(const Source& from, const Name& n) {
  const std::int64_t j = n.index.at(0);
  if (n.layer == static_cast<int>(from.layers.size())) {
    // It holds where the loss takes z itself: behind nothing, or the softmax or logistic that belongs to it.
    const std::string& f = from.layers.back().activation;
    if (from.session.settings().loss != "cross-entropy") return {};
    if (f != "linear" && f != (from.units(n.layer) == 1 ? "sigmoid" : "softmax")) return {};
    const std::int32_t label = from.data.labels[static_cast<std::size_t>(from.session.sample_row(n.sample.substr(1)))];
    const float y = from.units(n.layer) == 1 ? static_cast<float>(label) : label == j ? 1.0f : 0.0f;
    const Given p = from.given(fmt::format("output[{}]{}", j, n.sample));
    return Slip{"δ = p − y", {{{p}, p.value}, {{{"y", -1, y}}, -y}}, "", 1};
  }
  const LayerSpec* next = from.dense(n.layer + 1);
  const auto& layer = from.layers.at(static_cast<std::size_t>(n.layer - 1));
  const Given z = from.given(fmt::format("layer{}.z[{}]{}", n.layer, j, n.sample));
  const auto bend = slope(layer.activation, z.value);
  if (!next || !bend) return {};
  Slip slip{"δ = f′(z) · Σ w·δ", {}, "f′(z)", *bend};
  const auto row = from.session.inspect(from.data, std::array{from.session.sample_row(n.sample.substr(1))}, true);
  const auto& later = row.at(fmt::format("layer{}.delta", n.layer + 1));
  for (std::int64_t k = 0; k < next->units; ++k) {
    const Given w = from.given(fmt::format("layer{}.w[{},{}]", n.layer + 1, j, k));
    const Given delta{fmt::format("layer{}.delta[{}]{}", n.layer + 1, k, n.sample), w.step,
                      later[static_cast<std::size_t>(k)]};
    slip.terms.push_back({{w, delta}, static_cast<double>(w.value) * delta.value});
  }
  return slip;
}

// The batch that led to this step: its samples' losses, or their parts of a derivative.
std::optional<Slip> of_batch(const Source& from, const Name& n) {
  if (!from.is_plain_mean() || (n.layer > 0 && !from.dense(n.layer))) return {};
  Session& at = from.before();
  const auto rows = at.next_rows();
  const auto all = at.inspect(from.data, rows, true);
  const std::size_t size = rows.size();
  Slip slip{"L = 1/B · Σ loss", {}, "1/B", 1 / static_cast<double>(size)};
  const auto part = [&](const std::string& tensor, std::size_t row, std::int64_t index) -> Given {
    const auto& values = all.at(tensor);
    return {fmt::format("{}[{}]@batch/{}", tensor, index, row), at.cursor().step,
            values[row * (values.size() / size) + static_cast<std::size_t>(index)]};
  };
  for (std::size_t row = 0; row < size; ++row) {
    if (n.layer == 0) {
      const Given loss = part("loss", row, 0);
      slip.terms.push_back({{loss}, loss.value});
      continue;
    }
    const Given delta = part(fmt::format("layer{}.delta", n.layer), row, n.index.back());
    if (n.tensor == "db") {
      slip.formula = "dL/db = 1/B · Σ δ";
      slip.terms.push_back({{delta}, delta.value});
    } else {
      slip.formula = "dL/dw = 1/B · Σ a·δ";
      const Given a = part(Source::entering(n.layer), row, n.index.at(0));
      slip.terms.push_back({{a, delta}, static_cast<double>(a.value) * delta.value});
    }
  }
  return slip;
}

// Gradient descent alone: what the other rules do is the optimisers' own chapter.
std::optional<Slip> of_parameter(const Source& from, const Name& n, const std::string& name) {
  const Settings& s = from.session.settings();
  if (s.optimizer != "sgd" || s.schedule != "constant" || s.warmup > 0 || s.weight_decay > 0 || s.l1 > 0 ||
      s.max_norm > 0 || s.clip > 0 || s.clip_value > 0 || !s.freeze.empty() || !s.lr_scale.empty())
    return {};
  Session& at = from.before();
  const Given was{name, at.cursor().step, at.quantity(name)}, lr{"lr", -1, static_cast<float>(s.lr)},
      gradient = from.given(fmt::format("layer{}.d{}{}", n.layer, n.tensor, name.substr(name.find('['))));
  return Slip{fmt::format("{0} ← {0} − η·dL/d{0}", n.tensor),
              {{{was}, was.value}, {{lr, gradient}, -static_cast<double>(lr.value) * gradient.value}},
              "",
              1};
}

std::optional<Slip> slip_of(const Source& from, const std::string& name) {
  const Name n(name);
  const bool begun = from.before != nullptr;
  if (!from.session.settings().cut.empty()) return {};  // what is cut counts as 0 whatever its number
  if (name == "train.loss") return begun ? of_batch(from, n) : std::nullopt;
  if (n.layer < 1 || n.layer > static_cast<int>(from.layers.size())) return {};
  if (!n.sample.empty()) {
    if (n.tensor == "z") return of_z(from, n, from.units(n.layer - 1));
    if (n.tensor == "a") return of_a(from, n);
    if (n.tensor == "delta") return of_delta(from, n);
  }
  if (begun && (n.tensor == "dw" || n.tensor == "db")) return of_batch(from, n);
  if (begun && (n.tensor == "w" || n.tensor == "b")) return of_parameter(from, n, name);
  return {};
}

}  // namespace

Json receipt(Session& session, const Dataset& data, const std::function<Session&()>& before, const std::string& name,
             float value) {
  auto slip = slip_of({session, data, before, layers_of(session.settings().arch)}, name);
  if (!slip) return nullptr;
  double sum = 0, rest = 0;
  for (const Term& term : slip->terms) sum += term.product;
  const std::size_t count = slip->terms.size();
  if (count > kShown + 1) {
    std::ranges::stable_sort(slip->terms,
                             [](const Term& a, const Term& b) { return std::abs(a.product) > std::abs(b.product); });
    for (std::size_t i = kShown; i < count; ++i) rest += slip->terms[i].product;
    slip->terms.resize(kShown);
  }
  Json terms = Json::array();
  for (const Term& term : slip->terms) {
    Json of = Json::array();
    for (const Given& g : term.of)
      of.push_back({{"name", g.name}, {"step", g.step}, {"value", g.value}, {"hex", hex_float(g.value)}});
    terms.push_back({{"of", of}, {"product", term.product}});
  }
  const double total = sum * slip->factor;
  Json factor = nullptr;
  if (!slip->factor_name.empty()) factor = {{"name", slip->factor_name}, {"value", slip->factor}};
  return {{"formula", slip->formula},
          {"terms", terms},
          {"count", count},
          {"rest", rest},
          {"factor", factor},
          {"total", total},
          {"relative", std::abs(total - static_cast<double>(value)) / std::max(std::abs(total), 1e-30)}};
}

}  // namespace limn::lab
