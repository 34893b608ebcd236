// How much may lie in the folder of runs, and how much does. It must not know what the files are.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

namespace limn::lab {

inline constexpr std::int64_t kMostRuns = 2000;  // in one folder: each list of them reads them all

struct Storage {
  std::uint64_t used = 0;     // bytes of all files in the folder
  std::uint64_t allowed = 0;  // that it may hold
  std::uint64_t free = 0;     // bytes of the disk that this user can still write
  std::int64_t runs = 0;
};

class Quota {
 public:
  // `without`: a folder in `root` that does not count.
  Quota(std::filesystem::path root, std::uint64_t allowed, std::int64_t most_runs, std::filesystem::path without = {})
      : root_(std::move(root)), without_(std::move(without)), allowed_(allowed), most_runs_(most_runs) {}

  Storage storage() const;
  // Error (Refused, 507): so many more bytes are more than is allowed, or leave less than 256 MiB of the disk free.
  Storage check(std::uint64_t more) const;
  std::int64_t most_runs() const { return most_runs_; }
  // The same for so many more runs; or there are more than most_runs() then. What one run will take nobody knows.
  void check_run(std::uint64_t more = 1, std::int64_t runs = 1) const;

 private:
  std::filesystem::path root_, without_;
  std::uint64_t allowed_;
  std::int64_t most_runs_;
};

// "2G", "1.5T", "300M", "64K": powers of 1024; a number alone is GiB. Error: anything else.
std::uint64_t parse_size(const std::string& text);

}  // namespace limn::lab
