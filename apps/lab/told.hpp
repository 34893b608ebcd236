// STATE of an open run as JSON text: written member by member, each only when it changed, once for all who are told.
// It must not know clients, or when they are told. docs/protocol.md has the shape.
#pragma once
#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "experiment/live.hpp"

namespace limn::lab {

struct Open;

class Told {
 public:
  std::string whole(Open& run);                       // as GET answers it
  std::uint64_t version() const { return version_; }  // of the run, that was written last
  // The members that changed behind that version of the run, without evaluations; behind 0: all of them.
  std::string since(Open& run, std::uint64_t version);

  // The evaluations behind step `after` and up to step `to`, as the inside of a JSON list.
  std::string evaluations(const LiveRun& live, std::int64_t after, std::int64_t to);
  // Where one must end behind `after` so that there are at most `most` of them: `to`, or an earlier step.
  std::int64_t reach(const LiveRun& live, std::int64_t after, std::int64_t to, std::size_t most);
  nlohmann::json evaluation(const LiveRun& live, std::int64_t step);  // null where nothing was measured

 private:
  struct Member {
    const char* name;
    std::string text;
    std::uint64_t changed = 0;  // the run's version that brought it
  };
  struct Place {  // of an evaluation in evals_
    std::int64_t step;
    std::size_t begin, end;
  };
  void refresh(Open& run);
  void read(const LiveRun& live);  // what the journal got since
  void put(const char* name, std::string text, std::uint64_t version);
  void put_settings(Open& run);
  std::vector<Place>::const_iterator behind(std::int64_t step) const;

  std::vector<Member> members_;
  std::uint64_t version_ = 0;
  std::size_t records_ = 0;  // of the journal, that were read
  // What a member was last made of, where making it takes long.
  std::array<std::size_t, 3> settings_{};
  std::size_t flagged_ = 0, branches_ = 0;
  std::uint64_t places_ = 0;
  std::string flags_, evals_;  // the insides of JSON lists
  std::vector<Place> evaluations_;
  SettingValues values_;  // behind the actions that were read
};

}  // namespace limn::lab
