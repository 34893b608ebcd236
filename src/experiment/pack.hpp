// What is taken along of runs in their folders, as an archive. It must not know where it goes.
#pragma once
#include <vector>

#include "experiment/archive.hpp"
#include "train/snapshot.hpp"

namespace limn {

// The run and all that are related to it in the folder that it lies in: parents, branches, and theirs. It comes first.
std::vector<Run> family_of(const Run& run);

// The runs as they lie in their folders: recipes, journals, the data that no catalogue has, and of each at most eight
// snapshots (fewer where they are large): the beginning, the newest, and some between them, denser towards the
// beginning. The first run is the main one. The same folders give the same archive.
// Error: damaged, or learned from data that are gone, are others by now, or are not one file of the kinds that a folder
// of runs keeps (data/kept_file.hpp).
Archive pack(const std::vector<Run>& runs);

bool is_number(const Snapshot& snapshot);  // none of its values is NaN: a training can go on from there
bool needs_beginning(const Run& run);      // it cannot be drawn from the seed: a branch, or begun from weights

}  // namespace limn
