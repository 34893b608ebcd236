#include "lab/describe.hpp"

namespace limn {
namespace {

using Json = nlohmann::json;

Json both(const Words& words) { return {{"en", words.en}, {"zh", words.zh}}; }

const char* name_of(ParameterKind kind) {
  switch (kind) {
    case ParameterKind::kNumber: return "number";
    case ParameterKind::kInteger: return "integer";
    case ParameterKind::kChoice: return "choice";
    case ParameterKind::kText: return "text";
  }
  return "";
}

Json object_of(const ParameterSpec& parameter) {
  Json object = {{"name", parameter.name},       {"kind", name_of(parameter.kind)}, {"label", both(parameter.label)},
                 {"help", both(parameter.help)}, {"default", parameter.initial},    {"automatic", parameter.automatic},
                 {"fixed", parameter.fixed}};
  if (parameter.kind == ParameterKind::kChoice) object["choices"] = parameter.choices;
  if (parameter.kind == ParameterKind::kNumber || parameter.kind == ParameterKind::kInteger) {
    object["low"] = parameter.low;
    object["high"] = parameter.high;
    object["scale"] = parameter.scale == Scale::kLog ? "log" : "linear";
    object["unit"] = parameter.unit;
  }
  return object;
}

}  // namespace

Json describe(const Experiment& experiment) {
  Json object = {{"event", "experiment"},
                 {"name", experiment.name},
                 {"title", both(experiment.title)},
                 {"help", both(experiment.help)},
                 {"parameters", Json::array()}};
  for (const ParameterSpec& parameter : experiment.parameters) object["parameters"].push_back(object_of(parameter));
  return object;
}

Json describe(const CatalogueEntry& entry) {
  std::uint64_t bytes = 0;
  for (const auto& file : entry.files) bytes += file.bytes;
  std::vector<std::string> sources;
  for (const auto& source : entry.sources) sources.push_back(to_text(source));
  std::vector<Json> files;
  for (const auto& file : entry.files)
    files.push_back({{"name", file.name}, {"bytes", file.bytes}, {"sha256", file.sha256}});
  return {{"event", "data"},
          {"name", entry.name},
          {"summary", entry.summary},
          {"summary_zh", entry.summary_zh},
          {"kind", entry.kind},
          {"task", entry.task},
          {"train", entry.train},
          {"test", entry.test},
          {"sample", entry.sample},
          {"target", entry.target},
          {"classes", entry.classes},
          {"licence", entry.licence},
          {"home", entry.home},
          {"sources", sources},
          {"files", files},
          {"bytes", bytes},
          {"present", is_present(entry)},
          {"built_in", entry.built_in()}};
}

}  // namespace limn
