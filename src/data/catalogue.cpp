#include "data/catalogue.hpp"

#include <algorithm>
#include <cstdlib>
#include <system_error>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/hash.hpp"

namespace limn {

const std::vector<CatalogueEntry>& catalogue() {
  static const auto entries = [] {
    auto all = image_entries();
    for (auto& entry : table_entries()) all.push_back(std::move(entry));
    return all;
  }();
  return entries;
}

std::vector<std::string> built_in_names() {
  std::vector<std::string> names;
  for (const auto& entry : catalogue()) {
    if (entry.built_in()) names.push_back(entry.name);
  }
  return names;
}

std::string to_text(const CatalogueSource& source) {
  using enum CatalogueSource::Client;
  if (source.client == kWeb) return source.at;
  return fmt::format("{} package {}", source.client == kNpm ? "npm" : "Debian", source.at);
}

const CatalogueEntry* find_entry(std::string_view name) {
  const auto& entries = catalogue();
  const auto at = std::find_if(entries.begin(), entries.end(), [&](const auto& e) { return e.name == name; });
  return at == entries.end() ? nullptr : &*at;
}

bool lies_somewhere(std::string_view name) { return name != kNoData && !find_entry(name); }

const CatalogueEntry& entry_named(std::string_view name) {
  if (const auto* entry = find_entry(name)) return *entry;
  std::vector<std::string> names;
  for (const auto& entry : catalogue()) names.push_back(entry.name);
  throw Error(fmt::format("there is no data set named '{}'", name),
              fmt::format("the names are: {}", fmt::join(names, ", ")));
}

std::filesystem::path data_folder() {
  if (const char* folder = std::getenv("LIMN_DATA"); folder && *folder) return std::filesystem::absolute(folder);
  if (const char* home = std::getenv("HOME"); home && *home) return std::filesystem::path(home) / ".cache" / "limn";
  throw Error("there is no folder for data sets: neither LIMN_DATA nor HOME is set", "set LIMN_DATA to a folder");
}

std::filesystem::path folder_of(const CatalogueEntry& entry) { return data_folder() / entry.name; }

bool is_present(const CatalogueEntry& entry) {
  if (entry.built_in()) return true;
  const auto folder = folder_of(entry);
  return std::all_of(entry.files.begin(), entry.files.end(), [&](const CatalogueFile& file) {
    std::error_code failed;
    return std::filesystem::file_size(folder / file.name, failed) == file.bytes && !failed;
  });
}

void check_fingerprints(const CatalogueEntry& entry) {
  for (const auto& file : entry.files) {
    const auto path = folder_of(entry) / file.name;
    const auto content = read_text(path);
    if (Fingerprint().add(std::as_bytes(std::span(content))).hex() == file.fingerprint) continue;
    throw Error(fmt::format("{} is damaged: it is not the file of {}", path.string(), entry.name),
                fmt::format("delete the folder {} and get the set again: limn data get {}", folder_of(entry).string(),
                            entry.name));
  }
}

}  // namespace limn
