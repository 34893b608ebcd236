// The data sets limn knows by name: what they are, where they come from, what their files must be.
// It must not fetch: that is data/fetch.hpp.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace limn {

struct CatalogueFile {
  std::string name;  // in the set's folder
  std::uint64_t bytes = 0;
  std::string sha256;       // checked when it is fetched
  std::string fingerprint;  // XXH3, checked each time it is loaded: SHA-256 of 55 MB would take longer than the rest
};

struct CatalogueEntry {
  std::string name;
  std::string summary, summary_zh;   // one line each, English and Simplified Chinese
  std::string kind;                  // "images" or "table"
  std::string task;                  // "classify"
  std::int64_t train = 0, test = 0;  // official training and test samples; test is 0 where there is no official split
  std::string sample;                // "28x28 gray", "4 numbers"
  std::vector<std::string> classes;
  std::string licence;
  std::vector<std::string> sources;  // in the order they are tried; an address is for people, limn does not open it
  std::vector<CatalogueFile> files;  // empty: made by limn itself
  double byte_scale = 1.0 / 255.0;   // of images
  std::string digest;                // of the decoded content where hashing it takes long, else empty

  bool built_in() const { return files.empty(); }
};

const std::vector<CatalogueEntry>& catalogue();
const CatalogueEntry* find_entry(std::string_view name);   // null: not in the catalogue
const CatalogueEntry& entry_named(std::string_view name);  // Error: not in the catalogue, naming those that are

std::filesystem::path data_folder();  // $LIMN_DATA, else ~/.cache/limn. Error: neither is known
std::filesystem::path folder_of(const CatalogueEntry& entry);
bool is_present(const CatalogueEntry& entry);  // every file is there with its size, or it is built in

// Reads the files and compares fingerprints. Error: one is not what it must be, naming it.
void check_fingerprints(const CatalogueEntry& entry);

}  // namespace limn
