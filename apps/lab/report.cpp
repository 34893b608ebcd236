#include "lab/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.hpp"
#include "experiment/experiment.hpp"
#include "experiment/travel.hpp"
#include "lab/function.hpp"
#include "lab/page.hpp"
#include "lab/report_function.hpp"
#include "lab/state.hpp"
#include "train/evaluate.hpp"

namespace limn::lab {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostRuns = 12;         // of a family
constexpr std::size_t kMostWeights = 2000;    // numbers of a network that are written out
constexpr std::size_t kMostPredicted = 1000;  // samples of a prediction against the truth
constexpr std::string_view kMark = R"(<script type="application/json" id="report">)";

Json list_of(std::span<const float> values) {
  Json all = Json::array();
  for (const float value : values) all.push_back(shortest(value));
  return all;
}

std::string last_part(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// Those that descend from the same first run, parents before their branches and older before younger ones; of more
// than kMostRuns the run itself, its ancestors, and then the youngest. `all` by time made.
std::vector<const Run*> family_of(const Run& run, const std::vector<Run>& all, std::size_t& left_out) {
  const auto find = [&](const std::string& id) {
    const auto found = std::ranges::find(all, id, [](const Run& r) { return r.info.id; });
    return found == all.end() ? nullptr : &*found;
  };
  const auto parent_of = [&](const Run& of) { return of.info.parent ? find(of.info.parent->run) : nullptr; };
  std::vector<const Run*> line;  // from the run to the first of its ancestors
  for (const Run* at = find(run.info.id); at && std::ranges::find(line, at) == line.end(); at = parent_of(*at))
    line.push_back(at);
  if (line.empty()) return {&run};  // moved elsewhere while it is read
  std::vector<const Run*> tree;
  std::set<const Run*> seen;
  const std::function<void(const Run*)> visit = [&](const Run* at) {
    if (!seen.insert(at).second) return;
    tree.push_back(at);
    for (const Run& other : all)
      if (parent_of(other) == at) visit(&other);
  };
  visit(line.back());
  std::vector<const Run*> others;
  std::ranges::copy_if(tree, std::back_inserter(others),
                       [&](const Run* r) { return std::ranges::find(line, r) == line.end(); });
  std::ranges::sort(others, {}, [](const Run* r) { return std::tie(r->info.created, r->info.id); });
  left_out = tree.size() > kMostRuns ? std::min(tree.size() - kMostRuns, others.size()) : 0;
  for (std::size_t i = 0; i < left_out; ++i) std::erase(tree, others[i]);
  return tree;
}

Json run_json(const Run& run, const JournalContent& journal) {
  Json flags = Json::array(), evals = Json::array();
  Json end = nullptr, stopped = nullptr, seconds = nullptr, error = nullptr;
  SettingValues values;
  for (const JournalRecord& record : journal.records) {
    if (record.kind != RecordKind::kEvent) {
      flags.push_back(flag_json(run, record, values));
      continue;
    }
    if (Json measured = evaluation_json(record); !measured.is_null()) evals.push_back(std::move(measured));
    const Json event = Json::parse(record.text, nullptr, false);
    if (!event.is_object()) continue;
    if (event.value("event", "") == "error") error = event.value("what", "");
    if (event.value("event", "") != "done") continue;
    end = {{"step", event.value("best_step", record.step)}, {"metrics", event.value("metrics", Json::object())}};
    stopped = event.contains("stopped") ? event["stopped"] : event.value("reason", Json());
    if (event.value("seconds", 0.0) > 0) seconds = event["seconds"];
  }
  const Json loss = journal.rows() == 0 ? Json() : shortest(journal.values[0].back());
  return {{"id", run.info.id},
          {"parent", run.info.parent ? Json{{"id", run.info.parent->run},
                                            {"step", run.info.parent->step},
                                            {"patch", values_json(run.info.parent->patch)}}
                                     : Json()},
          {"created", run.info.created},
          {"build", run.info.build},
          {"isa", run.info.isa},
          {"start", run.start()},
          {"head", journal.last_step()},
          {"total_steps", run.info.total_steps},
          {"settings", values_json(values_at(run, journal, journal.last_step()))},
          {"flags", flags},
          {"evals", evals},
          {"curve", curve_of(journal, "train.loss")},
          {"loss", loss},
          {"end", end},
          {"stopped", stopped},
          {"seconds", seconds},
          {"error", error}};
}

Json data_json(const Run& run, const Dataset& data) {
  Json columns = Json::array(), sample = Json::array();
  for (const ColumnEncoding& column : data.preprocessing.columns) columns.push_back(column.name);
  for (int i = 0; i < data.sample.rank(); ++i) sample.push_back(data.sample[i]);
  return {{"name", last_part(run.recipe.data)},
          {"digest", data.digest},
          {"task", data.task == Task::kClassify ? "classify" : "regress"},
          {"rows", {{"train", data.train.size()}, {"valid", data.valid.size()}, {"test", data.test.size()}}},
          {"sample", sample},
          {"columns", columns},
          {"target", data.preprocessing.target},
          {"classes", data.classes}};
}

Json experiment_json(const Experiment& experiment) {
  const auto both = [](const Words& words) -> Json { return {{"en", words.en}, {"zh", words.zh}}; };
  Json parameters = Json::array();
  for (const ParameterSpec& parameter : experiment.parameters)
    parameters.push_back({{"name", parameter.name}, {"label", both(parameter.label)}, {"unit", parameter.unit}});
  return {{"name", experiment.name}, {"title", both(experiment.title)}, {"parameters", parameters}};
}

Json recipe_json(const Recipe& recipe) {
  Json json = Json::parse(to_json(recipe));
  json["data"] = last_part(recipe.data);  // where it lay is nobody else's concern
  return json;
}

// What the settings would be had nobody chosen any; which function goes down, and by which method, somebody chose.
Json defaults_json(const Experiment& experiment, const Recipe& recipe, const Dataset& data) {
  Recipe plain{recipe.experiment, recipe.data, recipe.seed, recipe.epochs, recipe.steps, {}};
  const std::vector<std::string> chosen = experiment.wants_data
                                              ? std::vector<std::string>{}
                                              : std::vector<std::string>{"function", "constants", "optimizer"};
  for (const std::string& name : chosen) plain.settings[name] = recipe.settings.at(name);
  experiment.resolve(plain, data);
  for (const std::string& name : chosen) plain.settings.erase(name);
  return values_json(plain.settings);
}

Json weights_json(Session& there) {
  std::size_t numbers = 0;
  Json all = Json::array();
  for (const TensorView& view : there.state()) {
    if (view.name.find('/') != view.name.npos) continue;  // of the update rule, or of what watches
    if ((numbers += view.values.size()) > kMostWeights) return nullptr;
    Json shape = Json::array();
    for (int i = 0; i < view.shape.rank(); ++i) shape.push_back(view.shape[i]);
    all.push_back({{"name", view.name}, {"shape", shape}, {"values", list_of(view.values)}});
  }
  return all;
}

// What the validation rows are taken for: counts, rows true and columns predicted, or numbers in the target's units.
Json confusion_json(Session& there, const Dataset& data) {
  if (data.task != Task::kClassify || data.valid.empty()) return nullptr;
  const std::size_t classes = data.classes.size();
  std::vector<std::vector<std::int64_t>> counts(classes, std::vector<std::int64_t>(classes, 0));
  const std::vector<float> outputs = there.predict(data, data.valid);
  const std::size_t width = outputs.size() / data.valid.size();
  for (std::size_t i = 0; i < data.valid.size(); ++i) {
    const auto label = static_cast<std::size_t>(data.labels[static_cast<std::size_t>(data.valid[i])]);
    ++counts[label][static_cast<std::size_t>(class_of(std::span(outputs).subspan(i * width, width)))];
  }
  return counts;
}

Json scatter_json(Session& there, const Dataset& data) {
  if (data.task == Task::kClassify || data.valid.empty()) return nullptr;
  const auto rows = std::span(data.valid).first(std::min(data.valid.size(), kMostPredicted));
  Json truth = Json::array();
  for (const std::int32_t row : rows)
    truth.push_back(shortest(static_cast<float>(data.preprocessing.target_mean +
                                                data.preprocessing.target_deviation *
                                                    static_cast<double>(data.targets[static_cast<std::size_t>(row)]))));
  return {{"truth", truth}, {"predicted", list_of(there.predict(data, rows))}};
}

std::string_view report_template() {
  const auto all = pages();
  const auto found = std::ranges::find(all, kReportTemplate, &Page::path);
  if (found == all.end())
    throw Error("the pages were not built into this program, and a report is one of them", "./start builds them",
                Fault::kFailure);
  return found->bytes;
}

// No text of the data can end the block that it stands in: JSON has '<' in texts alone.
std::string embedded(const Json& json) {
  std::string out;
  for (const char c : to_text(json)) c == '<' ? out += "\\u003c" : out += c;
  return out;
}

}  // namespace

std::string report(const Run& run, const JournalContent& journal, Training& there,
                   const std::shared_ptr<const Dataset>& data, ThreadPool& pool, const History& history) {
  const std::string_view page = report_template();
  const std::size_t place = page.find(kMark);
  LIMN_CHECK(place != page.npos, "the report has a place for its data");
  const std::int64_t step = there.cursor().step;
  const std::string fingerprint = there.fingerprint();
  Session* network = there.session();
  if (network) there.change(settings_at(run, journal, step));  // which decide the loss that is measured

  std::size_t left_out = 0;
  const std::vector<Run> all = list_runs(std::filesystem::absolute(run.folder).parent_path());
  Json runs = Json::array();
  const auto add = [&](const Run& member, const JournalContent& told) {
    Json json = run_json(member, told);
    if (!network)
      json.update(descent_json(member, told, data, pool, member.info.id == run.info.id ? &descent_of(there) : nullptr));
    runs.push_back(std::move(json));
  };
  for (const Run* member : family_of(run, all, left_out)) {
    const JournalContent* kept = member->info.id == run.info.id ? &journal : history(*member);
    try {
      add(*member, kept ? *kept : journal_of(*member));
    } catch (const Error&) {  // a damaged relative must not keep the run from its report
      if (member->info.id == run.info.id) throw;
      ++left_out;
    }
  }
  Json metrics = Json::object();
  if (network)
    for (const auto& [name, value] : evaluate_split(*network, *data, Split::kValid))
      metrics[name] = shortest(static_cast<float>(value));
  const Experiment& experiment = find_experiment(run.recipe.experiment);
  const Json json = {{"run", run.info.id},
                     {"step", step},
                     {"fingerprint", fingerprint},
                     {"experiment", experiment_json(experiment)},
                     {"function", network ? Json() : function_json(descent_of(there).function())},
                     {"plane", network ? Json() : plane_json(descent_of(there), runs)},
                     {"data", network ? data_json(run, *data) : Json()},
                     {"recipe", recipe_json(run.recipe)},
                     {"defaults", defaults_json(experiment, run.recipe, *data)},
                     {"parameters", there.parameters()},
                     {"runs", runs},
                     {"left_out", left_out},
                     {"metrics", metrics},
                     {"confusion", network ? confusion_json(*network, *data) : Json()},
                     {"scatter", network ? scatter_json(*network, *data) : Json()},
                     {"weights", network ? weights_json(*network) : Json()}};
  std::string html(page.substr(0, place + kMark.size()));
  html += embedded(json);
  html += page.substr(place + kMark.size());
  return html;
}

}  // namespace limn::lab
