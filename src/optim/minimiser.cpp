#include "optim/minimiser.hpp"

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "optim/make.hpp"

namespace limn {
namespace {

constexpr std::array<Method, 9> kMethods = {{
    {"gd", false, false, false},
    {"cg", false, false, false},
    {"bfgs", false, false, true},
    {"lbfgs", false, false, false},
    {"newton", true, false, true},
    {"newton-ls", true, false, true},
    {"newton-cg", true, false, false},
    {"hf", false, true, false},
    {"lm", false, true, true},
}};
constexpr std::array<std::string_view, 5> kBetas = {"fr", "pr+", "hs", "dy", "hz"};

template <class List, class Name>
std::string listed(const List& list, Name name) {
  std::string text;
  for (const auto& entry : list) text += (text.empty() ? "" : ", ") + std::string(name(entry));
  return text;
}

void check(bool holds, const std::string& what, const std::string& hint) {
  if (!holds) throw Error(what, hint);
}

void check_options(const MinimiserOptions& o) {
  const auto& s = o.search;
  check(std::find(kBetas.begin(), kBetas.end(), o.beta) != kBetas.end(), "no factor of cg is named " + o.beta,
        "these are: " + listed(kBetas, [](std::string_view b) { return b; }));
  check(s.c1 > 0 && s.c1 < 0.5, fmt::format("c1 of the line search is {}", s.c1), "it is above 0 and below 0.5");
  check(s.c2 == 0 || (s.c2 > s.c1 && s.c2 < 1), fmt::format("c2 of the line search is {}", s.c2),
        fmt::format("it is above c1, {}, and below 1; or 0, to suit the method", s.c1));
  check(s.most_trials > 0, fmt::format("a line search has {} trials", s.most_trials), "give it at least 1");
  check(s.kind != Search::kFixed || !s.fixed.empty(), "a search of fixed lengths has none", "give at least one");
  check(o.memory > 0, fmt::format("lbfgs keeps {} pairs", o.memory), "give it at least 1");
  check(o.inner > 0, fmt::format("the inner conjugate gradients have {} steps", o.inner), "give them at least 1");
  check(o.lr >= 0 && o.damping >= 0 && o.radius >= 0 && o.restart >= 0, "an option of the minimiser is negative",
        "lr, damping, radius and restart are 0, to be chosen, or positive");
}

}  // namespace

std::string_view name(Stop stop) {
  switch (stop) {
    case Stop::kNone: return "none";
    case Stop::kGradient: return "gradient";
    case Stop::kStep: return "step";
    case Stop::kDecrease: return "decrease";
    case Stop::kEvaluations: return "evaluations";
    case Stop::kIterations: return "iterations";
    case Stop::kSaddle: return "saddle";
    case Stop::kNotFinite: return "not-finite";
    case Stop::kLineSearch: return "line-search";
  }
  return "none";
}

std::span<const Method> methods() { return kMethods; }

const Method* find_method(std::string_view name) {
  const auto found = std::find_if(kMethods.begin(), kMethods.end(), [&](const Method& m) { return m.name == name; });
  return found == kMethods.end() ? nullptr : &*found;
}

template <class T>
std::unique_ptr<Minimiser<T>> make_minimiser(const MinimiserOptions& options, const Objective<T>& objective,
                                             std::span<T> x) {
  const Method* method = find_method(options.method);
  check(method != nullptr, "no minimiser is named " + options.method,
        "these are: " + listed(kMethods, [](const Method& m) { return m.name; }));
  check_options(options);
  const std::string& m = options.method;
  check(!method->wants_hessian || objective.has_hessian(), m + " wants products with the Hessian",
        "this objective has none: take bfgs or lbfgs");
  check(!method->wants_gauss_newton || objective.has_gauss_newton(), m + " wants products with the Gauss-Newton matrix",
        "this objective has none: take bfgs, or newton where there is a Hessian");
  check(options.search.kind != Search::kExact || objective.is_quadratic(),
        "an exact search wants a quadratic objective", "take the search wolfe");
  LIMN_CHECK(static_cast<std::int64_t>(x.size()) == objective.dimension(), "the point has another size");
  if (m == "gd") return make_gd(options, objective, x);
  if (m == "cg") {
    const Search kind = options.search.kind;
    const bool exact = objective.is_quadratic() && (kind == Search::kAutomatic || kind == Search::kExact);
    return exact ? make_quadratic_cg(options, objective, x) : make_cg(options, objective, x);
  }
  if (m == "bfgs") return make_bfgs(options, objective, x);
  if (m == "lbfgs") return make_lbfgs(options, objective, x);
  if (m == "newton") return make_newton(options, objective, x);
  if (m == "newton-ls") return make_newton_ls(options, objective, x);
  if (m == "newton-cg") return make_newton_cg(options, objective, x);
  if (m == "hf") return make_hf(options, objective, x);
  return make_lm(options, objective, x);
}
template std::unique_ptr<Minimiser<float>> make_minimiser(const MinimiserOptions&, const Objective<float>&,
                                                          std::span<float>);
template std::unique_ptr<Minimiser<double>> make_minimiser(const MinimiserOptions&, const Objective<double>&,
                                                           std::span<double>);

}  // namespace limn
