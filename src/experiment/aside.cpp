#include "experiment/aside.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.hpp"
#include "base/file.hpp"

namespace limn {

namespace fs = std::filesystem;

Aside::Aside(const fs::path& root, const std::string& name)
    : folder_(root / fmt::format(".{}.{}.part", name, ::getpid())) {
  std::error_code error;
  if (!fs::exists(root, error)) new_root_ = root;
  fs::create_directories(folder_, error);
  if (error) throw_file_error("make the folder", folder_, error.value());
}

Aside::~Aside() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);                        // nothing, where it was put in its place
  if (!new_root_.empty()) fs::remove(new_root_, ignored);  // only when nothing else is in it
}

void put_in_place(const fs::path& folder, const fs::path& place) {
  if (::renameat2(AT_FDCWD, folder.c_str(), AT_FDCWD, place.c_str(), RENAME_NOREPLACE) == 0) return;
  if (errno == EEXIST)
    throw Error(fmt::format("{} exists already", place.string()),
                "choose another folder with --out, or remove this one");
  std::error_code error;
  if (errno != EINVAL || fs::exists(place, error) || ::rename(folder.c_str(), place.c_str()) != 0)
    throw_file_error("make the folder", place, errno);
}

}  // namespace limn
