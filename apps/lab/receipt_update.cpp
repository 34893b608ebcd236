// Receipts of what a step leaves behind: parameters, the update rule's moments, running statistics. Of a rule it
// must know nothing but its row in the table.
#include <algorithm>
#include <cmath>

#include "lab/receipt_rule.hpp"
#include "nn/norm.hpp"
#include "optim/minimiser.hpp"

namespace limn::lab {
namespace {

std::string with_letter(std::string formula, const std::string& tensor) {
  if (tensor != "w" && tensor != "b") return formula;
  for (std::size_t at = 0; (at = formula.find("θ", at)) != std::string::npos;) formula.replace(at, 2, tensor);
  return formula;
}

void explain_rate(const Scene& scene, UpdateTwin& twin, Slip& slip) {
  const Settings& s = scene.session.settings();
  const double rate = scene.before().given().at("lr")[0], scale = twin.scale();
  if (rate == static_cast<double>(static_cast<float>(s.lr)) && scale == 1) return;
  std::string formula = "lr";
  std::vector<Given> of{{"lr", -1, s.lr}};
  if (s.schedule != "constant" || s.warmup > 0) {
    formula += fmt::format(" · factor of {}{} after {} steps", s.schedule,
                           s.warmup > 0 ? fmt::format(" with warm-up {}", s.warmup) : "", scene.before().cursor().step);
    of.push_back({"factor", -1, rate / s.lr});
  }
  if (scale != 1) formula += " · lr_scale", of.push_back({"lr_scale", -1, scale});
  slip.steps.push_back({"η", formula, rate * scale, of});
}

void explain(const Scene& scene, UpdateTwin& twin, const Name& n, Slip& slip) {
  explain_rate(scene, twin, slip);
  const auto step = scene.session.cursor().step;
  for (const Line& line : twin.explained.lines) {
    Part part{with_letter(line.name, n.tensor), with_letter(line.formula, n.tensor), twin.value(line.value)};
    for (std::size_t i = 0; i < twin.explained.made.size(); ++i)
      if (line.value.id() == twin.explained.made[i].id() && line.name == twin.rule().moments[i].symbol)
        part.of = {{twin.moment_name(i), step, part.value}};
    slip.steps.push_back(std::move(part));
  }
}

// Frozen or cut: it and its moments stay.
bool is_held(const Scene& scene, const std::string& parameter) {
  const auto all = scene.before().given();
  const auto learns = all.at("learns");
  return !learns.empty() && learns[static_cast<std::size_t>(place_of(scene.session, parameter).index)] == 0;
}

Slip of_weight(const Scene& scene, const Name& n, const std::string& name) {
  UpdateTwin twin(scene, name);
  twin.give_moments();
  const double after = twin.value(twin.explained.theta), start = twin.value(twin.used);
  const auto was = used(scene.before(), name);
  Slip slip{.formula = with_letter(std::string(twin.rule().formula), n.tensor), .terms = {}};
  const Settings& s = scene.session.settings();
  if (is_held(scene, name)) {
    slip.formula = with_letter("θ ← θ, which is held", n.tensor);
    slip.terms = {{was, start}};
    return slip;
  }
  if (s.max_norm > 0 && n.tensor == "w") slip.formula += ", then w ← w·min(1, max_norm/‖w‖)";
  explain(scene, twin, n, slip);
  auto of = twin.made_of(twin.explained.theta);
  const double change = after - start;
  const bool plain = twin.rule().moments.empty() && of.size() == 2;
  slip.terms = {{was, start}, {of, change, plain ? "" : "change"}};
  if (plain) slip.terms[1].of.push_back({"−1", -1, -1});
  slip.bound = twin.rounding(twin.explained.theta);
  if (twin.squares() > 0)
    slip.bound += units_of_sum(static_cast<double>(scene.session.parameters())) * kUnit * std::abs(change);
  return slip;
}

Slip of_moment(const Scene& scene, const Name& n, const std::string& name, std::size_t i) {
  // Of one number for all parameters: any of them will do.
  const std::string first = scene.session.model().network.parameters().list.front().name + "[0,0]";
  const bool scalar = find_rule(scene.session.settings().optimizer).moments[i].is_scalar;
  const std::string parameter = scalar ? first : name.substr(name.find('/') + 1);
  UpdateTwin twin(scene, parameter);
  twin.give_moments(i);
  const Moment& moment = twin.rule().moments[i];
  const Value left = scalar ? twin.explained.made[i] : twin.explained.left[i];
  const double after = twin.value(left);
  const Given was = given(scene.before(), name);
  Slip slip{.formula = fmt::format("{} ← {}", moment.symbol, moment.formula), .terms = {}};
  if (!scalar && is_held(scene, parameter)) {
    slip.formula = fmt::format("{0} ← {0}, which is held", moment.symbol);
    slip.terms = {{{was}, was.value}};
    return slip;
  }
  auto of = twin.made_of(left, i);
  const auto names = [&](std::string_view what) { return moment.formula.find(what) != std::string_view::npos; };
  if (names("η")) explain_rate(scene, twin, slip);
  for (const Line& line : twin.explained.lines) {  // what its formula names, and what that is made of
    Part part{line.name, with_letter(line.formula, n.tensor), twin.value(line.value)};
    const auto other = std::ranges::find(twin.rule().moments, line.name, &Moment::symbol);
    if (other != twin.rule().moments.end()) {
      const auto k = static_cast<std::size_t>(other - twin.rule().moments.begin());
      part.of = {{twin.moment_name(k), scene.session.cursor().step, part.value}};
      if (std::ranges::any_of(of,
                              [&](const Given& g) { return g.name == part.of[0].name && g.step == part.of[0].step; }))
        slip.steps.push_back(std::move(part));
    } else if (names(line.name == "‖g‖" ? "g" : line.name)) {
      slip.steps.push_back(std::move(part));
    }
  }
  std::erase_if(of, [&](const Given& g) { return g.name == was.name && g.step == was.step; });
  slip.terms = {{{was}, was.value}, {of, after - was.value, "change"}};
  slip.bound = twin.rounding(left);
  if (twin.squares() > 0)
    slip.bound +=
        2 * units_of_sum(static_cast<double>(scene.session.parameters())) * kUnit * std::abs(after - was.value);
  return slip;
}

// What watches the validation loss keeps: the lowest one, its step, and how often it was not undercut since.
Account of_watched(const Scene& scene, const Name& n, const std::string& name) {
  Session& session = scene.session;
  const double value = session.quantity(name);
  const std::string from = n.state == "plateau" ? "plateau" : "early_stop";
  const double high = session.quantity(from + "/step[0]"), low = session.quantity(from + "/step[1]");
  if (high < 0) return "no validation loss was measured yet";
  const auto best = static_cast<std::int64_t>(high) * (1 << 20) + static_cast<std::int64_t>(low);
  const auto interval = session.evaluation_interval(), now = session.cursor().step / interval;
  if (n.state == "best")
    return Slip{.formula = "the number at the step of the lowest validation loss",
                .terms = {{{{name.substr(5), best, value}}, value}}};
  if (n.tensor == "best")
    return Slip{.formula = "the lowest validation loss", .terms = {{{{"valid.loss", best, value}}, value}}};
  if (n.tensor == "step")
    return Slip{.formula = "the step of the lowest validation loss, in two parts: 2²⁰·first + second",
                .terms = {{{{"part of the step", -1, value}}, value}}};
  const std::int64_t lowest = best / interval;  // measurements up to it
  if (n.tensor == "waits" && n.state == "early_stop")
    return Slip{.formula = "validation losses measured since the lowest",
                .terms = {{{{"measured", -1, static_cast<double>(now)}}, static_cast<double>(now)},
                          {{{"up to the lowest", -1, static_cast<double>(lowest)}, {"−1", -1, -1}},
                           -static_cast<double>(lowest)}}};
  return "a count kept by the plateau schedule: it depends on all validation losses so far";
}

// What a minimiser leaves: a line search goes a length along a direction, both of which can be asked for.
Account of_minimised(const Scene& scene, const Name& n, const std::string& name) {
  Session& session = scene.session;
  const std::string& optimizer = session.settings().optimizer;
  if (!n.state.empty() || n.layer == 0)
    return fmt::format("{} keeps it from step to step; limn replay makes it again", optimizer);
  const std::string direction = fmt::format("{}/direction", optimizer);
  if (std::ranges::none_of(session.state(), [&](const TensorView& view) { return view.name == direction; }))
    return fmt::format("{} decides direction and length at once: no formula of one number gives it", optimizer);
  const auto step = session.cursor().step;
  const std::string along = fmt::format("{}[{}]", direction, place_of(session, name).index);
  const double length = session.quantity("optim.step"), d = session.quantity(along);
  const Given was = given(scene.before(), name);
  Slip slip{.formula = fmt::format("{0} + α·d", n.tensor), .terms = {{{was}, was.value}}};
  slip.terms.push_back({{{"optim.step", step, length}, {along, step, d}}, length * d});
  slip.bound = 2 * kUnit * (std::abs(was.value) + std::abs(length * d));
  return slip;
}

}  // namespace

Account of_parameter(const Scene& scene, const Name& n, const std::string& name) {
  if (n.state == "best" || n.state == "early_stop" || n.state == "plateau") return of_watched(scene, n, name);
  const std::string& optimizer = scene.session.settings().optimizer;
  if (find_method(optimizer)) return of_minimised(scene, n, name);
  if (n.state.empty() && n.layer > 0) return of_weight(scene, n, name);
  const Rule& rule = find_rule(optimizer);
  const std::string moment = name.substr(0, name.find('['));
  for (std::size_t i = 0; i < rule.moments.size(); ++i)
    if (rule.moments[i].is_scalar ? moment == rule.moments[i].name : n.state == rule.moments[i].name)
      return of_moment(scene, n, name, i);
  return fmt::format("no rule is written down for {}", name);
}

// The running mean or variance of a batch normalisation moves towards that of each batch of the step.
Account of_statistic(const Scene& scene, const Name& n, const std::string& name) {
  if (std::string why = too_large(scene.before(), Mode::kTraining); !why.empty()) return why;
  const Rows rows(scene.before(), scene.data, "step");
  const std::string in = rows.entering(n.layer);
  const bool of_mean = n.tensor == "mean";
  const auto batches = rows.batches();
  const Given was = given(scene.before(), name);
  double kept = 1;
  for (std::size_t i = 0; i < batches.size(); ++i) kept *= 1 - kNormMomentum;
  Slip slip{.formula = fmt::format("{0} ← {1}·{0} + {2}·{3}", of_mean ? "mean" : "variance", 1 - kNormMomentum,
                                   kNormMomentum, of_mean ? "μ of the batch" : "σ²·B/(B − 1) of the batch"),
            .terms = {{{{"kept", -1, kept}, was}, kept * was.value}}};
  slip.bound = 4 * kUnit * static_cast<double>(batches.size()) * std::abs(kept * was.value);
  double share = kNormMomentum * kept / (1 - kNormMomentum);
  for (const auto& [first, count] : batches) {
    std::vector<double> all;
    for (std::size_t row = first; row < first + count; ++row)
      for (const double x : rows.channel(in, row, n.at(0))) all.push_back(x);
    const auto size = static_cast<double>(all.size());
    double mean = 0, variance = 0, sizes = 0;
    for (const double x : all) mean += x / size, sizes += std::abs(x) / size;
    for (const double x : all) variance += (x - mean) * (x - mean) / (size - 1);
    const double value = of_mean ? mean : variance, off = (units_of_sum(size) + 1) * kUnit * sizes;
    slip.steps.push_back({of_mean ? "μ" : "σ²·B/(B − 1)",
                          of_mean ? "mean of x over the batch" : "Σ (x − μ)²/(B − 1) over the batch",
                          value,
                          {rows.given(in, first, n.at(0))}});
    slip.terms.push_back({{{"share", -1, share}, {of_mean ? "μ" : "σ²·B/(B − 1)", -1, value}}, share * value});
    slip.bound +=
        share * (of_mean ? off : (units_of_sum(size) + 6) * kUnit * variance + off * (3 * std::sqrt(variance) + off)) +
        6 * kUnit * std::abs(share * value);
    share /= 1 - kNormMomentum;
  }
  return slip;
}

}  // namespace limn::lab
