// Brings a set of the catalogue into the cache, from the first of its sources that has it: checked, and moved into
// place in one step, so that a set is there whole or not at all. It must not interpret the data.
#pragma once
#include <string>

#include "data/package.hpp"

namespace limn {

// Does nothing for a set that is there. Two fetches of one set at a time: the second waits for the first.
// $LIMN_MIRROR, an address, is tried before the set's own sources: a cache folder that some server shows, with the
// set's files below MIRROR/NAME/. Broken downloads by address are kept and go on the next time.
// Error: kRequest for a name that is not in the catalogue; kFailure when no source has the set (no network, no client,
// other files than expected) or the disk is full; the hint names the sets that need no network.
void fetch(const std::string& name, const Progress& progress = {});

}  // namespace limn
