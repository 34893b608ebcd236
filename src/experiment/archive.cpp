#include "experiment/archive.hpp"

#include <charconv>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "data/catalogue.hpp"
#include "data/kept_file.hpp"
#include "data/zip.hpp"
#include "experiment/experiment.hpp"

namespace limn {
namespace {

using Json = nlohmann::json;
using Members = std::map<std::string, std::string>;  // content by name

constexpr int kFormat = 1;
constexpr const char* kManifest = "limn.json";
constexpr std::size_t kMostManifest = 16 << 20;
constexpr int kMostDepth = 32;
constexpr std::string_view kRuns = "runs/", kData = "data/", kSnapshots = "snapshots/step-", kEnding = ".safetensors";

class Reader {
 public:
  Reader(const std::string& name, std::size_t most) : name_(name), most_(most) {}

  Archive read(std::span<const std::byte> bytes) {
    const Members members = unpacked(bytes);
    for (const auto& [member, content] : members) {
      if (member == kManifest) continue;
      const std::string_view path = member;
      if (path.starts_with(kData))
        archive_.data[std::string(path.substr(kData.size()))] = content;
      else
        take(member, content);
    }
    if (!archive_.runs.contains(archive_.main)) fail(fmt::format("its main run {} is not in it", archive_.main));
    for (auto& [id, run] : archive_.runs) complete(id, run, members);
    for (const auto& [file, content] : archive_.data) check_data(file, content);
    return std::move(archive_);
  }

 private:
  [[noreturn]] void fail(const std::string& why) const {
    throw Error(fmt::format("{} cannot be read as a .limn file: {}", name_, why),
                "save the run again where it is: limn export RUN --format limn FILE.limn");
  }

  Members unpacked(std::span<const std::byte> bytes) {
    std::vector<ZipMember> list;
    try {
      list = list_zip(bytes, name_);
    } catch (const Error& error) {
      fail(error.what());
    }
    std::size_t total = 0;
    for (const ZipMember& member : list) {
      if (!member.ordinary) fail(fmt::format("'{}' is a folder or a link", member.name));
      if (member.name != kManifest && !is_known(member.name))
        fail(fmt::format("'{}' is no member of such a file", member.name));
      total += member.bytes;
    }
    if (total > most_)
      throw Error(fmt::format("{} would unpack to {} bytes, more than {}", name_, total, most_),
                  most_ < kMostArchive ? "read it by the command line: limn import FILE.limn"
                                       : "save a single run, or one with fewer steps");
    const auto manifest = std::ranges::find(list, kManifest, &ZipMember::name);
    if (manifest == list.end()) fail("it has no limn.json");
    if (manifest->bytes > kMostManifest) fail("its limn.json is too large");
    Members members;
    const auto unpack = [&](const ZipMember& member) {
      try {
        return unpack_member(member, name_);
      } catch (const Error& error) {
        fail(error.what());
      }
    };
    const Json said = parse_manifest(unpack(*manifest));
    for (const ZipMember& member : list) {
      if (member.name == kManifest) continue;
      const auto found = said.find(member.name);
      if (found == said.end()) fail(fmt::format("its limn.json does not know '{}'", member.name));
      std::string content = unpack(member);
      if (*found != Json({{"bytes", content.size()}, {"sha256", sha256_hex(content)}}))
        fail(fmt::format("'{}' has another size or SHA-256 than limn.json says", member.name));
      members[member.name] = std::move(content);
    }
    for (const auto& [member, about] : said.items())
      if (!members.contains(member)) fail(fmt::format("'{}' is missing", member));
    return members;
  }

  // Of a small depth: a hostile text must not exhaust the stack.
  Json parse_shallow(const std::string& text, const std::string& member) const {
    return Json::parse(
        text,
        [&](int depth, Json::parse_event_t, const Json&) {
          if (depth > kMostDepth) fail(fmt::format("{} is nested too deeply", member));
          return true;
        },
        false);
  }

  Json parse_manifest(const std::string& text) {
    const Json json = parse_shallow(text, kManifest);
    if (!json.is_object() || !json.contains("format") || !json["format"].is_number_unsigned())
      fail("its limn.json says no format");
    if (json["format"] != kFormat)
      throw Error(fmt::format("{} is of format {}, this limn reads format {}", name_, json["format"].dump(), kFormat),
                  "read it with the limn that wrote it, or a later one");
    if (json.size() != 3 || !json.contains("main") || !json["main"].is_string() || !json.contains("members") ||
        !json["members"].is_object())
      fail("its limn.json is not of this format");
    archive_.main = json["main"].get<std::string>();
    return json["members"];
  }

  // "0a1b2c3d4e5f" or "0a1b2c3d4e5f-2".
  static bool is_id(std::string_view text) {
    constexpr std::size_t kDigits = 12, kMostSuffix = 10;
    const auto all = [](std::string_view part, std::string_view of) { return part.find_first_not_of(of) == part.npos; };
    if (text.size() < kDigits || !all(text.substr(0, kDigits), "0123456789abcdef")) return false;
    const std::string_view suffix = text.substr(kDigits);
    return suffix.empty() || (suffix.size() > 1 && suffix.size() <= kMostSuffix && suffix[0] == '-' &&
                              suffix[1] != '0' && all(suffix.substr(1), "0123456789"));
  }

  // The step of "snapshots/step-N.safetensors"; -1 of another name.
  static std::int64_t step_of(std::string_view file) {
    if (!file.starts_with(kSnapshots) || !file.ends_with(kEnding) || file.size() <= kSnapshots.size() + kEnding.size())
      return -1;
    const std::string_view digits = file.substr(kSnapshots.size(), file.size() - kSnapshots.size() - kEnding.size());
    std::int64_t step = -1;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), step);
    const bool plain = error == std::errc() && end == digits.data() + digits.size() && std::to_string(step) == digits;
    return plain && step >= 0 && step <= kMostSteps ? step : -1;
  }

  static bool is_known(std::string_view member) {
    if (member.starts_with(kData)) return !kept_tail(member.substr(kData.size())).empty();
    if (!member.starts_with(kRuns)) return false;
    const std::string_view path = member.substr(kRuns.size()), id = path.substr(0, path.find('/'));
    const std::string_view file = path.substr(std::min(id.size() + 1, path.size()));
    return is_id(id) && (file == "recipe.json" || file == "run.json" || file == "journal" || step_of(file) >= 0);
  }

  void take(std::string_view member, const std::string& content) {
    const std::string_view path = member.substr(kRuns.size()), id = path.substr(0, path.find('/'));
    const std::string_view file = path.substr(id.size() + 1);
    ArchivedRun& run = archive_.runs[std::string(id)];
    if (const std::int64_t step = step_of(file); step >= 0) run.snapshots[step] = content;
  }

  void complete(const std::string& id, ArchivedRun& run, const Members& members) {
    const auto text = [&](const char* file) -> const std::string& {
      const auto found = members.find(fmt::format("{}{}/{}", kRuns, id, file));
      if (found == members.end()) fail(fmt::format("the run {} has no {}", id, file));
      return found->second;
    };
    run.recipe = recipe_from_json(text("recipe.json"));
    parse_shallow(text("run.json"), fmt::format("run.json of {}", id));
    run.info = info_from_json(text("run.json"), run.recipe, fmt::format("{}: {}{}/run.json", name_, kRuns, id));
    run.journal = text("journal");
    const RunInfo& info = run.info;
    if (info.id != id) fail(fmt::format("the run {} says that it is {}", id, info.id));
    if (info.parent && (!is_id(info.parent->run) || !info.parent->folder.empty()))
      fail(fmt::format("the run {} has a parent that is none", id));
    if (!is_time(info.created)) fail(fmt::format("the run {} was made at no time", id));
    const bool own =
        info.data_location.starts_with(kData) && archive_.data.contains(info.data_location.substr(kData.size()));
    if (lies_somewhere(run.recipe.data) ? !own : !info.data_location.empty())
      fail(fmt::format("the data that {} learned from are not in it", id));
  }

  // "2026-11-25T07:12:46Z": it becomes a part of a folder's name.
  static bool is_time(std::string_view text) {
    constexpr std::string_view kForm = "0000-00-00T00:00:00Z";
    if (text.size() != kForm.size()) return false;
    for (std::size_t i = 0; i < text.size(); ++i)
      if (kForm[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != kForm[i]) return false;
    return true;
  }

  void check_data(const std::string& file, const std::string& content) const {
    if (kept_name(file, content) != file) fail(fmt::format("data/{} is not named by its content", file));
    for (const auto& [id, run] : archive_.runs)
      if (run.info.data_location == std::string(kData) + file) return;
    fail(fmt::format("no run learned from data/{}", file));
  }

  const std::string& name_;
  const std::size_t most_;
  Archive archive_;
};

}  // namespace

std::string to_bytes(const Archive& archive) {
  Members made;
  std::map<std::string, std::string_view> members;
  const auto text = [&](const std::string& name, std::string content) {
    members[name] = made[name] = std::move(content);
  };
  for (const auto& [id, run] : archive.runs) {
    const std::string folder = fmt::format("{}{}/", kRuns, id);
    text(folder + "recipe.json", to_json(run.recipe) + "\n");
    text(folder + "run.json", to_json(run.info));
    members[folder + "journal"] = run.journal;
    for (const auto& [step, content] : run.snapshots)
      members[fmt::format("{}{}{}{}", folder, kSnapshots, step, kEnding)] = content;
  }
  for (const auto& [file, content] : archive.data) members[std::string(kData) + file] = content;
  Json said = Json::object();
  std::size_t total = 0;
  for (const auto& [name, content] : members) {
    said[name] = {{"bytes", content.size()}, {"sha256", sha256_hex(content)}};
    total += content.size();
  }
  if (total > kMostArchive)
    throw Error(fmt::format("{} bytes are more than a .limn file takes, {}", total, kMostArchive),
                "save the run without its family, or one of a smaller network");
  const std::string manifest = Json{{"format", kFormat}, {"main", archive.main}, {"members", said}}.dump(1) + "\n";
  std::vector<ZipEntry> entries{{kManifest, manifest}};
  for (const auto& [name, content] : members) entries.push_back({name, content});
  return make_zip(entries);
}

std::size_t bytes_of(const Archive& archive) {
  std::size_t bytes = 0;
  for (const auto& [id, run] : archive.runs) {
    bytes += run.journal.size();
    for (const auto& [step, content] : run.snapshots) bytes += content.size();
  }
  for (const auto& [file, content] : archive.data) bytes += content.size();
  return bytes;
}

Archive parse_archive(std::span<const std::byte> bytes, const std::string& name, std::size_t most) {
  return Reader(name, most).read(bytes);
}

}  // namespace limn
