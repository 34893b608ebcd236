// Receipts of derivatives: a row's blame, the gradient of a step, and the loss that they are of.
#include <algorithm>
#include <cmath>
#include <span>

#include "autodiff/autodiff.hpp"
#include "lab/receipt_slip.hpp"
#include "nn/norm.hpp"

namespace limn::lab {
namespace {

using Kind = LayerSpec::Kind;

// What becomes of `to` when the one element `at` of `from` moves: a column of the Jacobian.
Numbers column(Twin& twin, Value from, Value to, std::size_t at) {
  const std::string name = fmt::format("tangent{}", twin.fn.graph.size());
  const Value tangent = input(twin.fn.graph, name, from.shape());
  const Value moved = jvp(std::span(&to, 1), std::span(&from, 1), std::span(&tangent, 1)).front();
  if (!moved) return Numbers(static_cast<std::size_t>(to.size()));
  Numbers one(static_cast<std::size_t>(from.size()));
  one[at] = 1;
  twin.run->give(tangent.id(), one);
  return twin.run->value(moved.id());
}

Account last_delta(const Scene& scene, const Rows& rows, const Name& n) {
  const std::size_t row = rows.asked();
  const auto j = static_cast<std::size_t>(n.at(0)), k = static_cast<std::size_t>(scene.size(n.layer));
  const ModelSpec& model = rows.session().model();
  const Settings& s = rows.session().settings();
  const std::string z = fmt::format("layer{}.z", n.layer), a = fmt::format("layer{}.a", n.layer),
                    delta = fmt::format("layer{}.delta", n.layer), &f = scene.layer(n.layer).activation;
  Twin twin(rows, batch_of(rows, row), true);
  twin.give(z);
  const std::size_t at = twin.row(row) * k + j;
  const double total = twin.run->value(twin.node(delta))[at], rounding = twin.run->rounding(twin.node(delta))[at];
  const NodeId y = twin.fn.find_input("y");
  const Numbers& targets = twin.run->value(y);
  const double target = targets[twin.row(row) * (targets.size() / twin.count())];
  const bool belongs = model.loss->takes_logits && f == (model.target == TargetKind::kBinary ? "sigmoid" : "softmax");
  const Given p = rows.given("output", row, n.at(0)), t{"t", -1, target};
  const bool weighs = rows.mode() == Mode::kTraining && (s.label_smoothing > 0 || s.balanced_classes);
  if (model.loss->takes_logits && (belongs || f == "linear") && !weighs) {
    const double hot = model.target == TargetKind::kBinary ? target : target == static_cast<double>(j) ? 1 : 0;
    return Slip{.formula = "δ = p − t",
                .terms = {{{p}, p.value}, {{{"t", -1, hot}, {"−1", -1, -1}}, -hot}},
                .bound = rounding + twin.run->rounding(twin.node("output"))[at]};
  }
  Slip slip{.formula = fmt::format("δ = ∂loss/∂z, loss = {}", model.loss->formula), .terms = {}, .bound = rounding};
  if (belongs || f == "linear") {
    slip.terms.push_back({{rows.given(z, row, n.at(0)), p, t}, total, "∂loss/∂z"});
    return slip;
  }
  // Through the activation: what each output moves, times what the loss says of it.
  slip.formula = fmt::format("δ = Σ ∂a/∂z · ∂loss/∂a, loss = {}", model.loss->formula);
  const Numbers moved = column(twin, twin.value_of(z), twin.value_of(a), at);
  const Value by_output = grad(sum(twin.value_of("loss")), twin.value_of(a));
  const Numbers slopes = twin.run->value(by_output.id());
  for (std::size_t m = 0; m < k; ++m) {
    const std::size_t there = twin.row(row) * k + m;
    if (moved[there] == 0 && m != j) continue;
    const std::string by = fmt::format("∂loss/∂a[{}]", m), of = fmt::format("∂a[{}]/∂z[{}]", m, j);
    slip.terms.push_back({{{of, -1, moved[there]}, {by, -1, slopes[there]}}, moved[there] * slopes[there]});
    if (slip.steps.size() >= 2 * kShown) continue;
    slip.steps.push_back({of, f + "′", moved[there], {rows.given(z, row, n.at(0))}});
    slip.steps.push_back({by, "of the loss", slopes[there], {rows.given(a, row, static_cast<std::int64_t>(m)), t}});
  }
  return slip;
}

// A term for each weight of the next layer, where the unit's own a is all that z moves.
void by_weights(const Scene& scene, const Rows& rows, const Name& n, Slip& slip) {
  const LayerSpec& next = scene.layer(n.layer + 1);
  for (std::int64_t k = 0; k < next.units; ++k) {
    auto of = used(scene.session, next.tied ? fmt::format("layer{}.w[{},{}]", next.tied, k, n.at(0))
                                            : fmt::format("layer{}.w[{},{}]", n.layer + 1, n.at(0), k));
    of.insert(of.begin() + 1, rows.given(fmt::format("layer{}.delta", n.layer + 1), rows.asked(), k));
    slip.terms.push_back({of, product(of)});
  }
}

}  // namespace

Account of_delta(const Scene& scene, const Rows& rows, const Name& n) {
  if (n.layer == scene.depth()) return last_delta(scene, rows, n);
  const std::size_t row = rows.asked(), units = static_cast<std::size_t>(scene.size(n.layer)),
                    next = static_cast<std::size_t>(scene.size(n.layer + 1));
  const std::string z = fmt::format("layer{}.z", n.layer), later = fmt::format("layer{}.delta", n.layer + 1);
  Twin twin(rows, batch_of(rows, row), true);
  twin.give(z), twin.give(later);
  const std::size_t at = twin.row(row) * units + static_cast<std::size_t>(n.at(0));
  Slip slip{.formula = "δ = f′(z) · Σ w·δ", .terms = {}};
  slip.bound = twin.run->rounding(twin.node(fmt::format("layer{}.delta", n.layer)))[at];

  const Network& network = scene.session.model().network;
  const std::string entering = rows.mode() == Mode::kTraining || network.has_planes()
                                   ? fmt::format("layer{}.in", n.layer + 1)
                                   : fmt::format("layer{}.a", n.layer);
  const Numbers bend = column(twin, twin.value_of(z), twin.value_of(entering), at);
  // A pool between the layers moves places.
  const auto between =
      std::span(network.layers())
          .subspan(network.place_of(n.layer) + 1, network.place_of(n.layer + 1) - network.place_of(n.layer) - 1);
  bool alone = std::ranges::all_of(between, &LayerSpec::drops_out);
  for (std::size_t i = 0; i < bend.size(); ++i) alone = alone && (bend[i] == 0 || i == at);
  if (alone && scene.layer(n.layer + 1).kind == Kind::kDense) {
    const bool drops = rows.is_dropped(n.layer + 1);
    if (drops) slip.formula = "δ = f′(z)·mask/(1 − p) · Σ w·δ";
    slip.factor_name = drops ? "f′(z)·mask/(1 − p)" : "f′(z)", slip.factor = bend[at];
    slip.steps.push_back(
        {slip.factor_name, scene.layer(n.layer).activation + "′", bend[at], {rows.given(z, row, n.at(0))}});
    by_weights(scene, rows, n, slip);
    return slip;
  }
  slip.formula = fmt::format("δ = Σ ∂z{}/∂z{} · δ{}", n.layer + 1, n.layer, n.layer + 1);
  const Numbers moved = column(twin, twin.value_of(z), twin.value_of(fmt::format("layer{}.z", n.layer + 1)), at);
  for (std::size_t i = 0; i < moved.size(); ++i) {
    if (moved[i] == 0) continue;
    const Given delta = rows.given(later, twin.first() + i / next, static_cast<std::int64_t>(i % next));
    slip.terms.push_back(
        {{{fmt::format("∂z{}[{}]/∂z{}[{}]", n.layer + 1, i % next, n.layer, n.at(0)), -1, moved[i]}, delta},
         moved[i] * delta.value});
  }
  return slip;
}

Numbers rounding_of(const Scene& scene, const Rows& rows, const std::string& tensor) {
  Numbers all;
  for (std::size_t batch = 0; batch < rows.batches().size(); ++batch) {
    Twin twin(rows, batch, true);
    for (int k = 1; k <= scene.depth(); ++k) twin.give(fmt::format("layer{}.z", k));
    const Numbers& part = twin.run->rounding(twin.node(tensor));
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

namespace {

// What of a row stands beside its blame in a derivative: for dw the number that enters, for dgamma the normalised one.
// `error`: how far the engine's, in float32, may be from it.
struct Beside {
  Given given;
  double error = 0;
};
Beside beside(const Scene& scene, const Rows& rows, const Name& n, std::size_t row) {
  if (n.tensor == "dw") return {rows.given(rows.entering(n.layer), row, n.at(0))};
  const std::int64_t j = n.at(0);
  const std::string in = rows.entering(n.layer);
  Spread s;
  if (rows.mode() == Mode::kEvaluation && scene.layer(n.layer).kind == Kind::kBatchNorm) {
    s.mean = given(scene.session, fmt::format("layer{}.mean[{}]", n.layer, j)).value;
    s.variance = given(scene.session, fmt::format("layer{}.variance[{}]", n.layer, j)).value;
  } else if (scene.layer(n.layer).kind == Kind::kLayerNorm) {
    const auto x = rows.of(in, row);
    s = Spread::of({x.begin(), x.end()});
  } else {
    const auto [first, count] = rows.batches()[batch_of(rows, row)];
    std::vector<double> x;
    for (std::size_t r = first; r < first + count; ++r) x.push_back(rows.of(in, r)[static_cast<std::size_t>(j)]);
    s = Spread::of(x);
  }
  const double x = rows.of(in, row)[static_cast<std::size_t>(j)];
  return {{fmt::format("x̂ of row {}", row), -1, s.normal(x)}, s.normal_error(x)};
}

// The rows' parts of a derivative by a parameter: their blame, times what stands beside it; what weight * L depends on.
void add_parts(const Scene& scene, const Rows& rows, const Name& n, double weight, Slip& slip) {
  if (scene.layer(n.layer).kind == Kind::kConv) return add_conv_parts(scene, rows, n, weight, slip);
  const double growth = (units_of_sum(static_cast<double>(rows.count())) + 6) * kUnit;
  const auto add = [&](const std::string& blame, std::int64_t of_unit,
                       const std::function<Beside(std::size_t)>& factor) {
    const Numbers errors = rounding_of(scene, rows, blame);
    const std::size_t width = errors.size() / rows.count();
    for (std::size_t row = 0; row < rows.count(); ++row) {
      const Given d = rows.given(blame, row, of_unit);
      std::vector<Given> of{d};
      double error = 0;
      if (factor) {
        const Beside other = factor(row);
        of.insert(of.begin(), other.given);
        error = other.error * std::abs(d.value);
      }
      const double part = product(of), size = factor ? std::abs(of[0].value) : 1;
      slip.terms.push_back({of, part});
      slip.bound +=
          (growth * std::abs(part) + error + 2 * size * errors[row * width + static_cast<std::size_t>(of_unit)]) /
          weight;
    }
  };
  const std::string delta = fmt::format("layer{}.delta", n.layer);
  if (n.tensor == "db" || n.tensor == "dbeta")
    add(delta, n.index.back(), nullptr);
  else
    add(delta, n.index.back(), [&](std::size_t row) { return beside(scene, rows, n, row); });
  for (int k = 1; n.tensor == "dw" && k <= scene.depth(); ++k)  // the same weight, transposed, in the layers tied to it
    if (scene.layer(k).tied == n.layer) {
      slip.formula += fmt::format(", of layer {} and those tied to it", n.layer);
      add(fmt::format("layer{}.delta", k), n.at(0),
          [&, k](std::size_t row) -> Beside { return {rows.given(rows.entering(k), row, n.at(1))}; });
    }
}

std::string symbol_of(const Name& n) {
  return n.tensor == "dgamma" ? "γ" : n.tensor == "dbeta" ? "β" : n.tensor.substr(1);
}
std::string part_of(const Scene& scene, const Name& n) {
  if (scene.layer(n.layer).kind == Kind::kConv) return n.tensor == "db" ? "Σ δ" : "Σ a·δ";  // over places
  return n.tensor == "dw" ? "a·δ" : n.tensor == "dgamma" ? "x̂·δ" : "δ";
}

// Why a derivative by a parameter is not told; empty if it is.
std::string untold(const Scene& scene, const Name& n) {
  if (n.layer == 0) return "";
  const Network& network = scene.session.model().network;
  const Kind kind = scene.layer(n.layer).kind;
  const bool is_norm = kind == Kind::kBatchNorm || kind == Kind::kLayerNorm;
  if (kind == Kind::kDense || kind == Kind::kConv ||
      (is_norm && network.shapes()[network.place_of(n.layer)].rank() == 1))
    return "";
  return is_norm ? "a normalisation's sums over all places of all rows are not told term by term"
                 : "the derivatives within a block or a transposed convolution are not told term by term";
}

}  // namespace

Account of_row_gradient(const Scene& scene, const Rows& rows, const Name& n) {
  if (std::string why = untold(scene, n); !why.empty()) return why;
  Slip slip{.formula = fmt::format("∂loss/∂{} = {}", symbol_of(n), part_of(scene, n)), .terms = {}};
  add_parts(scene, rows, n, 1, slip);
  return slip;
}

// The rows of the step that led here: their losses, or their parts of a derivative.
Account of_gradient(const Scene& scene, const Name& n) {
  if (std::string why = untold(scene, n); !why.empty()) return why;
  const std::string kind = rows_of_step(scene);
  if (std::string why = too_large(scene.before(), kind == "step" ? Mode::kTraining : Mode::kEvaluation); !why.empty())
    return why;
  const Rows rows(scene.before(), scene.data, kind);
  const double weight = rows.weight_sum();
  Slip slip{.formula = "L = 1/B · Σ loss", .terms = {}, .factor_name = "1/B", .factor = 1 / weight};
  if (rows.has("weight")) {
    slip.factor_name = "1/Σ c";
    std::vector<Given> all;
    for (std::size_t row = 0; row < rows.count(); ++row) all.push_back(rows.given("weight", row, 0));
    slip.steps.push_back({"Σ c", "what the rows count by their classes", weight, largest(all)});
  }
  if (n.layer == 0) {
    const double growth = (units_of_sum(static_cast<double>(rows.count())) + 6) * kUnit;
    const Numbers errors = rounding_of(scene, rows, "loss");
    for (std::size_t row = 0; row < rows.count(); ++row) {
      const Given loss = rows.given("loss", row, 0);
      slip.terms.push_back({{loss}, loss.value});
      slip.bound += (growth * std::abs(loss.value) + errors[row]) / weight;
    }
    if (rows.has("weight")) slip.formula = "L = Σ loss/Σ c";
    return slip;
  }
  slip.formula =
      fmt::format("dL/d{} = {} · Σ {}", symbol_of(n), rows.has("weight") ? "1/Σ c" : "1/B", part_of(scene, n));
  add_parts(scene, rows, n, weight, slip);
  return slip;
}

}  // namespace limn::lab
