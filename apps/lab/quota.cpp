#include "lab/quota.hpp"

#include <cctype>
#include <charconv>
#include <cmath>

#include "lab/refused.hpp"

namespace limn::lab {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kLeastFree = std::uint64_t{256} << 20;
constexpr int kRefused = 507;
constexpr char kUnits[] = "KMGT";

std::string size_text(std::uint64_t bytes) {
  double size = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  for (; size >= 1024 && unit + 1 < sizeof kUnits - 1; ++unit) size /= 1024;
  return fmt::format("{:.1f} {}iB", size, kUnits[unit]);
}

// A run in the making, or one that is being removed, goes while it is counted: what is gone counts nothing.
void add(const fs::path& folder, const fs::path& without, int depth, Storage& storage) {
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code gone;
    const auto type = it->symlink_status(gone).type();
    if (type == fs::file_type::directory) {
      if (it->path() != without) add(it->path(), without, depth + 1, storage);
    } else if (type == fs::file_type::regular) {
      if (const auto size = it->file_size(gone); !gone) storage.used += size;
      if (depth == 1 && it->path().filename() == "run.json") ++storage.runs;
    }
  }
}

}  // namespace

Storage Quota::storage() const {
  Storage storage;
  storage.allowed = allowed_;
  add(root_, without_, 0, storage);
  fs::path there = fs::absolute(root_);  // the folder of runs is made with the first of them
  std::error_code error;
  while (!fs::exists(there, error) && there != there.root_path()) there = there.parent_path();
  if (const auto space = fs::space(there, error); !error) storage.free = space.available;
  return storage;
}

Storage Quota::check(std::uint64_t more) const {
  const Storage now = storage();
  const nlohmann::json numbers = {{"used", now.used}, {"allowed", now.allowed}, {"free", now.free}};
  if (now.used >= now.allowed || more > now.allowed - now.used)
    throw Refused(kRefused,
                  fmt::format("{} of the {} that runs and uploads may take are used", size_text(now.used),
                              size_text(now.allowed)),
                  "delete runs or uploads that are not needed, or start limn lab with a larger --quota", numbers);
  if (now.free < kLeastFree || more > now.free - kLeastFree)
    throw Refused(kRefused, fmt::format("the disk has only {} left", size_text(now.free)),
                  fmt::format("free some space: {} must stay", size_text(kLeastFree)), numbers);
  return now;
}

void Quota::check_run(std::uint64_t more, std::int64_t runs) const {
  if (const Storage now = check(more); now.runs + runs > most_runs_)
    throw Refused(kRefused, fmt::format("there are {} runs in {}", now.runs, root_.string()),
                  "delete runs that are not needed, or start limn lab with another folder: --runs DIR",
                  {{"used", now.used}, {"allowed", now.allowed}, {"free", now.free}});
}

std::uint64_t parse_size(const std::string& text) {
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, status] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  std::string_view unit(stop, static_cast<std::size_t>(end - stop));
  const char letter = unit.empty() ? 'G' : static_cast<char>(std::toupper(static_cast<unsigned char>(unit[0])));
  const std::size_t power = std::string_view(kUnits).find(letter);
  const bool known = power != std::string_view::npos && (unit.size() <= 1 || unit.substr(1) == "iB");
  const double bytes = known ? std::ldexp(number, 10 * (static_cast<int>(power) + 1)) : 0;
  if (status != std::errc() || !(bytes >= 1 && bytes < 9e18))
    throw Error(fmt::format("'{}' is no size", text), "write for example 2G, 500M or 1.5T; a number alone is GiB");
  return static_cast<std::uint64_t>(bytes);
}

}  // namespace limn::lab
