#include "lab/told.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "experiment/network.hpp"
#include "lab/function.hpp"
#include "lab/planes.hpp"
#include "lab/state.hpp"
#include "nn/ready.hpp"
#include "train/model.hpp"

namespace limn::lab {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostSnapshots = 400;  // ticks for eyes

std::string text_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }
std::string text_of(double value) { return std::isfinite(value) ? fmt::format("{}", value) : "null"; }
std::string quoted(const std::string& plain) { return fmt::format("\"{}\"", plain); }

Json network_json(LiveRun& live) {
  const Dataset& data = *live.data();
  Json inputs = Json::array(), layers = Json::array();
  for (const ColumnEncoding& column : data.preprocessing.columns) {
    if (column.categories.empty())
      inputs.push_back({{"name", column.name}, {"mean", column.mean}, {"deviation", column.deviation}});
    for (const std::string& category : column.categories)
      inputs.push_back({{"name", column.name + " = " + category}, {"mean", 0}, {"deviation", 1}});
  }
  const Network& network = live.session().model().network;
  for (const LayerSpec& layer : layers_of(network))
    layers.push_back({{"name", fmt::format("layer{}", layers.size() + 1)},
                      {"units", layer.units},
                      {"activation", layer.activation}});
  Json sample = Json::array();
  for (int i = 0; i < data.sample.rank(); ++i) sample.push_back(data.sample[i]);
  Json ready = Json::object();
  if (is_images(data))
    for (const std::string_view name : kReadyNetworks)
      ready[std::string(name)] = ready_network(name, data.sample, target_outputs(data));
  return {{"inputs", inputs}, {"sample", sample},       {"layers", layers}, {"planes", planes_json(network)},
          {"ready", ready},   {"outputs", data.classes}};
}

// The first and the last, and of those between them every n-th.
std::string thinned(const std::vector<std::int64_t>& steps) {
  const std::size_t every = std::max<std::size_t>(1, (steps.size() + kMostSnapshots - 1) / kMostSnapshots);
  std::string text;
  for (std::size_t i = 0; i < steps.size(); ++i)
    if (i % every == 0 || i + 1 == steps.size()) text += fmt::format("{}{}", text.empty() ? "" : ",", steps[i]);
  return "[" + text + "]";
}

std::string together(const Open& run) {
  Json ids = Json::array();
  if (run.play && run.play->runs.size() > 1)
    for (const Open* other : run.play->runs) ids.push_back(other->live.run().info.id);
  return ids.dump();
}

void append(std::string& list, const std::string& text) {
  if (!list.empty()) list += ',';
  list += text;
}

}  // namespace

std::string Told::whole(Open& run) {
  refresh(run);
  std::string all = since(run, 0);
  all.back() = ',';
  return all + "\"evals\":[" + evals_ + "]}";
}

std::string Told::since(Open& run, std::uint64_t version) {
  refresh(run);
  std::string text;
  for (const Member& member : members_)
    if (member.changed > version) append(text, fmt::format("\"{}\":{}", member.name, member.text));
  return "{" + text + "}";
}

void Told::put(const char* name, std::string text, std::uint64_t version) {
  const auto member = std::ranges::find_if(members_, [&](const Member& m) { return std::string_view(m.name) == name; });
  if (member == members_.end())
    members_.push_back({name, std::move(text), version});
  else if (member->text != text)
    member->text = std::move(text), member->changed = version;
}

void Told::read(const LiveRun& live) {
  const auto& records = live.history().records;
  for (; records_ < records.size(); ++records_) {
    const JournalRecord& record = records[records_];
    if (record.kind == RecordKind::kAction || record.kind == RecordKind::kEdit) {
      append(flags_, text_of(flag_json(live.run(), record, values_)));
    } else if (const Json measured = evaluation_json(record); !measured.is_null()) {
      append(evals_, "");
      const std::size_t begin = evals_.size();
      evals_ += text_of(measured);
      evaluations_.push_back({record.step, begin, evals_.size()});
    }
  }
}

std::vector<Told::Place>::const_iterator Told::behind(std::int64_t step) const {
  return std::ranges::upper_bound(evaluations_, step, {}, &Place::step);
}

std::string Told::evaluations(const LiveRun& live, std::int64_t after, std::int64_t to) {
  read(live);
  const auto first = behind(after), last = behind(to);
  return first == last ? "" : evals_.substr(first->begin, std::prev(last)->end - first->begin);
}

std::int64_t Told::reach(const LiveRun& live, std::int64_t after, std::int64_t to, std::size_t most) {
  read(live);
  const auto first = behind(after), last = behind(to);
  return static_cast<std::size_t>(last - first) <= most ? to : first[static_cast<std::ptrdiff_t>(most)].step - 1;
}

Json Told::evaluation(const LiveRun& live, std::int64_t step) {
  const std::string text = evaluations(live, step - 1, step);
  return text.empty() ? Json() : Json::parse("[" + text + "]").back();
}

// What hangs on the settings alone.
void Told::put_settings(Open& run) {
  LiveRun& live = run.live;
  const SettingValues& values = live.values();
  Json quantities = Json::array();
  for (const TensorView& tensor : run.live.training().state()) {
    Json shape = Json::array();
    for (int i = 0; i < tensor.shape.rank(); ++i) shape.push_back(tensor.shape[i]);
    quantities.push_back({{"name", tensor.name}, {"shape", shape}});
  }
  put("settings", text_of(values_json(values)), run.version);
  Descent* const descent = run.live.training().descent();
  put("operations", text_of(descent ? std::vector<std::string>{} : operations(live)), run.version);
  if (descent)
    put("function", text_of(function_json(descent->function())), run.version);
  else
    put("network", text_of(network_json(live)), run.version);
  put("quantities", text_of(quantities), run.version);
}

void Told::refresh(Open& run) {
  if (version_ == run.version) return;
  LiveRun& live = run.live;
  const Run& of = live.run();
  const auto now = [&](const char* name, std::string text) { put(name, std::move(text), run.version); };
  if (members_.empty()) {
    const Dataset& data = *live.data();
    now("id", quoted(of.info.id));
    now("experiment", text_of(of.recipe.experiment));
    now("data", text_of(of.recipe.data));
    now("task", quoted(data.task == Task::kClassify ? "classify" : "regress"));
    now("seed", fmt::format("{}", of.recipe.seed));
    now("parent", text_of(of.info.parent ? Json{{"id", of.info.parent->run},
                                                {"step", of.info.parent->step},
                                                {"patch", values_json(of.info.parent->patch)}}
                                         : Json()));
    now("start", fmt::format("{}", of.start()));
    now("parameters", fmt::format("{}", live.training().parameters()));
    now("total_steps", fmt::format("{}", of.info.total_steps));
    now("split", text_of({{"train", data.train.size()}, {"valid", data.valid.size()}, {"test", data.test.size()}}));
  }
  read(live);
  now("state", quoted(run.state()));
  now("step", fmt::format("{}", live.step()));
  now("head", fmt::format("{}", live.head()));
  now("until", fmt::format("{}", run.until));
  now("until_condition", run.condition ? text_of(to_json(*run.condition)) : "null");
  now("reached", text_of(run.reached));
  now("speed", run.play && run.play->speed > 0 ? text_of(run.play->speed) : "null");
  now("together", together(run));
  now("epoch", fmt::format("{}", live.training().cursor().epoch));
  now("steps_per_epoch", fmt::format("{}", live.training().steps_per_epoch()));
  now("rate", text_of(run.rate));
  now("seconds", fmt::format("{:.3f}", live.seconds()));
  now("op", fmt::format("{}", run.op));
  now("loss", text_of(live.loss()));
  now("loss_hex", quoted(hex_float(live.loss())));
  now("fingerprint", quoted(live.training().fingerprint()));
  now("error", run.error ? text_of({{"what", run.error->what()}, {"hint", run.error->hint()}}) : "null");
  const Settings& settings = live.training().settings();  // what watches the validation loss has tensors of its own
  const auto key = std::array<std::size_t, 3>{live.changes(), settings.early_stop > 0, settings.schedule == "plateau"};
  if (std::exchange(settings_, key) != key || version_ == 0) put_settings(run);
  if (std::exchange(flagged_, flags_.size()) != flags_.size() || version_ == 0) now("flags", "[" + flags_ + "]");
  if (std::exchange(branches_, run.branches.size()) != run.branches.size() || version_ == 0)
    now("branches", text_of(run.branches));
  if (std::exchange(places_, live.places()) != live.places() || version_ == 0)
    now("snapshots", thinned(live.snapshots()));
  version_ = run.version;
}

}  // namespace limn::lab
