// What one person has of the lab: a folder with runs, uploads and a notebook, a quota, and the runs that are open.
// It must not know who may ask for them, or whose turn it is.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lab/notebook.hpp"
#include "lab/quota.hpp"
#include "lab/state.hpp"
#include "lab/upload.hpp"
#include "lab/wish.hpp"

namespace limn::lab {

class Survey;
class Explaining;
struct Ascent;

struct Limits {
  std::int64_t runs = kMostRuns;  // in the folder
  std::size_t open = 64, playing = 64, uploads = 1000;
};
inline constexpr Limits kStudentLimits{200, 8, 4, 50};

struct Space {
  struct Waiting {
    std::string run;
    Reply reply;
  };
  // What is said of its folder without looking there each time.
  struct Counted {
    Clock::time_point at{};
    std::uint64_t bytes = 0;
    std::int64_t runs = -1;           // -1: it was not counted yet
    nlohmann::json newest = nullptr;  // of the newest run: "id", "data" and, as it was closed, how far it is
  };

  // `without`: a folder in `root` that does not count for its quota.
  Space(std::string its_slug, std::string its_name, const std::filesystem::path& folder, std::uint64_t allowed,
        const Limits& its_limits, const std::filesystem::path& without = {})
      : slug(std::move(its_slug)),
        name(std::move(its_name)),
        root(folder),
        limits(its_limits),
        uploads(folder / "uploads"),
        quota(folder, allowed, its_limits.runs, without),
        notebook(folder / "notebook.jsonl") {}

  std::string slug, name;  // empty: the lab's own
  std::filesystem::path root;
  Limits limits;
  Uploads uploads;
  Quota quota;
  Notebook notebook;
  std::map<std::string, std::unique_ptr<Open>> open;
  std::vector<Waiting> waiting;
  std::shared_ptr<Survey> survey;                                 // of a plane, that was asked for last
  std::map<std::string, std::shared_ptr<Explaining>> explaining;  // by method, what was asked for last
  std::map<std::string, std::shared_ptr<Ascent>> ascents;         // by id
  std::int64_t ascents_begun = 0;
  double used = 0;     // time it had, as turns count it
  double turn = 0;     // time that who had the least of its runs had at its last turn
  double seconds = 0;  // that its runs took steps
  std::string seen;    // when somebody who may write asked last: UTC, ISO 8601
  Counted counted;
};

}  // namespace limn::lab
