// limn inspect: what a training is made of: its layers and their cost, the graph of a step, the plan it becomes.
#include <fmt/ranges.h>
#include <CLI/App.hpp>
#include <CLI/Option.hpp>
#include <algorithm>
#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/file.hpp"
#include "cli/command.hpp"
#include "cli/machine.hpp"
#include "cli/output.hpp"
#include "exec/chunk.hpp"
#include "experiment/experiment.hpp"
#include "experiment/travel.hpp"
#include "graph/json.hpp"
#include "kernel/limit.hpp"
#include "plan/draw.hpp"
#include "plan/layout.hpp"
#include "plan/simplify.hpp"
#include "train/model.hpp"

namespace limn::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::string what, graph, pass;
  bool plan = false;
  Common common;
};

struct Subject {
  Recipe recipe;
  std::string run;  // id, or ""
  std::unique_ptr<Session> session;
};

// A recipe file, or a run with the settings it has come to. The session is built as a training builds it; it never
// steps.
Subject open_subject(const Options& options, std::unique_ptr<Machine>& machine) {
  std::error_code ignored;
  if (std::filesystem::is_regular_file(options.what, ignored)) {
    Recipe recipe = recipe_from_json(read_text(options.what));
    machine = std::make_unique<Machine>(options.common);
    const auto data = std::make_shared<const Dataset>(prepare(data_request(recipe)));
    const Experiment& experiment = find_experiment(recipe.experiment);
    experiment.resolve(recipe, *data);
    Settings settings = experiment.settings(recipe.settings);
    settings.total_steps = total_steps(recipe, *data);
    auto session = std::make_unique<Session>(settings, data, recipe.seed, machine->pool());
    return {std::move(recipe), "", std::move(session)};
  }
  const Run run = open_run(find_run(options.what));
  machine = std::make_unique<Machine>(options.common);  // nothing is trained: the run's own path does not matter
  const JournalContent journal = journal_of(run);
  auto session = std::make_unique<Session>(settings_at(run, journal, journal.last_step()), load_data(run),
                                           run.recipe.seed, machine->pool());
  return {run.recipe, run.info.id, std::move(session)};
}

// What belongs together: the steps, forward and back, and the tensors of one layer; or the loss, or the update.
struct Part {
  std::string name;
  Shape output;
  std::vector<std::string> tensors;  // "w [784, 512]"
  std::int64_t parameters = 0;
  double flops = 0, bytes = 0;
};

std::vector<Part> parts_of(Session& session, const Fn& fn, const Plan& plan) {
  std::vector<Part> parts;
  const auto part = [&](const std::string& name) -> Part& {
    const auto found = std::ranges::find(parts, name, &Part::name);
    return found != parts.end() ? *found : parts.emplace_back(Part{name, {}, {}, 0, 0, 0});
  };
  for (NodeId id = 0; id < fn.graph.size(); ++id) {  // in the order in which the model was written
    const std::string& scope = fn.graph.scope(fn.graph[id]);
    if (scope.empty()) continue;
    Part& owner = part(scope.substr(0, scope.find('/')));
    if (fn.graph[id].origin == kNoNode) owner.output = fn.graph[id].shape;  // of the forward nodes, the last
  }
  for (const TensorView& view : session.state()) {
    if (view.name.find('/') != view.name.npos) continue;  // a moment of the rule
    Part& layer = part(view.name.substr(0, view.name.find('.')));
    layer.tensors.push_back(view.name.substr(view.name.find('.') + 1) + " " + to_string(view.shape));
    layer.parameters += view.shape.size();
  }
  for (const Step& step : plan.steps) {
    const auto nodes = nodes_of(plan, fn, step);  // a contraction counts where it stands, not where its epilogue does
    const bool contracts = step.kind == StepKind::kContract && !nodes.empty();
    const std::string& scope = fn.graph.scope(fn.graph[contracts ? nodes.front() : step.node]);
    Part& owner = part(scope.empty() ? "other" : scope.substr(0, scope.find('/')));
    owner.flops += step.flops;
    owner.bytes += step.bytes;
  }
  std::erase_if(parts, [](const Part& p) { return p.parameters == 0 && p.flops == 0 && p.bytes == 0; });
  return parts;
}

struct Limit {
  double flops, bandwidth, arithmetic, memory;  // operations and bytes a second; seconds a step takes at least for each
  double seconds() const { return std::max(arithmetic, memory); }
};

Limit limit_of(const Cost& cost, ThreadPool& pool) {
  const double flops = measure_flops(pool), bandwidth = measure_bandwidth(pool, cost.working_set);
  return {flops, bandwidth, cost.flops / flops, cost.bytes / bandwidth};
}

std::string scaled(double number) {  // "999", "12.3k", "4.1M", "230.8G"
  for (const char* unit : {"", "k", "M", "G"}) {
    if (number < 1000) return fmt::format("{:.{}f}{}", number, *unit == '\0' ? 0 : 1, unit);
    number /= 1000;
  }
  return fmt::format("{:.1f}T", number);
}

// What is carried, and kept between steps, in training and in inference of as many rows.
struct Layout {
  const char* of;
  LayoutCost cost;
  std::int64_t arena;  // bytes
};
using Layouts = std::array<Layout, 2>;

Layouts layouts_of(const Session& session, const Fn& fn, const Plan& plan) {
  const Fn inference = evaluation(session.model(), session.settings(), session.settings().batch);
  const Plan of_inference = compile(inference);
  return {{{"training", layout_cost(plan, fn, "x"), plan.arena_floats * 4},
           {"inference", layout_cost(of_inference, inference, "x"), of_inference.arena_floats * 4}}};
}

Json json_of(const Layouts& layouts) {
  Json json = Json::object();
  for (const Layout& layout : layouts)
    json[layout.of] = {{"activation_moves", layout.cost.activations.steps},
                       {"activation_bytes", layout.cost.activations.bytes},
                       {"weight_reorders", layout.cost.weights.steps},
                       {"weight_bytes", layout.cost.weights.bytes},
                       {"arena_bytes", layout.arena}};
  return json;
}

std::string to_text(const Layouts& layouts) {
  std::string text;
  for (const auto& [of, cost, arena] : layouts)
    text += fmt::format("{:<12} {} activations moved ({}B), {} weights reordered ({}B), arena {}B\n", of,
                        cost.activations.steps, scaled(cost.activations.bytes), cost.weights.steps,
                        scaled(cost.weights.bytes), scaled(static_cast<double>(arena)));
  return text;
}

int summarise(const Options& options, Subject& subject, const Fn& fn, const Plan& plan, Machine& machine) {
  Session& session = *subject.session;
  const std::vector<Part> parts = parts_of(session, fn, plan);
  const Cost cost = session.step_cost();
  const Limit limit = limit_of(cost, machine.pool());
  const std::int64_t batch = session.settings().batch;
  const std::int32_t stages = plan.steps.empty() ? 0 : plan.steps.back().stage + 1;
  const double samples = static_cast<double>(batch) / limit.seconds();
  const char* by = limit.arithmetic > limit.memory ? "arithmetic" : "memory";
  const Layouts layouts = layouts_of(session, fn, plan);
  if (options.common.json) {
    Json layers = Json::array();
    for (const Part& p : parts)
      layers.push_back({{"name", p.name},
                        {"output", std::vector<std::int64_t>(p.output.dims().begin(), p.output.dims().end())},
                        {"tensors", p.tensors},
                        {"parameters", p.parameters},
                        {"flops", p.flops},
                        {"bytes", p.bytes}});
    print_json(Json{{"event", "inspect"},
                    {"run", subject.run},
                    {"experiment", subject.recipe.experiment},
                    {"data", subject.recipe.data},
                    {"arch", session.settings().arch},
                    {"batch", batch},
                    {"parameters", session.parameters()},
                    {"layers", layers},
                    {"nodes", fn.graph.size()},
                    {"plan_steps", plan.steps.size()},
                    {"stages", stages},
                    {"flops", cost.flops},
                    {"bytes", cost.bytes},
                    {"arena_bytes", plan.arena_floats * 4},
                    {"layout", json_of(layouts)},
                    {"working_set", cost.working_set},
                    {"limit",
                     {{"samples_per_second", samples},
                      {"steps_per_second", 1 / limit.seconds()},
                      {"by", by},
                      {"peak_flops", limit.flops},
                      {"bandwidth", limit.bandwidth},
                      {"threads", machine.program().threads},
                      {"isa", machine.program().isa}}}});
    return 0;
  }
  fmt::print("{} on {}, {}, batch {}\n", subject.recipe.experiment, subject.recipe.data, session.settings().arch,
             batch);
  fmt::print("\n{:<12} {:<14} {:>10} {:>10} {:>10}  {}\n", "part", "output", "parameters", "flops", "bytes", "tensors");
  for (const Part& p : parts)
    fmt::print("{:<12} {:<14} {:>10} {:>10} {:>10}  {}\n", p.name, to_string(p.output), p.parameters, scaled(p.flops),
               scaled(p.bytes), fmt::join(p.tensors, "  "));
  fmt::print("{:<12} {:<14} {:>10} {:>10} {:>10}  a step: forward, back and update\n", "all", "", session.parameters(),
             scaled(cost.flops), scaled(cost.bytes));
  fmt::print("\ngraph        {} nodes, which became {} steps in {} stages\n", fn.graph.size(), plan.steps.size(),
             stages);
  fmt::print("memory       {}B that a step touches, {}B of it between its steps\n",
             scaled(static_cast<double>(cost.working_set)), scaled(static_cast<double>(plan.arena_floats * 4)));
  fmt::print("{}", to_text(layouts));
  fmt::print("limit here   {} samples/s by {}: {} flop/s and {}B/s with {} thread{} on {}\n", scaled(samples), by,
             scaled(limit.flops), scaled(limit.bandwidth), machine.program().threads,
             machine.program().threads == 1 ? "" : "s", machine.program().isa);
  return 0;
}

// A JSON object with one more member.
std::string with_member(const std::string& object, const std::string& name, const std::string& value) {
  return fmt::format("{},\"{}\":{}}}", object.substr(0, object.size() - 1), name, value);
}

int print_graph(const Options& options, const Fn& fn, const Plan& plan, const Layouts& layouts) {
  if (options.graph == "json" || options.common.json) {
    const std::string steps = with_member(to_json(plan, fn, chunks_of(plan)), "layout", json_of(layouts).dump());
    const std::string text = options.graph.empty() ? with_member(steps, "event", "\"plan\"")
                             : options.plan        ? with_member(to_json(fn), "plan", steps)
                                                   : to_json(fn);
    fmt::print("{}\n", text);
  } else if (options.graph == "dot") {
    fmt::print("{}", options.plan ? to_dot(plan, fn) : to_dot(fn));
  } else {
    fmt::print("{}{}", options.graph.empty() ? "" : to_text(fn), options.plan ? to_text(plan) + to_text(layouts) : "");
  }
  return 0;
}

int inspect(const Options& options) {
  const bool drawn = options.plan || !options.graph.empty();
  if (!options.graph.empty() && options.graph != "text" && options.graph != "dot" && options.graph != "json")
    throw Error(fmt::format("--graph cannot be '{}'", options.graph), "--graph is one of text, dot, json");
  if (!options.pass.empty() && options.pass != "simplify")
    throw Error(fmt::format("there is no pass '{}'", options.pass),
                "--pass is simplify; what the later passes make of the graph is the plan: --plan");
  if (!options.pass.empty() && !drawn)
    throw Error("--pass says which graph to show, and none is asked for", "add --graph text, dot or json");
  if (options.common.json && !options.graph.empty() && options.graph != "json")
    throw Error(fmt::format("--json and --graph {} do not go together", options.graph), "take --graph json");
  std::unique_ptr<Machine> machine;
  Subject subject = open_subject(options, machine);
  Fn fn = subject.session->step_function();
  if (!options.pass.empty()) {
    std::vector<NodeId> origin;
    fn = simplify(fn, origin);
  }
  const Plan plan = compile(fn);
  return drawn ? print_graph(options, fn, plan, layouts_of(*subject.session, fn, plan))
               : summarise(options, subject, fn, plan, *machine);
}

}  // namespace

void add_inspect_command(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("inspect", "what a training is made of: layers, costs, the graph and the plan");
  auto options = std::make_shared<Options>();
  command->add_option("what", options->what, "a run's folder or id, or a recipe.json")
      ->required()
      ->type_name("RUN|RECIPE");
  command->add_option("--graph", options->graph, "the graph of a step of training: text, dot (for Graphviz) or json")
      ->type_name("FORMAT");
  command->add_flag("--plan", options->plan,
                    "the plan that the graph becomes; in dot, a frame around each of its steps");
  command->add_option("--pass", options->pass, "the graph behind this pass instead of as it was traced: simplify")
      ->type_name("NAME");
  add_machine_options(*command, options->common);
  command->callback([&action, options] { action = [options] { return inspect(*options); }; });
}

}  // namespace limn::cli
