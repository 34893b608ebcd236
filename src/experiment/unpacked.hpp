// Runs out of an archive, into a folder of runs, where they replay, resume and branch to the same bits without what
// they were made from. It must not know commands or requests.
#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "experiment/archive.hpp"
#include "experiment/aside.hpp"
#include "experiment/recorder.hpp"

namespace limn {

// A run of an archive, where it is now.
struct Arrived {
  Run run;
  bool known = false;  // it was here already, as far as the archive has it or further; nothing was changed
};

class Unpacked {
 public:
  // Writes the runs into a hidden folder where they are to go, and checks them whole: journals, snapshots, data by
  // their digest; and where this program and the instruction path made them, that the step behind each snapshot has the
  // loss of the journal. `name`: of the file, for errors; `order` tells apart what one program unpacks at the same
  // time. Error: damaged, or parts of another run, or the disk is full; nothing is left then.
  Unpacked(Archive archive, const std::string& name, const Destination& to, const Program& program, int order = 0);

  // Puts them in their places, each at once: the main one where `to` says, the others beside it, data into uploads/.
  // A run that is here already (the same recipe, beginning and journal) is left as it is, unless the archive's goes
  // further: then that comes in beside it. What has the id of another run gets the next free one, `ID-2`.
  // Returns the main one first. Error: the disk is full, `to` names a folder that is there.
  std::vector<Arrived> place();

 private:
  [[noreturn]] void fail(const std::string& why) const;
  void write(const std::string& id, const ArchivedRun& archived);
  void check_journal(const Run& run, const JournalContent& journal) const;
  void check_snapshots(const Run& run, const ArchivedRun& archived, const JournalContent& journal) const;
  void check_bits(const Run& run, const ArchivedRun& archived, const JournalContent& journal, const Program& program);
  std::string place_data(const std::string& file, const std::filesystem::path& folder) const;
  // The same run among these, `parent` being what its parent is known as; or null.
  const Run* known_as(const Run& run, const Run* parent, const std::vector<Run>& here) const;

  Archive archive_;
  std::string name_;
  Destination to_;
  Aside aside_;
  std::vector<Run> runs_;                // in the hidden folder; parents before their branches
  std::shared_ptr<const Dataset> data_;  // that were loaded last, and for which request
  DataRequest data_of_;
};

}  // namespace limn
