// The files that pages hand in, kept whole in one folder under names that hold their content's hash.
// It must not know requests or runs. No path is ever made of a name from outside: names are looked for among the
// folder's own.
#pragma once
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace limn::lab {

// What such a file holds (preview.hpp). It knows no folder, so any thread may ask.
// Error: a name that is no plain file name or of an unknown ending, bytes that are not of that format.
nlohmann::json described_upload(const std::string& name, const std::string& bytes);

class Uploads {
 public:
  explicit Uploads(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // Keeps the bytes as `STEM-<12 hex digits>.ENDING`; bytes that are here already keep the name they have. Returns
  // their description, which described_upload gave, with that name. Error: the folder cannot be written.
  nlohmann::json add(const std::string& name, const std::string& bytes, nlohmann::json description);

  std::vector<std::string> names() const;  // in byte order
  bool has(const std::string& name) const;
  std::filesystem::path path(const std::string& name) const;  // absolute. Error: there is no such upload
  nlohmann::json describe(const std::string& name);           // with its preview. Error: as path; the file was damaged
  nlohmann::json entry(const std::string& name);              // as the catalogue's sets are listed
  void remove(const std::string& name);                       // Error: as path, or it cannot be removed

 private:
  std::filesystem::path folder_;
  std::map<std::string, nlohmann::json> described_;  // a name stands for its bytes, so this stays true
};

}  // namespace limn::lab
