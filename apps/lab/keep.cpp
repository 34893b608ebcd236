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

Json Hub::data(Space& space) {
  Json all = Json::array();
  for (const CatalogueEntry& entry : catalogue()) all.push_back(describe(entry));
  for (const std::string& name : space.uploads.names()) try {
      all.push_back(space.uploads.entry(name));
    } catch (const Error&) {  // one that somebody damaged must not hide the others
    }
  return {{"data", all}};
}

void Hub::upload(Space& space, const std::string& name, const std::string& bytes, const Reply& reply) {
  const auto check = [&space, size = bytes.size()] {
    space.quota.check(size);
    if (space.uploads.names().size() >= space.limits.uploads)
      throw Error(fmt::format("there are {} uploads", space.limits.uploads), "remove one that is not needed");
  };
  check();
  beside(reply, [&space, check, name, bytes, reply]() -> std::function<void()> {
    Json description;
    const Answer refused = answered([&]() -> Answer {
      description = described_upload(name, bytes);
      return {201};
    });
    return [&space, check, name, bytes, reply, description, refused] {
      if (refused.status != 201) return reply(refused);
      reply(answered([&]() -> Answer {
        check();
        space.counted.at = {};
        return {201, to_text(space.uploads.add(name, bytes, description))};
      }));
    };
  });
}

Json Hub::uploaded(Space& space, const std::string& name) {
  if (!space.uploads.has(name))
    throw Refused(kNotFound, "there is no uploaded file of this name", "GET /api/data lists them");
  return space.uploads.describe(name);
}

Json Hub::remove_upload(Space& space, const std::string& name) {
  if (!space.uploads.has(name))
    throw Refused(kNotFound, "there is no uploaded file of this name", "GET /api/data lists them");
  const std::string file = space.uploads.path(name).string();
  std::vector<std::string> users;
  for (const Run& run : list_runs(space.root))
    if (run.recipe.data == name || run.info.data_location == file) users.push_back(run.info.id);
  if (!users.empty()) {
    const std::size_t shown = std::min(users.size(), kShownUsers);
    throw Refused(kConflict,
                  fmt::format("{} is what {} of the runs learn from: {}{}", name, users.size(),
                              fmt::join(users.begin(), users.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
                              shown < users.size() ? ", ..." : ""),
                  "delete these runs first");
  }
  space.uploads.remove(name);
  return {{"removed", name}};
}

// Where the data of a new run lie: "" for a set of the catalogue. Error: a page can name no other path.
std::string Hub::location_of(const Space& space, const std::string& data) {
  if (!lies_somewhere(data)) return "";
  if (data.size() > kLongestName)
    throw Error(fmt::format("no data set has a name of {} bytes", data.size()), "GET /api/data lists them");
  const auto uploads = space.uploads.names();
  if (std::ranges::find(uploads, data) != uploads.end()) return space.uploads.path(data).string();
  std::vector<std::string> names;
  for (const CatalogueEntry& entry : catalogue()) names.push_back(entry.name);
  names.insert(names.end(), uploads.begin(), uploads.end());
  throw Error(fmt::format("there is no data set {}", data), suggestion(data, names, "data sets"));
}

// A branch holds the state that it began with, so no run needs the folder of another.
Json Hub::remove_run(Space& space, const std::string& id) {
  const auto all = list_runs(space.root);
  const auto run = std::ranges::find(all, id, [](const Run& r) { return r.info.id; });
  if (run == all.end()) throw Refused(kNotFound, fmt::format("there is no run {}", id), "GET /api/runs lists them");
  std::int64_t step = 0;
  if (const auto found = space.open.find(id); found != space.open.end()) {
    step = found->second->live.step();
    std::erase_if(space.waiting, [&](const Space::Waiting& waiting) {
      if (waiting.run != id) return false;
      waiting.reply({kConflict, to_text(error_json(fmt::format("{} was removed", id), "begin another run"))});
      return true;
    });
    halt(*found->second);
    found->second->reader.give_up(Error(fmt::format("{} was removed", id), "begin another run"));
    space.open.erase(found);  // which lets go of its journal
  }
  try {
    limn::remove_run(run->folder);
  } catch (const Error& error) {
    throw Refused(kConflict, error.what(), error.hint());
  }
  for (auto& [number, client] : clients_)
    if (client.space == &space && client.watches.erase(id) > 0) {
      send(client, Frame("closed", id, step).body());
    }
  for (auto& [other, open] : space.open)
    if (std::erase_if(open->branches, [&](const Json& branch) { return branch.at("id") == id; }) > 0) ++open->version;
  space.counted.at = {};
  return {{"removed", id}};
}

Json Hub::storage(const Space& space) {
  const Storage now = space.quota.storage();
  return {{"used", now.used},
          {"allowed", now.allowed},
          {"free", now.free},
          {"runs", now.runs},
          {"most_runs", space.quota.most_runs()},
          {"most_upload", kMostUpload}};
}

std::string Hub::notebook(const Space& space) {
  return fmt::format(R"({{"entries":[{}]}})", fmt::join(space.notebook.entries(), ","));
}

std::string Hub::note(Space& space, const Json& wish) {
  space.quota.check(1);
  return space.notebook.add(wish, utc_now());
}

}  // namespace limn::lab
