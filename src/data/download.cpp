#include "data/download.hpp"

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/file.hpp"
#include "data/process.hpp"

namespace limn {
namespace {

namespace fs = std::filesystem;

constexpr int kAttempts = 5;
constexpr const char* kMostBytes = "1073741824";
constexpr const char* kLeastRate = "100";  // bytes a second
// What curl(1) calls its exit codes.
constexpr int kPartialFile = 18, kNoRange = 33, kReceiveError = 56;

std::uintmax_t size_of(const fs::path& file) {
  std::error_code failed;
  const auto size = fs::file_size(file, failed);
  return failed ? 0 : size;
}

// curl's own words, without its name and number.
std::string words(const fs::path& errors, int status) {
  auto text = read_text(errors);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  if (const auto at = text.rfind('\n'); at != text.npos) text.erase(0, at + 1);
  if (text.starts_with("curl: ")) text.erase(0, std::strlen("curl: "));
  return text.empty() ? fmt::format("curl ended with status {}", status) : text;
}

}  // namespace

int download_timeout() {
  constexpr int kUsual = 30, kMost = 3600;
  const char* text = std::getenv("LIMN_TIMEOUT");
  if (!text || !*text) return kUsual;
  int seconds = 0;
  const auto* end = text + std::strlen(text);
  const auto [stop, status] = std::from_chars(text, end, seconds);
  if (status != std::errc() || stop != end || seconds < 1 || seconds > kMost) {
    throw Error(fmt::format("LIMN_TIMEOUT is '{}'", text), fmt::format("set it to seconds, from 1 to {}", kMost));
  }
  return seconds;
}

void download(const std::string& address, const std::string& file, const fs::path& folder, const Progress& progress) {
  if (!address.starts_with("http://") && !address.starts_with("https://")) {
    throw Error(fmt::format("the address '{}' is neither http nor https", address), "write it like http://host/folder");
  }
  const auto target = folder / file, part = folder / (file + ".part"), errors = folder / "errors";
  if (fs::exists(target)) return;
  const auto url = fmt::format("{}{}{}", address, address.ends_with('/') ? "" : "/", file);
  const auto seconds = std::to_string(download_timeout());
  const std::vector<std::pair<std::string, std::string>> options{
      {"--proto", "=http,https"},     {"--max-filesize", kMostBytes},
      {"--connect-timeout", seconds}, {"--speed-limit", kLeastRate},
      {"--speed-time", seconds},      {"--continue-at", "-"},
      {"--output", part.string()},    {"--url", url}};
  std::vector<std::string> command{"curl", "--silent", "--show-error", "--fail", "--location"};
  for (const auto& [name, value] : options) command.insert(command.end(), {name, value});
  for (int attempt = 1;; ++attempt) {
    const auto before = size_of(part);
    if (progress)
      progress(before == 0 ? "downloading " + url : fmt::format("downloading {} from byte {}", url, before));
    const int status = run_program(command, folder, folder / "output", errors);
    if (status == 0) break;
    if (status == 127) {
      throw Error(fmt::format("cannot download {}: curl is not installed", url), "install curl, then call it again",
                  Fault::kFailure);
    }
    const bool no_rest = before > 0 && status == kNoRange;
    if (no_rest) fs::remove(part);
    const bool more = size_of(part) > before && (status == kPartialFile || status == kReceiveError);
    if (attempt < kAttempts && (no_rest || more)) continue;
    throw Error(fmt::format("cannot download {}: {}", url, words(errors, status)),
                size_of(part) > 0 ? "call it again: it goes on where it stopped"
                                  : "check the network and the address; LIMN_MIRROR names another server",
                Fault::kFailure);
  }
  if (!fs::exists(part)) write_durably(part, std::string_view());  // curl makes no file of no bytes
  fs::rename(part, target);
}

}  // namespace limn
