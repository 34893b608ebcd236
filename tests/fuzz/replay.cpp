// Gives a target every input of its corpus: what a fuzzer once found stays a test.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "base/file.hpp"
#include "fuzz/target.hpp"

namespace limn::fuzz {

void replay(const char* name, Target target) {
  const auto folder = std::filesystem::path(LIMN_SOURCE_DIR) / "tests/fuzz/corpus" / name;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back(entry.path());
  std::ranges::sort(files);
  EXPECT_FALSE(files.empty()) << "no seeds in " << folder;
  for (const auto& file : files) {
    SCOPED_TRACE(file.filename().string());
    EXPECT_NO_THROW(feed(target, read_text(file)));
  }
}

}  // namespace limn::fuzz
