// A notebook: what somebody guessed, what the truth was, and what they noted, in one file to which lines are only
// added. It must not know who writes it, or what the tasks are.
#pragma once
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace limn::lab {

inline constexpr std::int64_t kMostEntries = 5000;

class Notebook {
 public:
  explicit Notebook(std::filesystem::path file) : file_(std::move(file)) {}

  // The entries in order, each as JSON text. What is no entry is left out: a line that was torn by a crash, or damaged.
  // Error: the file cannot be read.
  std::vector<std::string> entries() const;

  // An entry of what `wish` has (docs/protocol.md), with its number and time, as JSON text; it is on the disk when this
  // returns. `now`: UTC, ISO 8601. Error: a member of another shape, kMostEntries, or the disk refuses; nothing is
  // added.
  std::string add(const nlohmann::json& wish, const std::string& now);

  struct Tally {
    std::int64_t entries = 0, answers = 0, right = 0;  // answers: the truths; those that say they were guessed right
  };
  Tally tally();

 private:
  void look();  // what the file holds, the first time

  std::filesystem::path file_;
  bool looked_ = false;
  std::uint64_t size_ = 0;  // bytes of whole lines
  std::int64_t last_ = 0;   // number of the last entry
  Tally tally_;
};

}  // namespace limn::lab
