// The requests of docs/protocol.md about what lies on the disk: uploads, removing, the notebook, and how much there is.
#include <fmt/ranges.h>

#include <algorithm>

#include "data/catalogue.hpp"
#include "lab/describe.hpp"
#include "lab/frame.hpp"
#include "lab/hub.hpp"
#include "lab/preview.hpp"
#include "lab/refused.hpp"

namespace limn::lab {
namespace {

using Json = nlohmann::json;

constexpr int kNotFound = 404, kConflict = 409;
constexpr std::size_t kLongestName = 255, kShownUsers = 5;

}  // namespace

Json Hub::data() {
  Json all = Json::array();
  for (const CatalogueEntry& entry : catalogue()) all.push_back(describe(entry));
  for (const std::string& name : uploads_.names()) try {
      all.push_back(uploads_.entry(name));
    } catch (const Error&) {  // one that somebody damaged must not hide the others
    }
  return {{"data", all}};
}

Json Hub::upload(const std::string& name, const std::string& bytes) {
  quota_.check(bytes.size());
  return uploads_.add(name, bytes);
}

Json Hub::uploaded(const std::string& name) {
  if (!uploads_.has(name))
    throw Refused(kNotFound, "there is no uploaded file of this name", "GET /api/data lists them");
  return uploads_.describe(name);
}

Json Hub::remove_upload(const std::string& name) {
  if (!uploads_.has(name))
    throw Refused(kNotFound, "there is no uploaded file of this name", "GET /api/data lists them");
  std::vector<std::string> users;
  for (const Run& run : list_runs(root_))
    if (run.recipe.data == name) users.push_back(run.info.id);
  if (!users.empty()) {
    const std::size_t shown = std::min(users.size(), kShownUsers);
    throw Refused(kConflict,
                  fmt::format("{} is what {} of the runs learn from: {}{}", name, users.size(),
                              fmt::join(users.begin(), users.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
                              shown < users.size() ? ", ..." : ""),
                  "delete these runs first");
  }
  uploads_.remove(name);
  return {{"removed", name}};
}

// Where the data of a new run lie: "" for a set of the catalogue. Error: a page can name no other path.
std::string Hub::location_of(const std::string& data) const {
  if (find_entry(data)) return "";
  if (data.size() > kLongestName)
    throw Error(fmt::format("no data set has a name of {} bytes", data.size()), "GET /api/data lists them");
  const auto uploads = uploads_.names();
  if (std::ranges::find(uploads, data) != uploads.end()) return uploads_.path(data).string();
  std::vector<std::string> names;
  for (const CatalogueEntry& entry : catalogue()) names.push_back(entry.name);
  names.insert(names.end(), uploads.begin(), uploads.end());
  throw Error(fmt::format("there is no data set {}", data), suggestion(data, names, "data sets"));
}

// A branch holds the state that it began with, so no run needs the folder of another.
Json Hub::remove_run(const std::string& id) {
  const auto all = list_runs(root_);
  const auto run = std::ranges::find(all, id, [](const Run& r) { return r.info.id; });
  if (run == all.end()) throw Refused(kNotFound, fmt::format("there is no run {}", id), "GET /api/runs lists them");
  std::int64_t step = 0;
  if (const auto found = open_.find(id); found != open_.end()) {
    step = found->second->live.step();
    std::erase_if(waiting_, [&](const Waiting& waiting) {
      if (waiting.run != id) return false;
      waiting.reply({kConflict, to_text(error_json(fmt::format("{} was removed", id), "begin another run"))});
      return true;
    });
    halt(*found->second);
    found->second->reader.give_up(Error(fmt::format("{} was removed", id), "begin another run"));
    open_.erase(found);  // which lets go of its journal
  }
  try {
    limn::remove_run(run->folder);
  } catch (const Error& error) {
    throw Refused(kConflict, error.what(), error.hint());
  }
  for (auto& [number, client] : clients_)
    if (client.watches.erase(id) > 0) {
      send(client, Frame("closed", id, step).body());
    }
  for (auto& [other, open] : open_)
    if (std::erase_if(open->branches, [&](const Json& branch) { return branch.at("id") == id; }) > 0) ++open->version;
  return {{"removed", id}};
}

Json Hub::storage() const {
  const Storage now = quota_.storage();
  return {{"used", now.used}, {"allowed", now.allowed}, {"free", now.free},
          {"runs", now.runs}, {"most_runs", kMostRuns}, {"most_upload", kMostUpload}};
}

std::string Hub::notebook() const { return fmt::format(R"({{"entries":[{}]}})", fmt::join(notebook_.entries(), ",")); }

std::string Hub::note(const Json& wish) {
  quota_.check(1);
  return notebook_.add(wish, utc_now());
}

}  // namespace limn::lab
