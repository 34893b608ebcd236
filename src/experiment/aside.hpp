// A folder in the making, hidden beside its place: it removes itself, unless it was put there whole.
// It must not know what is in it.
#pragma once
#include <filesystem>

namespace limn {

class Aside {
 public:
  // `root/.NAME.PROCESS.part`, with `root` where that is not there yet. Error: it cannot be made.
  Aside(const std::filesystem::path& root, const std::string& name);
  Aside(const Aside&) = delete;
  Aside& operator=(const Aside&) = delete;
  ~Aside();
  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_, new_root_;  // new_root_: made for it
};

// Gives a folder another name at once, on the same disk. Error: something has that name already.
void put_in_place(const std::filesystem::path& folder, const std::filesystem::path& place);

}  // namespace limn
