#include "train/optim_report.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace limn {

MinimiserOptions minimiser_options(const Settings& s) {
  constexpr std::pair<std::string_view, Search> kSearches[] = {
      {"suited", Search::kAutomatic}, {"backtracking", Search::kBacktracking},
      {"wolfe", Search::kWolfe},      {"hager-zhang", Search::kHagerZhang},
      {"exact", Search::kExact},      {"fixed", Search::kFixed}};
  const auto* const search = std::ranges::find(kSearches, s.line_search, &std::pair<std::string_view, Search>::first);
  if (search == std::end(kSearches))
    throw Error(fmt::format("there is no line search \"{}\"", s.line_search),
                "take one of suited, backtracking, wolfe, hager-zhang, exact, fixed");
  MinimiserOptions options;
  options.method = s.optimizer;
  options.search.kind = search->second, options.search.c1 = s.c1, options.search.c2 = s.c2;
  options.stop = {.gradient_tolerance = s.gradient_tolerance, .evaluations = 1LL << 60, .iterations = 1LL << 60};
  options.lr = s.optimizer == "gd" ? s.lr : 0;
  options.beta = s.cg_update, options.restart = s.cg_restart;
  options.memory = static_cast<int>(s.memory), options.inner = static_cast<int>(s.inner_steps);
  options.damping = s.damping, options.radius = s.radius;
  if (options.search.kind == Search::kFixed) {
    if (s.lr == 0) throw Error("line_search=fixed has no length of its steps", "give one: --set lr=0.001");
    options.search.fixed = {s.lr};
  }
  return options;
}

std::vector<std::pair<std::string, std::vector<double>>> optim_numbers(const MinimiserReport& r) {
  std::vector<std::pair<std::string, std::vector<double>>> all = {
      {"value", {r.value}},
      {"gradient_norm", {r.gradient_norm}},
      {"step", {r.step}},
      {"step_norm", {r.step_norm}},
      {"initial_value", {r.initial_value}},
      {"initial_slope", {r.initial_slope}},
      {"c1", {r.c1}},
      {"c2", {r.c2}},
      {"accepted", {static_cast<double>(r.accepted)}},
      {"restarted", {static_cast<double>(r.restarted)}},
      {"radius", {r.radius}},
      {"damping", {r.damping}},
      {"predicted", {r.predicted}},
      {"negative_curvature", {static_cast<double>(r.negative_curvature)}},
      {"evaluations", {static_cast<double>(r.calls.evaluations())}},
      {"gradients", {static_cast<double>(r.calls.gradients)}},
      {"products", {static_cast<double>(r.calls.products)}},
      {"matrices", {static_cast<double>(r.calls.matrices)}},
      {"trials", {static_cast<double>(r.trials.size())}},
      {"residuals", {static_cast<double>(r.residuals.size())}}};
  const auto of_trials = [&](const char* name, double Trial::* part) {
    std::vector<double> list;
    for (const Trial& trial : r.trials) list.push_back(trial.*part);
    all.emplace_back(name, std::move(list));
  };
  of_trials("trial_step", &Trial::step), of_trials("trial_value", &Trial::value);
  of_trials("trial_slope", &Trial::slope), all.emplace_back("residual", r.residuals);
  return all;
}

bool is_list(std::string_view name) { return name.starts_with("trial_") || name == "residual"; }

}  // namespace limn
